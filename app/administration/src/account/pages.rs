//! The own login.

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

/// The tabs of the own login's pages.
#[component]
pub fn AccountTabs(
    /// Address of the page that is shown.
    here: &'static str,
) -> impl IntoView {
    let tab = |word, href: &'static str| Tab::new(word, href, here == href);
    view! { <Tabs label="Your account" tabs=vec![tab("Sign-in", "/account"), tab("Sessions", "/account/sessions")]/> }.into_any()
}

/// `/account`
#[component]
pub fn AccountPage() -> impl IntoView {
    let data = fetch(|| (), |()| read_account());
    let again = Callback::new(move |()| data.refetch());
    view! {
        <PageHead title="Your account"/>
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
            <div class="mb-4"><Banner notice=Notice::Maintenance boxed=true>"Staff need a code app here. Set it up below; until then your role does nothing."</Banner></div>
        })}
        <Grid>
            <Stack>
                <SecondStep view again/>
                <Panel title="Password" note=set_at.map(|at| format!("Set {}.", app_kit::time::full(at))).unwrap_or_default()>
                    <ChangeIt again/>
                </Panel>
            </Stack>
            <Stack>
                <Panel title="Who you are">
                    <KeyValues>
                        <KeyValue label="E-mail">{email}</KeyValue>
                        <KeyValue label="Name">{if name.is_empty() { "not given".to_owned() } else { name }}</KeyValue>
                    </KeyValues>
                </Panel>
                <Places places again/>
            </Stack>
        </Grid>
    }
}

#[component]
fn ChangeIt(again: Callback<()>) -> impl IntoView {
    let action = Call::<ChangePassword>::new();
    let toasts = use_toasts();
    let done = Callback::new(move |()| {
        toasts.show(State::Ok, "Password set", "All other sessions have ended.");
        again.run(());
    });
    view! {
        <Form action on_done=done>
            <Input name="current" label="Current password" kind="password" autocomplete="current-password"/>
            <Input
                name="new_password" label="New password" kind="password" autocomplete="new-password"
                help=format!("At least {PASSWORD_MIN} characters. All other sessions end.")
            />
            <div><Submit kind=Kind::Secondary>"Set the new password"</Submit></div>
        </Form>
    }
}

/// The customer accounts, and the way out of each.
#[component]
fn Places(places: Vec<Membership>, again: Callback<()>) -> impl IntoView {
    view! {
        <Panel title="Accounts">
            {places.is_empty().then(|| view! { <p class="text-13 text-2">"You belong to no customer account."</p> })}
            <ul class="grid gap-3 text-13">
                {places.into_iter().map(|place| view! { <Place place again/> }).collect_view()}
            </ul>
        </Panel>
    }
}

#[component]
fn Place(place: Membership, again: Callback<()>) -> impl IntoView {
    let (ask, leave) = (RwSignal::new(false), Call::<LeaveAccount>::new());
    view! {
        <li class="flex items-center justify-between gap-3">
            <span class="min-w-0">
                <a class="block truncate font-mid" href=place.home()>{place.name.clone()}</a>
                <span class="text-12 text-3">{role_name(&place.role).to_owned()}</span>
            </span>
            <Button size=Size::Small on:click=move |_| ask.set(true)>"Leave"</Button>
            <Confirm
                open=ask title=format!("Leave {}?", place.name) deed="Leave the account" action=leave
                values=vec![("tenant".to_owned(), place.tenant.to_string())] on_done=Callback::new(move |()| again.run(()))
            >
                <p>"You no longer see this account. Somebody in it has to invite you to come back."</p>
            </Confirm>
        </li>
    }
}
