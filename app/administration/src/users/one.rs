//! User detail: memberships, sessions, platform role, access check.

use super::{
    access_check::AccessCheck,
    parts::{PATH, status_label},
    server_fns::{DisableUser, EnableUser, EndUserSession, EndUserSessions, RemoveUserSecondStep, SetPlatformRole, read_user},
};
use crate::account::sessions::session_columns;
use app_kit::prelude::*;
use model::{
    administration::{
        access::{SessionRow, UserPage as View, role_name},
        accounts::{Membership, UserStatus},
    },
    ids::UserId,
};

/// `/admin/users/:id`
#[component]
pub fn UserPage() -> impl IntoView {
    view! { <Load data=fetch_one("id", "User not found.", read_user) view={|view: Live<View>| view! { <User view/> }}/> }.into_any()
}

#[component]
fn User(view: Live<View>) -> impl IntoView {
    let actions = move || {
        view.show(
            |view| view.can_manage.then_some((view.user.id, view.user.status, view.user.second_step)),
            |shown| shown.map(|(id, status, second)| view! { <UserActions id status second/> }),
        )
    };
    let name = |view: &View| if view.user.name.is_empty() { "Not set".to_owned() } else { view.user.name.clone() };
    view! {
        <PageHead
            title=view.text(|view| view.user.email.clone()) parents=vec![Crumb::new("Users", PATH)]
            state=move || view.show(|view| view.user.status, |status| head_badge(status_label(status))) actions
        />
        <Facts>
            <Fact label="Name">{view.text(name)}</Fact>
            <Fact label="Staff role">{view.text(|view| view.user.platform_role.as_deref().map(role_name).unwrap_or("None").to_owned())}</Fact>
            <Fact label="2FA">{view.text(|view| if view.user.second_step { "On" } else { "Off" })}</Fact>
            <Fact label="Last sign-in">{view.show(|view| view.user.last_login_at, |at| match at { Some(at) => view! { <Ago at/> }.into_any(), None => "Never".into_any() })}</Fact>
            <Fact label="Created">{view.show(|view| view.user.created_at, |at| view! { <At at date=true/> })}</Fact>
        </Facts>
        <div class="mt-4"><TabPages label="User" pages=vec![
            TabPage::new("", "Access", move || view! { <Access view/> }),
            TabPage::new("sessions", "Sessions", move || view! { <Sessions view/> }),
        ]/></div>
    }
}

#[component]
fn Access(view: Live<View>) -> impl IntoView {
    let now = view.now();
    let (id, place) = (now.user.id, now.memberships.first().map(|place| place.slug.clone()).unwrap_or_default());
    let role = move |(role, roles): (Option<String>, Vec<String>)| (!roles.is_empty()).then(|| view! { <StaffRole id roles role/> });
    view! {
        <Grid>
            <AccessCheck id place/>
            <Stack>
                <Memberships places=view.map(|view| view.memberships.clone())/>
                {view.show(|view| (view.user.platform_role.clone(), view.roles.clone()), role)}
            </Stack>
        </Grid>
    }
}

/// Actions of staff on the user.
#[component]
fn UserActions(id: UserId, status: UserStatus, second: bool) -> impl IntoView {
    let reset = Ask::new(
        "Reset two-factor authentication?",
        "Sign-in will require only the password. First verify the user's identity by a channel other than email.",
    );
    let disable = Ask::new("Disable this user?", "The user is signed out now and can't sign in until re-enabled.");
    view! {
        {second.then(|| view! { <ActionButton call=RemoveUserSecondStep { id } label="Reset 2FA" ask=reset/> })}
        {if status == UserStatus::Disabled {
            view! { <ActionButton call=EnableUser { id } label="Enable user"/> }.into_any()
        } else {
            view! { <ActionButton call=DisableUser { id } label="Disable user" kind=Kind::DangerOutline ask=disable/> }.into_any()
        }}
    }
}

#[component]
fn Sessions(view: Live<View>) -> impl IntoView {
    let now = view.now();
    let (id, can_manage) = (now.user.id, now.can_manage);
    let aside = move || {
        view.show(
            |view| view.can_manage && !view.sessions.is_empty(),
            move |any| any.then(|| view! { <ActionButton call=EndUserSessions { id } label="Sign out all" size=Size::Small/> }),
        )
    };
    let mut columns = session_columns(false);
    columns.push(
        Col::actions(
            |row: &SessionRow| row.id,
            move |session| view! { <ActionButton call=EndUserSession { id, session } label="Sign out" size=Size::Small/> },
        )
        .when(can_manage),
    );
    view! {
        <Panel title="Sessions" aside flush=true>
            <Rows label="Sessions" columns key=|row| row.id.to_string() rows=view.map(|view| view.sessions.clone()) empty="No active sessions."/>
        </Panel>
    }
}

#[component]
fn Memberships(places: Live<Vec<Membership>>) -> impl IntoView {
    let one = |place: Membership| {
        view! { <KeyValue label=role_name(&place.role).to_owned()><a href=format!("/admin/customers/{}", place.tenant)>{place.name}</a></KeyValue> }
    };
    view! {
        <Panel title="Accounts">
            {places.show(Vec::is_empty, |none| none.then(|| view! { <p class="text-13 text-2">"Not a member of any customer account."</p> }))}
            {places.show(Vec::clone, move |places| (!places.is_empty()).then(|| view! { <KeyValues>{places.into_iter().map(one).collect_view()}</KeyValues> }))}
        </Panel>
    }
}

#[component]
fn StaffRole(id: UserId, roles: Vec<String>, role: Option<String>) -> impl IntoView {
    let toasts = use_toasts();
    let done = Callback::new(move |()| toasts.show(State::Ok, "Role changed", "Takes effect immediately."));
    let mut options = vec![(String::new(), "No staff role".to_owned())];
    options.extend(roles.iter().rev().map(|code| (code.clone(), role_name(code).to_owned())));
    view! {
        <Panel title="Platform role">
            <Form action=SetPlatformRole { id, role: role.unwrap_or_default() } on_done=done refetch=true>
                <Select name="role" label="Role" options/>
                <div><Submit kind=Kind::Secondary>"Change role"</Submit></div>
            </Form>
        </Panel>
    }
}
