//! 2FA: setup, recovery codes, turning it off.

use super::server_fns::{BeginSecondStep, ConfirmSecondStep, NewRecoveryCodes, RemoveSecondStep};
use app_kit::prelude::*;
use model::administration::access::{AccountView, RecoveryCodes, SecondStepSecret};

/// The 2FA panel. Secrets that are shown once stay until the user dismisses them.
#[component]
pub fn SecondStep(view: AccountView, again: Callback<()>) -> impl IntoView {
    let secret = RwSignal::new(None::<SecondStepSecret>);
    let codes = RwSignal::new(None::<RecoveryCodes>);
    let view = StoredValue::new(view);
    view! {
        <Panel title="Two-factor authentication" note="Require a code from an authenticator app when you sign in.">
            {move || match (codes.get(), secret.get()) {
                (Some(shown), _) => view! { <RecoveryCodesView shown again/> }.into_any(),
                (None, Some(shown)) => view! { <SetupForm shown codes secret/> }.into_any(),
                (None, None) => view.with_value(|view| match view.second_step_since {
                    Some(_) => view! { <EnabledView view=view.clone() codes again/> }.into_any(),
                    None => view! { <SetupPrompt secret/> }.into_any(),
                }),
            }}
        </Panel>
    }
    .into_any()
}

#[component]
fn SetupPrompt(secret: RwSignal<Option<SecondStepSecret>>) -> impl IntoView {
    let begin = Call::<BeginSecondStep>::new();
    view! {
        <p class="mb-4 text-13 text-2">"Off. Anyone with your password can sign in."</p>
        <Form action=begin on_done=Callback::new(move |shown| secret.set(Some(shown))) class=tw!("block")>
            <Submit>"Set up 2FA"</Submit>
        </Form>
    }
}

#[component]
fn SetupForm(shown: SecondStepSecret, codes: RwSignal<Option<RecoveryCodes>>, secret: RwSignal<Option<SecondStepSecret>>) -> impl IntoView {
    let confirm = Call::<ConfirmSecondStep>::new();
    let size = shown.qr_size;
    view! {
        <div class="grid gap-4">
            <p class="text-13 text-2">"Scan this QR code with your authenticator app, or enter the key. They are shown only once."</p>
            <svg
                xmlns="http://www.w3.org/2000/svg" role="img" aria-label="QR code" shape-rendering="crispEdges"
                viewBox=format!("0 0 {size} {size}") width="208" height="208"
            >
                <rect width=size.to_string() height=size.to_string() fill="#fff"></rect>
                <path d=shown.qr_path.clone() fill="#000"></path>
            </svg>
            <div><Copyable text=shown.secret.clone() label="Copy key" whole=true/></div>
            <Form action=confirm on_done=Callback::new(move |made| { secret.set(None); codes.set(Some(made)); })>
                <Input name="code" label="Verification code" autocomplete="one-time-code" help="Enter the 6-digit code from the app."/>
                <div class="flex flex-wrap gap-2">
                    <Submit>"Turn on"</Submit>
                    <Button on:click=move |_| secret.set(None)>"Cancel"</Button>
                </div>
            </Form>
        </div>
    }
}

#[component]
fn RecoveryCodesView(shown: RecoveryCodes, again: Callback<()>) -> impl IntoView {
    view! {
        <div class="grid gap-4">
            <p class="text-13 text-2">"Save these recovery codes. Each can be used once if you lose your device. They won't be shown again."</p>
            <div><Copyable text=shown.codes.join("\n") label="Copy codes" whole=true/></div>
            <div><Button kind=Kind::Primary on:click=move |_| again.run(())>"I've saved my codes"</Button></div>
        </div>
    }
}

#[component]
fn EnabledView(view: AccountView, codes: RwSignal<Option<RecoveryCodes>>, again: Callback<()>) -> impl IntoView {
    let (renew, remove, ask) = (Call::<NewRecoveryCodes>::new(), Call::<RemoveSecondStep>::new(), RwSignal::new(false));
    let since = view.second_step_since;
    view! {
        <div class="grid gap-4">
            <KeyValues>
                <KeyValue label="Status"><Badge state=State::Ok word="On"/></KeyValue>
                <KeyValue label="Since">{since.map(|at| view! { <At at whole=true/> })}</KeyValue>
                <KeyValue label="Recovery codes">{format!("{} left", view.recovery_codes)}</KeyValue>
            </KeyValues>
            <div class="flex flex-wrap gap-2">
                <Form action=renew on_done=Callback::new(move |made| codes.set(Some(made))) class=tw!("block")>
                    <Submit kind=Kind::Secondary>"Generate new recovery codes"</Submit>
                </Form>
                {(!view.second_step_wanted).then(|| view! { <Button kind=Kind::DangerOutline on:click=move |_| ask.set(true)>"Turn off"</Button> })}
            </div>
            <Confirm open=ask title="Turn off two-factor authentication?" deed="Turn off" action=remove values=vec![] on_done=Callback::new(move |()| again.run(()))>
                <p>"Sign-in will require only your password. Your recovery codes will stop working."</p>
            </Confirm>
        </div>
    }
}
