//! A button that does something by itself: it asks where that is wanted, calls one operation, says how it went, and has the page fetch
//! again what it shows.

use crate::{
    button::{Button, ButtonProps, Kind, Size},
    call::{Call, CallParts, OnDone, reading},
    dialog::{Ask, confirm},
    error::AppError,
    form::values::encoded,
    icon::Symbol,
    load::use_refetch,
    state::State,
    step_up::{StepUp, use_step_up},
    toast::use_toasts,
};
use leptos::{ev, prelude::*, tachys::view::add_attr::AddAnyAttr};
use model::error::ErrorCode;
use serde::de::DeserializeOwned;
use server_fn::ServerFn;

/// A button that calls an operation: `<ActionButton call=DrainServer { id } label="Drain"/>`.
#[component]
pub fn ActionButton<S>(
    /// The operation with its arguments.
    #[prop(into)]
    call: Call<S>,
    /// What it does.
    #[prop(into)]
    label: String,
    /// How loud.
    #[prop(optional)]
    kind: Kind,
    /// How tall.
    #[prop(optional)]
    size: Size,
    /// Icon before the word.
    #[prop(optional, into)]
    icon: Option<Symbol>,
    /// What is asked before.
    #[prop(optional, into)]
    ask: Option<Ask>,
    /// What stands in the dialog below the text of `ask`; made each time it is opened.
    #[prop(optional, into)]
    more: ViewFn,
    /// Said when it has worked and the page does not show it by itself: a title and a sentence.
    #[prop(optional, into)]
    toast: Option<(&'static str, String)>,
    /// Called with the output when it has worked: to go to another page. Without it the page fetches again what it shows.
    #[prop(optional, into)]
    on_done: Option<Callback<S::Output>>,
) -> impl IntoView
where
    S: ServerFn<Error = AppError>,
    S::Output: DeserializeOwned + 'static,
{
    let again = use_refetch();
    let done = on_done.unwrap_or_else(|| Callback::new(move |_: S::Output| again.run(())));
    action_button(call.parts, Look { label, kind, size, icon }, ask, more, toast, reading(done))
}

/// How a button looks, whatever it does.
struct Look {
    label: String,
    kind: Kind,
    size: Size,
    icon: Option<Symbol>,
}

/// Apart from [`ActionButton`], so that it is compiled once and not for every operation.
fn action_button(call: CallParts, look: Look, ask: Option<Ask>, more: ViewFn, toast: Option<(&'static str, String)>, on_done: OnDone) -> AnyView {
    let toasts = use_toasts();
    let done = Callback::new(move |text: String| {
        on_done.run(text)?;
        if let Some((title, text)) = &toast {
            toasts.show(State::Ok, *title, text.clone());
        }
        Ok(())
    });
    if let Some(ask) = ask {
        let open = RwSignal::new(false);
        let dialog = confirm(open, ask, more, &look.label, call, done);
        let button = button(look, Signal::stored(false), move || open.set(true));
        return view! { {button}{dialog} }.into_any();
    }
    let step_up = use_step_up();
    let send = move || {
        call.action.dispatch(encoded(&call.values.get_value()));
    };
    Effect::new(move |_| match call.action.value().get() {
        Some(Ok(text)) => {
            call.clear();
            if let Err(error) = done.run(text) {
                toasts.show(State::Failing, error.message, String::new());
            }
        }
        Some(Err(error)) if error.code() == ErrorCode::StepUp && step_up.is_some() => {
            if let Some(step_up) = step_up {
                StepUp::ask(step_up, Callback::new(move |()| send()));
            }
        }
        Some(Err(error)) => toasts.show(
            State::Failing,
            error.0.message,
            error.0.incident.map(|incident| format!("Reference: {incident}. Include it when you contact support.")).unwrap_or_default(),
        ),
        None => {}
    });
    let busy = Signal::derive(move || call.action.pending().get());
    let press = move || {
        if !busy.get_untracked() {
            send();
        }
    };
    button(look, busy, press)
}

fn button(look: Look, busy: Signal<bool>, press: impl Fn() + Clone + 'static) -> AnyView {
    let Look { label, kind, size, icon } = look;
    let children = ToChildren::to_children(move || label.clone());
    let button = Button(ButtonProps { kind, size, icon, busy, disabled: Signal::stored(false), block: false, children });
    button.add_any_attr(leptos::tachys::html::event::on(ev::click, move |_: ev::MouseEvent| press())).into_any()
}
