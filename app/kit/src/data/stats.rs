//! Figures on top of a dashboard.

use leptos::prelude::*;

/// A row of [`Stat`]s.
#[component]
pub fn Stats(
    /// How many stand side by side on a desktop: 3, 4 or 6.
    #[prop(default = 4)]
    columns: u8,
    /// The figures.
    children: Children,
) -> impl IntoView {
    let grid = match columns {
        3 => tw!("grid-cols-3 phone:grid-cols-2"),
        6 => tw!("grid-cols-6 narrow:grid-cols-3 phone:grid-cols-2"),
        _ => tw!("grid-cols-4 narrow:grid-cols-2"),
    };
    view! {
        <div class=crate::classes([tw!("grid border border-line rounded-lg bg-surface overflow-hidden"), grid])>{children()}</div>
    }
    .into_any()
}

/// One figure; a link to the list behind it.
#[component]
pub fn Stat(
    /// What is counted.
    #[prop(into)]
    label: String,
    /// The figure, with its unit.
    #[prop(into)]
    value: Signal<String>,
    /// What it is out of, or how it moved.
    #[prop(into, optional)]
    note: Signal<String>,
    /// The list behind it.
    #[prop(into, optional)]
    href: Option<String>,
) -> impl IntoView {
    let inside = view! {
        <span class="block text-2 text-12">{label}</span>
        <span class="block text-24 leading-8 font-bold tracking-tight num">{move || value.get()}</span>
        <span class="block text-3 text-12 num">{crate::shown(note)}</span>
    };
    let shape = tw!("block px-panel pt-3.25 pb-3 min-w-0 border-r border-b border-line -mr-px -mb-px phone:last:odd:col-span-2");
    match href {
        Some(href) => view! {
            <a href=href class=crate::classes([shape, tw!("text-1 no-underline transition-colors duration-fast hover:bg-hover focus-visible:outline-in-2")])>{inside}</a>
        }
        .into_any(),
        None => view! { <div class=shape>{inside}</div> }.into_any(),
    }
}
