//! 2FA: setup, recovery codes, turning it off.

use super::server_fns::{BeginSecondStep, ConfirmSecondStep, NewRecoveryCodes, RemoveSecondStep};
use app_kit::prelude::*;
use model::administration::access::{AccountView, RecoveryCodes, SecondStepSecret};

/// What was made and is shown this once, until the user dismisses it.
#[derive(Clone, PartialEq)]
enum ShownOnce {
    Nothing,
    Secret(SecondStepSecret),
    Codes(RecoveryCodes),
}

/// The 2FA panel.
#[component]
pub fn SecondStep(view: Live<AccountView>) -> impl IntoView {
    let once = Live::new(ShownOnce::Nothing);
    let enabled = move |on: bool| if on { view! { <Enabled view once/> }.into_any() } else { view! { <SetupPrompt once/> }.into_any() };
    let shown = move |shown: ShownOnce| match shown {
        ShownOnce::Codes(codes) => view! { <RecoveryCodesView codes once/> }.into_any(),
        ShownOnce::Secret(secret) => view! { <SetupForm secret once/> }.into_any(),
        ShownOnce::Nothing => view.show(|view| view.second_step_since.is_some(), enabled),
    };
    view! {
        <Panel title="Two-factor authentication" note="Require a code from an authenticator app when you sign in.">{once.show(ShownOnce::clone, shown)}</Panel>
    }
    .into_any()
}

#[component]
fn SetupPrompt(once: Live<ShownOnce>) -> impl IntoView {
    let done = Callback::new(move |secret| once.set(ShownOnce::Secret(secret)));
    view! {
        <p class="mb-4 text-13 text-2">"Off. Anyone with your password can sign in."</p>
        <ActionButton call=BeginSecondStep {} label="Set up 2FA" kind=Kind::Primary on_done=done/>
    }
}

#[component]
fn SetupForm(secret: SecondStepSecret, once: Live<ShownOnce>) -> impl IntoView {
    let size = secret.qr_size;
    view! {
        <div class="grid gap-4">
            <p class="text-13 text-2">"Scan this QR code with your authenticator app, or enter the key. They are shown only once."</p>
            <svg
                xmlns="http://www.w3.org/2000/svg" role="img" aria-label="QR code" shape-rendering="crispEdges"
                viewBox=format!("0 0 {size} {size}") width="208" height="208"
            >
                <rect width=size.to_string() height=size.to_string() fill="#fff"></rect>
                <path d=secret.qr_path.clone() fill="#000"></path>
            </svg>
            <div><Copyable text=secret.secret.clone() label="Copy key" whole=true/></div>
            <Form action=ConfirmSecondStep { code: String::new() } refetch=true on_done=Callback::new(move |codes| once.set(ShownOnce::Codes(codes)))>
                <Input name="code" label="Verification code" autocomplete="one-time-code" help="Enter the 6-digit code from the app."/>
                <div class="flex flex-wrap gap-2">
                    <Submit>"Turn on"</Submit>
                    <Button on:click=move |_| once.set(ShownOnce::Nothing)>"Cancel"</Button>
                </div>
            </Form>
        </div>
    }
}

#[component]
fn RecoveryCodesView(codes: RecoveryCodes, once: Live<ShownOnce>) -> impl IntoView {
    view! {
        <div class="grid gap-4">
            <p class="text-13 text-2">"Save these recovery codes. Each can be used once if you lose your device. They won't be shown again."</p>
            <div><Copyable text=codes.codes.join("\n") label="Copy codes" whole=true/></div>
            <div><Button kind=Kind::Primary on:click=move |_| once.set(ShownOnce::Nothing)>"I've saved my codes"</Button></div>
        </div>
    }
}

#[component]
fn Enabled(view: Live<AccountView>, once: Live<ShownOnce>) -> impl IntoView {
    let again = use_refetch();
    let renewed = Callback::new(move |codes| {
        once.set(ShownOnce::Codes(codes));
        again.run(());
    });
    let off = move |wanted: bool| {
        let ask = Ask::new("Turn off two-factor authentication?", "Sign-in will require only your password. Your recovery codes will stop working.");
        (!wanted).then(|| view! { <ActionButton call=RemoveSecondStep {} label="Turn off" kind=Kind::DangerOutline ask/> })
    };
    view! {
        <div class="grid gap-4">
            <KeyValues>
                <KeyValue label="Status"><Badge state=State::Ok word="On"/></KeyValue>
                <KeyValue label="Since">{view.show(|view| view.second_step_since, |since| since.map(|at| view! { <At at whole=true/> }))}</KeyValue>
                <KeyValue label="Recovery codes">{view.text(|view| format!("{} left", view.recovery_codes))}</KeyValue>
            </KeyValues>
            <div class="flex flex-wrap gap-2">
                <ActionButton call=NewRecoveryCodes {} label="Generate new recovery codes" on_done=renewed/>
                {view.show(|view| view.second_step_wanted, off)}
            </div>
        </div>
    }
}
