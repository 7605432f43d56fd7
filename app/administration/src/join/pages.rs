//! The page of an invitation link.

use super::server_fns::{AcceptInvitation, JoinAccount, read_invitation};
use crate::accounts::parts::{brand, home};
use app_kit::{prelude::*, shell::SignLayout};
use model::administration::{
    access::{InvitationView, InvitationWay, role_name},
    accounts::PASSWORD_MIN,
};

/// `/join/:token`
#[component]
pub fn JoinPage() -> impl IntoView {
    let token = use_param::<String>("token")().unwrap_or_default();
    let new = Call::from(AcceptInvitation { token: token.clone(), name: String::new(), password: String::new() });
    let member = Call::from(JoinAccount { token: token.clone() });
    if let Some(gone) = home(new.output().or_else(|| member.output())) {
        return gone;
    }
    let data = fetch_one("token", "Invitation not found.", read_invitation);
    view! {
        <SignLayout brand=brand() title="Accept invitation">
            <Load data view=move |view: InvitationView| view! { <Invitation token=token.clone() view new member/> }/>
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
            InvitationWay::New => view! { <NewUserForm action=new/> }.into_any(),
            InvitationWay::Join => view! { <Form action=member><Submit block=true>"Accept"</Submit></Form> }.into_any(),
            InvitationWay::SignIn => view! { <LinkButton href=format!("/sign-in?next=/join/{token}") kind=Kind::Primary block=true>"Sign in to accept"</LinkButton> }.into_any(),
            InvitationWay::Other => view! { <p role="alert" class="text-14">"You're signed in as a different user. Sign out, then open this link again."</p> }.into_any(),
        }}
    }
}

#[component]
fn NewUserForm(action: Call<AcceptInvitation>) -> impl IntoView {
    view! {
        <Form action>
            <Input name="name" label="Your name" autocomplete="name" optional=true/>
            <Input name="password" label="Password" kind="password" autocomplete="new-password" help=format!("At least {PASSWORD_MIN} characters. A passphrase is easier to remember.")/>
            <Submit block=true>"Accept and sign in"</Submit>
        </Form>
    }
}
