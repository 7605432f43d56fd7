//! Dialogs: native, modal, the focus comes back. Never for forms longer than a confirmation.

use crate::{
    button::{Button, Kind, Submit},
    call::{CallParts, OnDone},
    form::{AnyForm, field::Input},
};
use leptos::{ev, html, prelude::*};

/// A modal dialog that follows `open`; Escape closes it.
#[component]
pub fn Dialog(
    /// Whether it stands open; the dialog sets it to false when it closes.
    open: RwSignal<bool>,
    /// The question or the name.
    #[prop(into)]
    title: Signal<String>,
    /// What it says and does: a [`Form`](crate::form::Form) around a [`DialogBody`].
    children: ChildrenFn,
) -> impl IntoView {
    let place = NodeRef::<html::Dialog>::new();
    follow(place, open);
    view! {
        <dialog
            node_ref=place
            on:close=move |_| closed(place, open)
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

/// Takes note that a dialog has closed. The browser says so a moment later: one that was opened again by then stays open.
pub(crate) fn closed(place: NodeRef<html::Dialog>, open: RwSignal<bool>) {
    if place.get_untracked().is_none_or(|dialog| !dialog.open()) {
        open.set(false);
    }
}

/// What stands in the form of a [`Dialog`]: words and fields, and at its foot the button that changes nothing beside the one that does it.
#[component]
pub fn DialogBody(
    /// That of the dialog.
    open: RwSignal<bool>,
    /// The word of the button that changes nothing.
    #[prop(default = "Cancel")]
    dismiss: &'static str,
    /// The [`Submit`].
    #[prop(into)]
    submit: ViewFn,
    /// Words and fields.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="grid gap-3 px-5 pt-3 pb-5 text-13 text-2">{children()}</div>
        <div class="flex flex-wrap justify-end gap-2 px-5 py-3 border-t border-line phone:*:flex-auto">
            <Button on:click=move |_: ev::MouseEvent| open.set(false)>{dismiss}</Button>
            {submit.run()}
        </div>
    }
    .into_any()
}

/// What is asked before a button does what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    title: String,
    text: String,
    name: Option<String>,
    label: Option<&'static str>,
    dismiss: &'static str,
}

impl Ask {
    /// The question, "Delete lumen-staging?", and what exactly happens and what stays.
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into(), name: None, label: None, dismiss: "Cancel" }
    }

    /// The name has to be typed: only for what cannot be undone. It goes with the call as `confirm_name`.
    #[must_use]
    pub fn typed(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What the button of the dialog says, where the one that asks is shorter: "Remove" asks, "Remove member" does it.
    #[must_use]
    pub fn label(mut self, label: &'static str) -> Self {
        self.label = Some(label);
        self
    }

    /// What the button says that changes nothing, where "Cancel" would be taken for the action.
    #[must_use]
    pub fn dismiss(mut self, word: &'static str) -> Self {
        self.dismiss = word;
        self
    }
}

/// Asks before a call, and makes it. `label` is that of the button that asks; `more` stands below the text.
pub(crate) fn confirm(open: RwSignal<bool>, ask: Ask, more: ViewFn, label: &str, call: CallParts, done: OnDone) -> AnyView {
    let Ask { title, text, name, label: own, dismiss } = ask;
    let typed = RwSignal::new(String::new());
    let more = StoredValue::new(more);
    let asked = StoredValue::new((text, name, own.unwrap_or(label).to_owned()));
    let unsure = Signal::derive(move || asked.with_value(|(_, name, _)| name.as_ref().is_some_and(|name| typed.get().trim() != name)));
    let done = Callback::new(move |answer: String| {
        // An answer that cannot be read is said where it was asked for.
        done.run(answer)?;
        // What was done may have led to another page, and these are gone with this one.
        open.try_set(false);
        typed.try_set(String::new());
        call.clear(); // asked again, it begins anew
        Ok(())
    });
    let submit = move || view! { <Submit kind=Kind::Danger disabled=unsure>{asked.with_value(|(.., label)| label.clone())}</Submit> };
    let name = move || {
        let name = asked.with_value(|(_, name, _)| name.clone());
        name.map(|name| view! { <Input name="confirm_name" label=format!("Type {name} to confirm") bind=typed autocomplete="off"/> })
    };
    view! {
        <Dialog open title>
            <AnyForm call done=Some(done) class=tw!("contents").to_owned()>
                <DialogBody open dismiss submit>
                    <p>{asked.with_value(|(text, ..)| text.clone())}</p>
                    {more.with_value(ViewFn::run)}
                    {name()}
                </DialogBody>
            </AnyForm>
        </Dialog>
    }
    .into_any()
}
