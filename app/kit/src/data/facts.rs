//! Facts about one thing.

use leptos::prelude::*;

/// A strip of facts under the head of a page.
#[component]
pub fn Facts(
    /// [`Fact`]s.
    children: Children,
) -> impl IntoView {
    view! {
        <dl class="facts-grid grid border border-line rounded-lg bg-surface overflow-hidden phone:grid-cols-2">{children()}</dl>
    }
    .into_any()
}

/// One fact of a strip.
#[component]
pub fn Fact(
    /// What it is.
    #[prop(into)]
    label: String,
    /// The value; "Unknown" when it is not known.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="px-panel pt-2.5 pb-2.75 min-w-0 border-r border-b border-line -mr-px -mb-px phone:last:odd:col-span-2">
            <dt class="text-3 text-12 leading-4">{label}</dt>
            <dd class="mt-0.5 text-13 leading-5 font-mid num wrap-anywhere">{children()}</dd>
        </div>
    }
    .into_any()
}

/// Labels and values under each other, inside a panel.
#[component]
pub fn KeyValues(
    /// [`KeyValue`]s.
    children: Children,
) -> impl IntoView {
    view! { <dl class="grid text-13">{children()}</dl> }.into_any()
}

/// One label and its value.
#[component]
pub fn KeyValue(
    /// What it is.
    #[prop(into)]
    label: String,
    /// The value is a number: at the right edge.
    #[prop(optional)]
    number: bool,
    /// The value.
    children: Children,
) -> impl IntoView {
    let grid = if number { tw!("grid-cols-[1fr_auto]") } else { tw!("grid-cols-[minmax(92px,34%)_minmax(0,1fr)]") };
    let value = if number { tw!("text-right font-mid num") } else { tw!("num wrap-anywhere") };
    view! {
        <div class=crate::classes([tw!("grid gap-3 py-1.75 first:pt-0 last:pb-0 border-b border-line last:border-b-0 items-baseline"), grid])>
            <dt class="text-3">{label}</dt>
            <dd class=value>{children()}</dd>
        </div>
    }
    .into_any()
}
