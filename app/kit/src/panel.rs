//! Panels and the grid they stand in. No panel inside a panel: use a rule, a table or a heading.

use crate::classes;
use leptos::prelude::*;

/// A bordered section with a title.
#[component]
pub fn Panel(
    /// Its title.
    #[prop(into)]
    title: Signal<String>,
    /// One line below the title.
    #[prop(into, optional)]
    note: Signal<String>,
    /// What stands at the right of the title: a link, a badge, a small control.
    #[prop(optional, into)]
    aside: ViewFn,
    /// The content reaches the edges: tables, lists.
    #[prop(optional)]
    flush: bool,
    /// What stands below a rule at its end.
    #[prop(optional, into)]
    foot: Option<ViewFn>,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    let body = if flush { tw!("min-w-0") } else { tw!("p-panel min-w-0") };
    view! {
        <section class="bg-surface border border-line rounded-lg min-w-0 overflow-clip">
            <div class="flex phone:flex-wrap items-center gap-x-3 gap-y-2 min-h-11.5 px-panel py-2.5 border-b border-line">
                <div class="min-w-0 flex-1">
                    <h2 class="text-14 leading-5 font-bold">{move || title.get()}</h2>
                    <p class="empty:hidden text-3 text-12 leading-4 mt-px num">{crate::shown(note)}</p>
                </div>
                <div class="flex items-center gap-2 flex-none empty:hidden text-13">{aside.run()}</div>
            </div>
            <div class=body>{children()}</div>
            {foot.map(|foot| view! {
                <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-panel py-2.5 border-t border-line text-2 text-13 num">{foot.run()}</div>
            })}
        </section>
    }
    .into_any()
}

/// How columns stand side by side on a desktop; below 1100 px they stand under each other, left first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    /// Left what happens and what there is, right what it is: 1.85 to 1.
    #[default]
    Detail,
    /// Two equal ones.
    Halves,
    /// Steps at the left, log at the right.
    Job,
    /// Questions at the left, the sum at the right.
    Order,
    /// Three equal ones of equal height, such as plans; under each other only on a phone.
    Thirds,
    /// Two of the same kind.
    Pairs,
}

/// Columns of panels. Each child is one column; put several panels of one column into a [`Stack`].
#[component]
pub fn Grid(
    /// How they stand.
    #[prop(optional)]
    columns: Columns,
    /// The columns.
    children: Children,
) -> impl IntoView {
    let shape = match columns {
        Columns::Detail => tw!("items-start gap-4 grid-cols-[minmax(0,1.85fr)_minmax(300px,1fr)] narrow:grid-cols-1"),
        Columns::Halves => tw!("items-start gap-4 grid-cols-2 narrow:grid-cols-1"),
        Columns::Job => tw!("items-start gap-4 grid-cols-[minmax(320px,5fr)_minmax(0,8fr)] narrow:grid-cols-1"),
        Columns::Order => tw!("items-start gap-8 grid-cols-[minmax(0,1fr)_344px] narrow:grid-cols-1 phone:gap-5"),
        Columns::Thirds => tw!("gap-4 grid-cols-3 phone:grid-cols-1"),
        Columns::Pairs => tw!("gap-4 grid-cols-2 phone:grid-cols-1"),
    };
    view! { <div class=classes([tw!("grid"), shape])>{children()}</div> }.into_any()
}

/// Things under each other, 16 px apart.
#[component]
pub fn Stack(children: Children) -> impl IntoView {
    view! { <div class="grid gap-4 min-w-0 content-start">{children()}</div> }.into_any()
}

/// A part of a page without a frame: a heading, one line, and what follows; a rule above unless it is the first.
#[component]
pub fn Section(
    /// Its heading.
    #[prop(into)]
    title: String,
    /// One line below.
    #[prop(into, optional)]
    note: String,
    /// What stands at the right of the heading.
    #[prop(optional, into)]
    aside: ViewFn,
    /// What follows.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="py-6 border-t border-line-firm first-of-type:border-t-0 first-of-type:pt-0">
            <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 mb-4">
                <div class="min-w-0">
                    <h2 class="text-16 font-bold">{title}</h2>
                    {(!note.is_empty()).then(|| view! { <p class="text-2 text-13 mt-0.5">{note}</p> })}
                </div>
                {aside.run()}
            </div>
            {children()}
        </section>
    }
    .into_any()
}

/// The one deed of a long form: on a phone it stays at the lower edge of the window.
#[component]
pub fn ActionBar(
    /// The [`Submit`](crate::button::Submit).
    children: Children,
) -> impl IntoView {
    view! { <div class="action-bar mt-4">{children()}</div> }.into_any()
}

/// What happened lately, one line each. Its rows are [`FeedItem`]s; put it into a flush [`Panel`].
#[component]
pub fn Feed(children: Children) -> impl IntoView {
    view! { <ol class="text-13">{children()}</ol> }.into_any()
}

/// One line of a [`Feed`].
#[component]
pub fn FeedItem(
    /// When.
    at: model::Time,
    /// What.
    children: Children,
) -> impl IntoView {
    view! {
        <li class="grid grid-cols-[96px_minmax(0,1fr)] gap-3 px-panel py-2 border-t border-line first:border-t-0">
            <span class="text-3 text-12 leading-5"><crate::time::At at/></span>
            <p class="min-w-0 wrap-anywhere">{children()}</p>
        </li>
    }
    .into_any()
}
