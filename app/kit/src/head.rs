//! The head of a page: where it is, what it is called, its state, its one deed.

use crate::{
    icon::{Icon, Symbol},
    shell::use_current_page,
};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};

/// A step of the way back: word and address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    /// Its word.
    pub word: String,
    /// Its address.
    pub href: String,
}

impl Crumb {
    /// A step of the way back.
    pub fn new(word: impl Into<String>, href: impl Into<String>) -> Self {
        Self { word: word.into(), href: href.into() }
    }
}

/// The way back, above the head of a page that is below an item.
#[component]
pub fn Crumbs(
    /// The parents, outermost first.
    parents: Vec<Crumb>,
    /// The page itself.
    #[prop(into)]
    here: Signal<String>,
) -> impl IntoView {
    view! {
        <nav aria-label="Breadcrumb" class="mb-2">
            <ol class="flex items-center text-13 text-3 min-w-0">
                {parents.into_iter().map(|crumb| view! {
                    <li class="flex items-center flex-none">
                        <a href=crumb.href class="text-2 no-underline hover:underline phone:py-2">{crumb.word}</a>
                        <Icon symbol=Symbol::Right class="size-3 mx-1.5 opacity-70"/>
                    </li>
                }).collect_view()}
                <li class="min-w-0 truncate text-1 font-mid" aria-current="page">{move || here.get()}</li>
            </ol>
        </nav>
    }
    .into_any()
}

/// The window's title. On the server its text is taken at once: it is written into the head of the document at a moment when the view
/// that it came from may have been replaced by the one with the data.
#[component]
pub fn WindowTitle(
    /// The title.
    title: Signal<String>,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    let text = move || title.get();
    #[cfg(not(feature = "hydrate"))]
    let text = title.get_untracked();
    view! { <Title text/> }
}

/// What a public page says of itself where others list it. Taken on the server only, as it is then.
#[component]
pub(crate) fn Description(
    /// One sentence.
    text: String,
) -> impl IntoView {
    view! { <Meta name="description" content=text/> }
}

/// The head of a page. Sets the window's title and the last word of the shell's breadcrumb too.
#[component]
pub fn PageHead(
    /// The name; becomes the `h1`.
    #[prop(into)]
    title: Signal<String>,
    /// One line below: what is counted, when it was seen.
    #[prop(optional, into)]
    note: ViewFn,
    /// The state, as a soft [`Badge`](crate::state::Badge).
    #[prop(optional, into)]
    state: ViewFn,
    /// The deeds, the primary one last.
    #[prop(optional, into)]
    actions: ViewFn,
    /// The way back; empty for the page of an item. The admin shell shows it in its bar instead.
    #[prop(optional)]
    parents: Vec<Crumb>,
) -> impl IntoView {
    let place = use_current_page();
    Effect::new(move |_| place.name.set(Some(title.get())));
    on_cleanup(move || place.name.set(None));
    view! {
        <WindowTitle title/>
        {(!place.crumbs && !parents.is_empty()).then(|| view! { <Crumbs parents here=title/> })}
        <div class="flex flex-wrap items-start gap-x-4 gap-y-3 mb-5">
            <div class="min-w-0 flex-head">
                <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
                    <h1 class="text-20 leading-7 font-bold tracking-tight wrap-anywhere">{move || title.get()}</h1>
                    {state.run()}
                </div>
                <div class="mt-0.5 text-2 text-13 num empty:hidden">{note.run()}</div>
            </div>
            <div class=tw!("flex flex-wrap items-center gap-2 empty:hidden phone:w-full phone:*:flex-auto")>{actions.run()}</div>
        </div>
    }
    .into_any()
}

/// The head of a public page: larger, without a place in a shell.
#[component]
pub fn PublicHead(
    /// The name; becomes the `h1`.
    #[prop(into)]
    title: Signal<String>,
    /// One or two sentences below.
    #[prop(into, optional)]
    lead: Signal<String>,
) -> impl IntoView {
    let describe = [title.get_untracked(), lead.get_untracked()].join(". ");
    view! {
        <WindowTitle title/>
        <Description text=describe.trim_end_matches(". ").to_owned()/>
        <div class="mb-5">
            <h1 class="text-24 leading-8 font-bold tracking-tight wrap-anywhere">{move || title.get()}</h1>
            <p class="empty:hidden mt-1 text-2 text-14 max-w-[60ch]">{crate::shown(lead)}</p>
        </div>
    }
    .into_any()
}
