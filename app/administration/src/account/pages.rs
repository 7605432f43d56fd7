//! Your profile.

pub use super::sessions::OwnSessionsPage;

use super::{
    second_step::SecondStep,
    server_fns::{ChangePassword, LeaveAccount, read_account},
};
use app_kit::prelude::*;
use model::administration::{
    access::{AccountView, role_name},
    accounts::{Membership, PASSWORD_MIN},
};

/// The tabs of the profile pages.
#[component]
pub fn AccountTabs(
    /// Path of the current page.
    here: &'static str,
) -> impl IntoView {
    let tab = |word, href: &'static str| Tab::new(word, href, here == href);
    view! { <Tabs label="Your profile" tabs=vec![tab("Sign-in", "/account"), tab("Sessions", "/account/sessions")]/> }.into_any()
}

/// `/account`
#[component]
pub fn AccountPage() -> impl IntoView {
    view! {
        <PageHead title="Your profile"/>
        <AccountTabs here="/account"/>
        <Load data=fetch(|| (), |()| read_account()) view={|view: Live<AccountView>| view! { <Account view/> }}/>
    }
    .into_any()
}

#[component]
fn Account(view: Live<AccountView>) -> impl IntoView {
    let missing = |view: &AccountView| view.second_step_wanted && view.second_step_since.is_none();
    let notice = |missing: bool| {
        missing.then(|| {
            view! { <div class="mb-4"><Banner notice=Notice::Maintenance boxed=true>"Two-factor authentication is required for staff. Set it up below to use your role."</Banner></div> }
        })
    };
    let name = |view: &AccountView| if view.name.is_empty() { "Not set".to_owned() } else { view.name.clone() };
    let changed = |view: &AccountView| view.password_set_at.map(|at| format!("Last changed {}.", app_kit::time::full(at))).unwrap_or_default();
    view! {
        {view.show(missing, notice)}
        <Grid>
            <Stack>
                <SecondStep view/>
                <Panel title="Password" note=view.text(changed)><ChangePasswordForm/></Panel>
            </Stack>
            <Stack>
                <Panel title="Profile">
                    <KeyValues>
                        <KeyValue label="Email">{view.text(|view| view.email.clone())}</KeyValue>
                        <KeyValue label="Name">{view.text(name)}</KeyValue>
                    </KeyValues>
                </Panel>
                <Memberships places=view.map(|view| view.memberships.clone())/>
            </Stack>
        </Grid>
    }
}

#[component]
fn ChangePasswordForm() -> impl IntoView {
    let toasts = use_toasts();
    let done = Callback::new(move |()| toasts.show(State::Ok, "Password updated", "You've been signed out of all other sessions."));
    view! {
        <Form action=ChangePassword { current: String::new(), new_password: String::new() } on_done=done refetch=true reset=true>
            <Input name="current" label="Current password" kind="password" autocomplete="current-password"/>
            <Input
                name="new_password" label="New password" kind="password" autocomplete="new-password"
                help=format!("At least {PASSWORD_MIN} characters. You'll be signed out everywhere else.")
            />
            <div><Submit kind=Kind::Secondary>"Update password"</Submit></div>
        </Form>
    }
}

/// Memberships in customer accounts, with a button to leave each.
#[component]
fn Memberships(places: Live<Vec<Membership>>) -> impl IntoView {
    let one =
        |place: Live<Membership>| view! { <li class="flex items-center justify-between gap-3">{place.show(Membership::clone, membership)}</li> };
    view! {
        <Panel title="Accounts">
            {places.show(Vec::is_empty, |none| none.then(|| view! { <p class="text-13 text-2">"You're not a member of any customer account."</p> }))}
            <ul class="grid gap-3 text-13">{places.rows(Vec::clone, |place| place.tenant.to_string(), one)}</ul>
        </Panel>
    }
}

fn membership(place: Membership) -> AnyView {
    let ask =
        Ask::new(format!("Leave {}?", place.name), "You'll lose access. Someone in the account must invite you to rejoin.").label("Leave account");
    view! {
        <span class="min-w-0">
            <a class="block truncate font-mid" href=place.home()>{place.name.clone()}</a>
            <span class="text-12 text-3">{role_name(&place.role).to_owned()}</span>
        </span>
        <ActionButton call=LeaveAccount { tenant: place.tenant } label="Leave" size=Size::Small ask/>
    }
    .into_any()
}
