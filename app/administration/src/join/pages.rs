//! The page of an invitation link.

use super::server_fns::{AcceptInvitation, JoinAccount, read_invitation};
use crate::accounts::parts::{brand, home};
use app_kit::{prelude::*, shell::SignLayout};
use leptos_router::hooks::use_params_map;
use model::administration::{
    access::{InvitationView, InvitationWay, role_name},
    accounts::PASSWORD_MIN,
};

/// `/join/:token`
#[component]
pub fn JoinPage() -> impl IntoView {
    let (new, member) = (Call::<AcceptInvitation>::new(), Call::<JoinAccount>::new());
    if let Some(gone) = home(new.output().or_else(|| member.output())) {
        return gone;
    }
    let params = use_params_map();
    let token = move || params.read().get("token").unwrap_or_default();
    let data = fetch(token, |token| async move { Ok((token.clone(), read_invitation(token).await?)) });
    view! {
        <SignLayout brand=brand() title="Accept invitation">
            <Load data view=move |(token, view): (String, InvitationView)| view! { <Invitation token view new member/> }/>
        </SignLayout>
    }
    .into_any()
}

#[component]
fn Invitation(token: String, view: InvitationView, new: Call<AcceptInvitation>, member: Call<JoinAccount>) -> impl IntoView {
    let email = view.email.clone();
    view! {
        <p class="mb-4 text-14">
            {view.invited_by.clone()}" invited you to join "<b>{view.tenant_name.clone()}</b>" as "{role_name(&view.role).to_owned()}"."
        </p>
        <p class="mb-4 text-13 text-2">"For " <b class="text-1">{email.clone()}</b> ", expires " <At at=view.expires_at whole=true/></p>
        {match view.way {
            InvitationWay::New => view! { <NewUserForm token action=new/> }.into_any(),
            InvitationWay::Join => view! { <SignedInForm token action=member/> }.into_any(),
            InvitationWay::SignIn => view! { <LinkButton href=format!("/sign-in?next=/join/{token}") kind=Kind::Primary block=true>"Sign in to accept"</LinkButton> }.into_any(),
            InvitationWay::Other => view! { <p role="alert" class="text-14">"You're signed in as a different user. Sign out, then open this link again."</p> }.into_any(),
        }}
    }
}

#[component]
fn NewUserForm(token: String, action: Call<AcceptInvitation>) -> impl IntoView {
    view! {
        <Form action>
            <Hidden name="token" value=token/>
            <Input name="name" label="Your name" autocomplete="name" optional=true/>
            <Input name="password" label="Password" kind="password" autocomplete="new-password" help=format!("At least {PASSWORD_MIN} characters. A passphrase is easier to remember.")/>
            <Submit block=true>"Accept and sign in"</Submit>
        </Form>
    }
}

#[component]
fn SignedInForm(token: String, action: Call<JoinAccount>) -> impl IntoView {
    view! {
        <Form action>
            <Hidden name="token" value=token/>
            <Submit block=true>"Accept"</Submit>
        </Form>
    }
}
