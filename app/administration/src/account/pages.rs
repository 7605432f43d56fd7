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
    let data = fetch(|| (), |()| read_account());
    let again = Callback::new(move |()| data.refetch());
    view! {
        <PageHead title="Your profile"/>
        <AccountTabs here="/account"/>
        <Load data view=move |view: AccountView| view! { <Account view again/> }/>
    }
    .into_any()
}

#[component]
fn Account(view: AccountView, again: Callback<()>) -> impl IntoView {
    let (places, set_at) = (view.memberships.clone(), view.password_set_at);
    let (name, email) = (view.name.clone(), view.email.clone());
    view! {
        {(view.second_step_wanted && view.second_step_since.is_none()).then(|| view! {
            <div class="mb-4"><Banner notice=Notice::Maintenance boxed=true>"Two-factor authentication is required for staff. Set it up below to use your role."</Banner></div>
        })}
        <Grid>
            <Stack>
                <SecondStep view again/>
                <Panel title="Password" note=set_at.map(|at| format!("Last changed {}.", app_kit::time::full(at))).unwrap_or_default()>
                    <ChangePasswordForm again/>
                </Panel>
            </Stack>
            <Stack>
                <Panel title="Profile">
                    <KeyValues>
                        <KeyValue label="Email">{email}</KeyValue>
                        <KeyValue label="Name">{if name.is_empty() { "Not set".to_owned() } else { name }}</KeyValue>
                    </KeyValues>
                </Panel>
                <Memberships places again/>
            </Stack>
        </Grid>
    }
}

#[component]
fn ChangePasswordForm(again: Callback<()>) -> impl IntoView {
    let action = Call::<ChangePassword>::new();
    let toasts = use_toasts();
    let done = Callback::new(move |()| {
        toasts.show(State::Ok, "Password updated", "You've been signed out of all other sessions.");
        again.run(());
    });
    view! {
        <Form action on_done=done>
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
fn Memberships(places: Vec<Membership>, again: Callback<()>) -> impl IntoView {
    view! {
        <Panel title="Accounts">
            {places.is_empty().then(|| view! { <p class="text-13 text-2">"You're not a member of any customer account."</p> })}
            <ul class="grid gap-3 text-13">
                {places.into_iter().map(|place| view! { <MembershipItem place again/> }).collect_view()}
            </ul>
        </Panel>
    }
}

#[component]
fn MembershipItem(place: Membership, again: Callback<()>) -> impl IntoView {
    let (ask, leave) = (RwSignal::new(false), Call::<LeaveAccount>::new());
    view! {
        <li class="flex items-center justify-between gap-3">
            <span class="min-w-0">
                <a class="block truncate font-mid" href=place.home()>{place.name.clone()}</a>
                <span class="text-12 text-3">{role_name(&place.role).to_owned()}</span>
            </span>
            <Button size=Size::Small on:click=move |_| ask.set(true)>"Leave"</Button>
            <Confirm
                open=ask title=format!("Leave {}?", place.name) deed="Leave account" action=leave
                values=vec![("tenant".to_owned(), place.tenant.to_string())] on_done=Callback::new(move |()| again.run(()))
            >
                <p>"You'll lose access. Someone in the account must invite you to rejoin."</p>
            </Confirm>
        </li>
    }
}
