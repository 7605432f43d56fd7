//! What stands on top of a form after a refused send.

use crate::{
    form::field_id,
    html_only,
    icon::{Icon, Symbol},
};
use leptos::prelude::*;
use model::error::ApiError;

/// With two or more wrong fields a list of links, which takes the focus; with one, the field takes it; with none, the message.
#[component]
pub(super) fn ErrorSummary(
    /// The last answer, when it was an error.
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let place = NodeRef::<leptos::html::Div>::new();

    Effect::new(move |_| {
        let Some(error) = error.get() else { return };
        request_animation_frame(move || focus_after(&error, place));
    });

    let focus = html_only::is_html_only() && error.with_untracked(|error| error.as_ref().is_some_and(|error| error.fields.len() != 1));
    view! {
        <div node_ref=place tabindex="-1" role="alert" class="empty:hidden" autofocus=focus>
            {move || error.get().filter(|error| error.fields.len() != 1).map(|error| view! {
                <div class="border border-failing-mark rounded-lg bg-failing-soft text-failing-text text-13 px-4 py-3">
                    <p class="flex gap-2 font-bold text-14">
                        <Icon symbol=Symbol::Alert class="mt-0.5"/>
                        <span>{error.message.clone()}</span>
                    </p>
                    {(error.fields.len() > 1).then(|| view! {
                        <ul class="mt-1 pl-6 grid gap-0.5">
                            {error.fields.iter().map(|field| view! {
                                <li><a class="text-current" href=format!("#{}", field_id(&field.field))>{field.message.clone()}</a></li>
                            }).collect_view()}
                        </ul>
                    })}
                    {error.incident.map(|incident| view! {
                        <p class="mt-1 pl-6">"Reference: " <code>{incident}</code> ". Include it when you contact support."</p>
                    })}
                </div>
            })}
        </div>
    }
    .into_any()
}

/// Puts the focus where the person has to look.
#[cfg(feature = "hydrate")]
fn focus_after(error: &ApiError, place: NodeRef<leptos::html::Div>) {
    use wasm_bindgen::JsCast;

    let target = match error.fields.as_slice() {
        [one] => document().query_selector(&format!("[data-field=\"{}\"]", one.field.replace(['"', '\\'], ""))).ok().flatten(),
        _ => place.get_untracked().map(|div| div.unchecked_into()),
    };
    if let Some(element) = target.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A detached element cannot take the focus; there is nothing to tell the person then.
        let _ = element.focus();
    }
}

#[cfg(not(feature = "hydrate"))]
fn focus_after(_: &ApiError, _: NodeRef<leptos::html::Div>) {}
