//! Filters of a list. They live in the address: the form is a plain GET and works without a script; with it, the program goes there itself.

use crate::{
    button::{Kind, Size, button_class},
    classes,
    form::{field::INPUT, fields},
    icon::{Icon, Symbol},
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// One row of filters above a table.
#[component]
pub fn Filters(
    /// Where the list is; the query is added.
    #[prop(into)]
    action: String,
    /// What is filtered, for screen readers: "Filter CloudPods".
    #[prop(into)]
    label: String,
    /// [`SearchBox`] and hidden inputs that keep other parts of the query.
    children: Children,
) -> impl IntoView {
    let (to, navigate) = (action.clone(), use_navigate());
    let search = move |event: leptos::ev::SubmitEvent| {
        if let Ok(query) = fields(&event) {
            event.prevent_default();
            navigate(&format!("{to}?{query}"), Default::default());
        }
    };
    view! {
        <form method="get" action=action class="flex flex-wrap items-center gap-2 my-3" role="search" aria-label=label on:submit=search>
            {children()}
            <button type="submit" class=button_class(Kind::Secondary, Size::Small, false)>"Search"</button>
        </form>
    }
    .into_any()
}

/// The text to look for.
#[component]
pub fn SearchBox(
    /// Name in the query.
    #[prop(default = "search")]
    name: &'static str,
    /// What can be looked for: "Name, domain, customer or id".
    #[prop(into)]
    label: String,
    /// What is looked for now.
    #[prop(into, optional)]
    value: Signal<String>,
) -> impl IntoView {
    view! {
        <div class="relative w-70 phone:w-auto phone:flex-1">
            <Icon symbol=Symbol::Search class="absolute left-2.25 inset-y-0 my-auto text-3 pointer-events-none"/>
            <input
                class=classes([INPUT, tw!("h-control-sm pl-8 pr-2.75")])
                type="search"
                name=name
                aria-label=label.clone()
                placeholder=label
                value=move || value.get()
            />
        </div>
    }
    .into_any()
}
