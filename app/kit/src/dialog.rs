//! Dialogs: native, modal, the focus comes back. Never for forms longer than a confirmation.

use crate::{
    button::{Button, Kind, Submit},
    call::{Call, CallParts, OnDone, reading},
    error::AppError,
    form::{
        AnyForm,
        field::{Hidden, Input},
    },
};
use leptos::{ev, html, prelude::*};
use serde::de::DeserializeOwned;
use server_fn::ServerFn;

/// A modal dialog that follows `open`; Escape and the button "Keep" close it.
#[component]
pub fn Dialog(
    /// Whether it stands open; the dialog sets it to false when it closes.
    open: RwSignal<bool>,
    /// The question or the name.
    #[prop(into)]
    title: Signal<String>,
    /// What it says, and its deeds.
    children: ChildrenFn,
) -> impl IntoView {
    let place = NodeRef::<html::Dialog>::new();
    follow(place, open);
    view! {
        <dialog
            node_ref=place
            on:close=move |_| open.set(false)
            aria-label=move || title.get()
            class="m-auto w-120 max-w-[calc(100vw-32px)] max-h-[calc(100dvh-32px)] overflow-auto p-0 border border-line rounded-xl bg-raised shadow-top text-1 backdrop:bg-scrim opening"
        >
            <h2 class="px-5 pt-5 text-16 font-bold">{move || title.get()}</h2>
            <Show when=move || open.get()>{children()}</Show>
        </dialog>
    }
    .into_any()
}

/// Opens and closes a dialog as `open` says.
pub(crate) fn follow(place: NodeRef<html::Dialog>, open: RwSignal<bool>) {
    Effect::new(move |_| {
        let wanted = open.get();
        if let Some(dialog) = place.get() {
            match (wanted, dialog.open()) {
                // It refuses only when it is not in the page, and then there is nobody to ask.
                (true, false) => {
                    let _ = dialog.show_modal();
                }
                (false, true) => dialog.close(),
                _ => {}
            }
        }
    });
}

/// Asks before something that cannot be taken back. Sends the hidden values to the server function.
///
/// Type the name to confirm only for what cannot be undone; leave `name` out for the rest.
#[component]
pub fn Confirm<S>(
    /// Whether it stands open.
    open: RwSignal<bool>,
    /// The question: "Delete lumen-staging?".
    #[prop(into)]
    title: Signal<String>,
    /// The deed: "Delete CloudPod".
    #[prop(into)]
    deed: String,
    /// The operation with its arguments.
    #[prop(into)]
    action: Call<S>,
    /// Arguments that the operation was not filled in with.
    #[prop(optional)]
    values: Vec<(String, String)>,
    /// What has to be typed.
    #[prop(into, optional)]
    name: Option<String>,
    /// It takes something away for good.
    #[prop(default = true)]
    danger: bool,
    /// The button that changes nothing: "Keep running" where "Cancel" would be taken for the action.
    #[prop(default = "Cancel")]
    dismiss: &'static str,
    /// Called with the output when it has worked; the dialog closes by itself.
    #[prop(optional, into)]
    on_done: Option<Callback<S::Output>>,
    /// What exactly happens, and what stays.
    children: ChildrenFn,
) -> impl IntoView
where
    S: ServerFn<Error = AppError>,
    S::Output: DeserializeOwned + 'static,
{
    let kind = if danger { Kind::Danger } else { Kind::Primary };
    confirm(open, title, ConfirmOptions { action_label: deed, dismiss, call: action.parts, values, name, kind, done: on_done.map(reading), children })
}

/// What a confirmation is about, whatever it calls.
pub(crate) struct ConfirmOptions {
    pub(crate) action_label: String,
    /// The word of the button that changes nothing.
    pub(crate) dismiss: &'static str,
    pub(crate) call: CallParts,
    pub(crate) values: Vec<(String, String)>,
    pub(crate) name: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) done: Option<OnDone>,
    pub(crate) children: ChildrenFn,
}

/// Apart from [`Confirm`], so that it is compiled once and not for every operation.
pub(crate) fn confirm(open: RwSignal<bool>, title: Signal<String>, options: ConfirmOptions) -> AnyView {
    let ConfirmOptions { action_label, dismiss, call, values, name, kind, done, children } = options;
    let typed = RwSignal::new(String::new());
    let wanted = name.clone();
    let unsure = Signal::derive(move || wanted.as_ref().is_some_and(|name| typed.get().trim() != name));
    let done = Callback::new(move |answer: String| {
        // An answer that cannot be read is said where it was asked for.
        done.map_or(Ok(()), |done| done.run(answer))?;
        // What was done may have led to another page, and these are gone with this one.
        open.try_set(false);
        typed.try_set(String::new());
        call.clear(); // asked again, it begins anew
        Ok(())
    });
    let inside = StoredValue::new((children, values, name, action_label));
    let hidden = move || {
        inside
            .with_value(|(_, values, ..)| values.iter().map(|(name, value)| view! { <Hidden name=name.clone() value=value.clone()/> }).collect_view())
    };
    let asked = move || {
        inside.with_value(|(_, _, name, _)| name.clone()).map(|name| {
            view! { <Input name="confirm_name" label=format!("Type {name} to confirm") bind=typed autocomplete="off"/> }
        })
    };
    view! {
        <Dialog open title>
            <AnyForm call done=Some(done) class=tw!("contents").to_owned()>
                <div class="grid gap-3 px-5 pt-3 pb-5 text-13 text-2">
                    {inside.with_value(|(children, ..)| children())}
                    {hidden()}
                    {asked()}
                </div>
                <div class="flex flex-wrap justify-end gap-2 px-5 py-3 border-t border-line phone:*:flex-auto">
                    <Button on:click=move |_: ev::MouseEvent| open.set(false)>{dismiss}</Button>
                    <Submit kind disabled=unsure>{inside.with_value(|(.., label)| label.clone())}</Submit>
                </div>
            </AnyForm>
        </Dialog>
    }
    .into_any()
}
