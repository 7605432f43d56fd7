//! Tabs, each with an address of its own; and numbered stages of a flow.

use crate::{
    classes,
    icon::{Icon, Symbol},
};
use leptos::prelude::*;

/// One tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Its word.
    pub word: String,
    /// Its address.
    pub href: String,
    /// How many there are, where counting costs nothing.
    pub count: Option<u64>,
    /// Shown now.
    pub current: bool,
}

impl Tab {
    /// A tab without a count.
    pub fn new(word: impl Into<String>, href: impl Into<String>, current: bool) -> Self {
        Self { word: word.into(), href: href.into(), count: None, current }
    }
}

/// A row of tabs; it alone may scroll sideways.
#[component]
pub fn Tabs(
    /// What the tabs divide: "Pods by state".
    #[prop(into)]
    label: String,
    /// The tabs.
    #[prop(into)]
    tabs: Signal<Vec<Tab>>,
) -> impl IntoView {
    let base = tw!(
        "inline-flex items-center gap-1.5 h-9.5 phone:h-11 -mb-px border-b-2 text-13 font-mid whitespace-nowrap flex-none no-underline focus-visible:outline-in-2"
    );
    view! {
        <nav aria-label=label class="flex gap-5 mb-4 border-b border-line overflow-x-auto scroll-quiet phone:bleed-x phone:px-pad">
            {move || tabs.get().into_iter().map(|tab| {
                let colour = if tab.current { tw!("text-1 border-brand") } else { tw!("text-2 border-transparent hover:text-1 hover:border-line-firm") };
                view! {
                    <a href=tab.href class=classes([base, colour]) aria-current=tab.current.then_some("page")>
                        {tab.word}
                        {tab.count.map(|count| view! { <span class="text-3 text-12 font-normal num">{count}</span> })}
                    </a>
                }
            }).collect_view()}
        </nav>
    }
    .into_any()
}

/// Where one is in a flow: numbered stages; those behind may be links.
#[component]
pub fn Stages(
    /// Words of the stages, and an address for those one can go back to.
    stages: Vec<(&'static str, Option<String>)>,
    /// Which one is now, from 0.
    now: usize,
) -> impl IntoView {
    view! {
        <ol class="flex flex-wrap gap-x-5 gap-y-2 text-13 text-3 mb-5" aria-label="Checkout steps">
            {stages.into_iter().enumerate().map(|(at, (word, href))| {
                let disc = classes([
                    tw!("grid place-items-center size-5.5 border rounded-full text-12 num"),
                    match at.cmp(&now) {
                        std::cmp::Ordering::Less => tw!("border-brand text-brand-text"),
                        std::cmp::Ordering::Equal => tw!("border-brand bg-brand text-on-brand"),
                        std::cmp::Ordering::Greater => tw!("border-control-line"),
                    },
                ]);
                let text = match at.cmp(&now) {
                    std::cmp::Ordering::Less => tw!("flex items-center gap-2 text-2"),
                    std::cmp::Ordering::Equal => tw!("flex items-center gap-2 text-1 font-bold"),
                    std::cmp::Ordering::Greater => tw!("flex items-center gap-2"),
                };
                view! {
                    <li class=text aria-current=(at == now).then_some("step")>
                        <span class=disc>
                            {if at < now { view! { <Icon symbol=Symbol::Check class="size-3.25"/> }.into_any() } else { (at + 1).into_any() }}
                        </span>
                        {match href.filter(|_| at < now) {
                            Some(href) => view! { <a href=href class="text-current">{word}</a> }.into_any(),
                            None => word.into_any(),
                        }}
                    </li>
                }
            }).collect_view()}
        </ol>
    }
    .into_any()
}
