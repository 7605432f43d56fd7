//! The password again: when a server function says that it needs it, a dialog asks, and the call is made once more.

use crate::{
    button::Submit,
    call::Call,
    dialog::{Dialog, DialogBody},
    error::AppError,
    form::{Form, field::Input},
};
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use server_fn::ServerFn;
use std::{future::Future, pin::Pin};

/// What waits for the password: the call to be made again.
#[derive(Clone, Copy)]
pub(crate) struct StepUp(RwSignal<Option<Callback<()>>>);

impl StepUp {
    /// Asks for the password, and then makes the call again.
    pub(crate) fn ask(self, again: Callback<()>) {
        self.0.set(Some(again));
    }

    /// Whether the dialog stands open.
    pub(crate) fn asks(self) -> bool {
        self.0.with(Option::is_some)
    }
}

/// Makes forms below this place ask by the [`StepUpDialog`] that stands there too.
pub(crate) fn provide_step_up() {
    provide_context(StepUp(RwSignal::new(None)));
}

/// The way to ask; nothing where no shell has provided it.
pub(crate) fn use_step_up() -> Option<StepUp> {
    use_context()
}

/// Where the dialog stands once somebody has to be asked. It stands once inside a shell; few are asked, so the code comes only then.
#[component]
pub fn StepUpPrompt(
    /// Fetches the [`StepUpDialog`].
    dialog: fn() -> Pin<Box<dyn Future<Output = AnyView>>>,
) -> impl IntoView {
    let Some(StepUp(waits)) = use_step_up() else { return ().into_any() };
    let asked = Memo::new(move |before| before == Some(&true) || waits.with(Option::is_some));
    (move || asked.get().then(|| Suspend::new(SendWrapper::new(dialog())))).into_any()
}

/// The dialog; its server function takes `password`.
#[component]
pub fn StepUpDialog<S>(
    /// Checks the password.
    action: Call<S>,
) -> impl IntoView
where
    S: ServerFn<Error = AppError, Output = ()> + 'static,
{
    let Some(StepUp(waits)) = use_step_up() else { return ().into_any() };
    // Its code may have come because somebody asks: what is in it has to be there before it opens, to take the focus.
    let open = RwSignal::new(waits.with_untracked(Option::is_some));
    Effect::new(move |_| {
        if waits.with(Option::is_some) && !open.get_untracked() {
            action.parts.clear(); // an earlier answer is not one to this question
            open.set(true);
        }
    });
    Effect::new(move |was: Option<bool>| {
        let now = open.get();
        if was == Some(true) && !now {
            waits.set(None);
        }
        now
    });
    let done = Callback::new(move |()| {
        let again = waits.get_untracked();
        open.set(false);
        if let Some(again) = again {
            again.run(());
        }
    });
    view! {
        <Dialog open title="Confirm your password">
            <Form action on_done=done class=tw!("contents")>
                <DialogBody open submit=|| view! { <Submit>"Confirm"</Submit> }>
                    <p>"Confirm your password to continue. You won't be asked again for a few minutes."</p>
                    <Input name="password" label="Password" kind="password" autocomplete="current-password"/>
                </DialogBody>
            </Form>
        </Dialog>
    }
    .into_any()
}
