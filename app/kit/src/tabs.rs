//! Tabs, each with an address of its own.

use crate::{classes, load::ReplaceView};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

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

/// A tab of a detail page.
#[derive(Clone)]
pub struct TabPage {
    key: &'static str,
    word: &'static str,
    view: ViewFn,
}

impl TabPage {
    /// What stands behind `?tab=` in its address, its word, and what it shows. The first tab is at the address of the page itself.
    pub fn new(key: &'static str, word: &'static str, view: impl Into<ViewFn>) -> Self {
        Self { key, word, view: view.into() }
    }
}

/// The panels of a detail page in tabs. Each tab is an address of its own: it can be linked to, Back leads to it, and the server writes the
/// one that is asked for.
#[component]
pub fn TabPages(
    /// What the tabs divide: "Customer".
    #[prop(into)]
    label: String,
    /// The tabs; an unknown one is the first.
    pages: Vec<TabPage>,
) -> impl IntoView {
    let (path, query) = (use_location().pathname, use_query_map());
    let words: Vec<_> = pages.iter().map(|page| (page.key, page.word)).collect();
    let current = {
        let words = words.clone();
        Memo::new(move |_| {
            let asked = query.with(|query| query.get("tab"));
            words.iter().position(|(key, _)| asked.as_deref() == Some(*key)).unwrap_or_default()
        })
    };
    let tabs = Signal::derive(move || {
        let (path, current) = (path.get(), current.get());
        let href = |at: usize, key: &str| if at == 0 { path.clone() } else { format!("{path}?tab={key}") };
        words.iter().enumerate().map(|(at, (key, word))| Tab::new(*word, href(at, key), at == current)).collect::<Vec<_>>()
    });
    let pages = StoredValue::new(pages);
    view! {
        <Tabs label tabs/>
        {move || {
            let view = pages.with_value(|pages| pages.get(current.get()).map(|page| page.view.clone()));
            ReplaceView(untrack(|| view.map(|view| view.run()).into_any()))
        }}
    }
    .into_any()
}
