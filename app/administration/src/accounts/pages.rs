//! Sign-in, forgotten password, and the pages behind single-use links.

use super::{
    parts::{LinkForm, brand, home, link_token, next_path},
    server_fns::{Activate, ForgotPassword, ResetPassword, SetUp, SignIn, SignInCode},
};
use app_kit::{html_only::submitted_value, prelude::*, shell::SignLayout};
use model::administration::accounts::{LandingPage, LinkPurpose, PASSWORD_MIN};

/// `/sign-in`
#[component]
pub fn SignInPage() -> impl IntoView {
    let next = next_path();
    let password = Call::from(SignIn { email: String::new(), password: String::new() });
    let entered = password.output();
    // After a wrong code the step is kept, so that another code can be entered.
    let step = entered.as_ref().and_then(|entered| entered.step.clone()).or_else(|| submitted_value("step"));
    let code = Call::from(SignInCode { step: step.clone().unwrap_or_default(), code: String::new() });
    let found = code.output().or_else(|| entered.as_ref().and_then(|entered| entered.home.clone()));
    if let Some(gone) = home(found.map(|home| LandingPage { path: next.clone().unwrap_or(home.path) })) {
        return gone;
    }
    view! {
        <SignLayout brand=brand() title="Sign in" aside=facts()>
            {if step.is_some() {
                view! { <CodeForm code next/> }.into_any()
            } else {
                view! {
                    <Form action=password>
                        <Input name="email" label="Email" kind="email" autocomplete="username"/>
                        <Input name="password" label="Password" kind="password" autocomplete="current-password"/>
                        <Submit block=true>"Sign in"</Submit>
                        <p class="text-13"><a href="/forgot">"Forgot password?"</a></p>
                    </Form>
                }.into_any()
            }}
        </SignLayout>
    }
    .into_any()
}

/// The verification code form.
#[component]
fn CodeForm(code: Call<SignInCode>, next: Option<String>) -> impl IntoView {
    let again = next.map_or_else(|| "/sign-in".to_owned(), |next| format!("/sign-in?next={next}"));
    view! {
        <Form action=code>
            <Input name="code" label="Code" autocomplete="one-time-code" help="Enter the 6-digit code from your authenticator app, or a recovery code."/>
            <Submit block=true>"Verify"</Submit>
            <div><LinkButton href=again>"Start over"</LinkButton></div>
        </Form>
    }
}

/// `/forgot`
#[component]
pub fn ForgotPage() -> impl IntoView {
    let action = Call::from(ForgotPassword { email: String::new() });
    view! {
        <SignLayout brand=brand() title="Reset your password" note="We'll email you a reset link. It expires in 1 hour." aside=facts()>
            {if action.has_worked() {
                view! {
                    <p class="text-14" role="status">"If an account exists for this address, we've sent a reset link. It expires in 1 hour."</p>
                    <p class="mt-4 text-13"><a href="/sign-in">"Back to sign in"</a></p>
                }.into_any()
            } else {
                view! {
                    <Form action>
                        <Input name="email" label="Email" kind="email" autocomplete="username"/>
                        <Submit block=true>"Send reset link"</Submit>
                        <p class="text-13"><a href="/sign-in">"Back to sign in"</a></p>
                    </Form>
                }.into_any()
            }}
        </SignLayout>
    }
    .into_any()
}

/// `/activate?token=…`
#[component]
pub fn ActivatePage() -> impl IntoView {
    let action = Call::from(Activate { token: link_token(), name: String::new(), password: String::new() });
    if let Some(gone) = home(action.output()) {
        return gone;
    }
    view! {
        <LinkForm purpose=LinkPurpose::Activate title="Activate your account" aside=facts() form=move || view! {
            <Form action>
                <Input name="name" label="Your name" autocomplete="name" optional=true/>
                <Input name="password" label="Password" kind="password" autocomplete="new-password" help=password_help()/>
                <Submit block=true>"Activate and sign in"</Submit>
            </Form>
        }/>
    }
    .into_any()
}

/// `/reset?token=…`
#[component]
pub fn ResetPage() -> impl IntoView {
    let action = Call::from(ResetPassword { token: link_token(), password: String::new() });
    if let Some(gone) = home(action.output()) {
        return gone;
    }
    view! {
        <LinkForm purpose=LinkPurpose::Reset title="Reset your password" aside=facts() form=move || view! {
            <Form action>
                <Input name="password" label="New password" kind="password" autocomplete="new-password" help=password_help()/>
                <Submit block=true>"Reset password"</Submit>
            </Form>
        }/>
    }
    .into_any()
}

/// `/set-up?token=…`
#[component]
pub fn SetUpPage() -> impl IntoView {
    let action = Call::from(SetUp { token: link_token(), email: String::new(), name: String::new(), password: String::new() });
    if let Some(gone) = home(action.output()) {
        return gone;
    }
    view! {
        <LinkForm purpose=LinkPurpose::Setup title="Create the first admin" aside=facts() form=move || view! {
            <Form action>
                <Input name="email" label="Email" kind="email" autocomplete="username"/>
                <Input name="name" label="Your name" autocomplete="name"/>
                <Input name="password" label="Password" kind="password" autocomplete="new-password" help=password_help()/>
                <Submit block=true>"Create admin"</Submit>
            </Form>
        }/>
    }
    .into_any()
}

fn password_help() -> String {
    format!("At least {PASSWORD_MIN} characters. A passphrase is easier to remember.")
}

/// Text beside the form.
fn facts() -> ViewFn {
    ViewFn::from(|| {
        view! {
            <h2 class="text-16 font-bold text-rail-strong">"All activity is logged"</h2>
            <p class="mt-2">"Sign-ins, changes, and jobs are written to a tamper-evident audit log. Links and sessions expire automatically."</p>
        }
    })
}
