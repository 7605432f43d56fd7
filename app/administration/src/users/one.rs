//! User detail: memberships, sessions, platform role, access check.

use super::{
    access_check::AccessCheck,
    pages::{PATH, status_label},
    server_fns::{DisableUser, EnableUser, EndUserSession, EndUserSessions, RemoveUserSecondStep, SetPlatformRole, read_user},
};
use app_kit::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{
    administration::{
        access::{SessionRow, UserPage as View, role_name},
        accounts::{Membership, UserStatus},
    },
    error::{ApiError, ErrorCode},
    ids::UserId,
};

/// `/admin/users/:id`
#[component]
pub fn UserPage() -> impl IntoView {
    let params = use_params_map();
    let data = fetch(
        move || params.read().get("id").and_then(|id| id.parse::<UserId>().ok()),
        |id| async move { read_user(id.ok_or_else(|| ApiError::new(ErrorCode::NotFound, "User not found."))?).await },
    );
    let again = Callback::new(move |()| data.refetch());
    view! { <Load data view=move |view: View| view! { <User view again/> }/> }.into_any()
}

#[component]
fn User(view: View, again: Callback<()>) -> impl IntoView {
    let user = view.user.clone();
    let (state, word) = status_label(user.status);
    let (id, status, can_manage) = (user.id, user.status, view.can_manage);
    let (sessions, places, roles) = (view.sessions.clone(), view.memberships.clone(), view.roles.clone());
    let (slugs, role, second) = (view.memberships.clone(), user.platform_role.clone(), user.second_step);
    view! {
        <PageHead
            title=user.email.clone() parents=vec![Crumb::new("Users", PATH)]
            state=move || view! { <Badge soft=true state word/> }
            actions=move || can_manage.then(|| view! { <UserActions id status second again/> })
        />
        <Facts>
            <Fact label="Name">{if user.name.is_empty() { "Not set".to_owned() } else { user.name.clone() }}</Fact>
            <Fact label="Staff role">{user.platform_role.as_deref().map(role_name).unwrap_or("None").to_owned()}</Fact>
            <Fact label="2FA">{if user.second_step { "On" } else { "Off" }}</Fact>
            <Fact label="Last sign-in">{match user.last_login_at { Some(at) => view! { <Ago at/> }.into_any(), None => "Never".into_any() }}</Fact>
            <Fact label="Created"><At at=user.created_at date=true/></Fact>
        </Facts>
        <div class="mt-4"><Grid>
            <Stack><AccessCheck id places=slugs/><Sessions id rows=sessions can_manage again/></Stack>
            <Stack>
                <Memberships places/>
                {(!roles.is_empty()).then(|| view! { <StaffRole id roles role again/> })}
            </Stack>
        </Grid></div>
    }
}

/// Actions of staff on the user.
#[component]
fn UserActions(id: UserId, status: UserStatus, second: bool, again: Callback<()>) -> impl IntoView {
    let (disable, enable, remove) = (Call::<DisableUser>::new(), Call::<EnableUser>::new(), Call::<RemoveUserSecondStep>::new());
    let (ask_disable, ask_remove) = (RwSignal::new(false), RwSignal::new(false));
    let done = Callback::new(move |()| again.run(()));
    let values = move || vec![("id".to_owned(), id.to_string())];
    view! {
        {second.then(|| view! { <Button on:click=move |_| ask_remove.set(true)>"Reset 2FA"</Button> })}
        {if status == UserStatus::Disabled {
            view! { <Form action=enable on_done=done class=tw!("block")><Hidden name="id" value=id.to_string()/><Submit kind=Kind::Secondary block=true>"Enable user"</Submit></Form> }.into_any()
        } else {
            view! { <Button kind=Kind::DangerOutline on:click=move |_| ask_disable.set(true)>"Disable user"</Button> }.into_any()
        }}
        <Confirm open=ask_disable title="Disable this user?" deed="Disable user" action=disable values=values() on_done=done>
            <p>"The user is signed out now and can't sign in until re-enabled."</p>
        </Confirm>
        <Confirm open=ask_remove title="Reset two-factor authentication?" deed="Reset 2FA" action=remove values=values() on_done=done>
            <p>"Sign-in will require only the password. First verify the user's identity by a channel other than email."</p>
        </Confirm>
    }
}

#[component]
fn Sessions(id: UserId, rows: Vec<SessionRow>, can_manage: bool, again: Callback<()>) -> impl IntoView {
    let end_all = Call::<EndUserSessions>::new();
    let any = !rows.is_empty() && can_manage;
    let done = Callback::new(move |_: u64| again.run(()));
    let aside = move || {
        any.then(|| {
            view! {
                <Form action=end_all on_done=done class=tw!("block")>
                    <Hidden name="id" value=id.to_string()/><Submit kind=Kind::Secondary size=Size::Small>"Sign out all"</Submit>
                </Form>
            }
        })
    };
    if rows.is_empty() {
        return view! { <Panel title="Sessions"><p class="text-13 text-2">"No active sessions."</p></Panel> }.into_any();
    }
    view! {
        <Panel title="Sessions" aside flush=true>
            <Table label="Sessions" head=vec![(Column::Name, "Device"), (Column::Text, "Address"), (Column::Number, "Signed in"), (Column::Number, "Last seen"), (Column::Actions, "")]>
                {rows.into_iter().map(|row| view! { <Session id row can_manage again/> }).collect_view()}
            </Table>
        </Panel>
    }
    .into_any()
}

#[component]
fn Session(id: UserId, row: SessionRow, can_manage: bool, again: Callback<()>) -> impl IntoView {
    let end = Call::<EndUserSession>::new();
    let done = Callback::new(move |()| again.run(()));
    let session = row.id.to_string();
    view! {
        <Tr>
            <Td column=Column::Name label="Device"><b class="font-mid">{row.device.clone()}</b></Td>
            <Td label="Address">{row.ip.clone().unwrap_or_else(|| "Unknown".to_owned())}</Td>
            <Td column=Column::Number label="Signed in"><At at=row.created_at/></Td>
            <Td column=Column::Number label="Last seen"><Ago at=row.last_seen_at/></Td>
            <Td column=Column::Actions>
                {can_manage.then(|| view! {
                    <Form action=end on_done=done class=tw!("block")>
                        <Hidden name="id" value=id.to_string()/><Hidden name="session" value=session.clone()/>
                        <Submit kind=Kind::Secondary size=Size::Small>"Sign out"</Submit>
                    </Form>
                })}
            </Td>
        </Tr>
    }
}

#[component]
fn Memberships(places: Vec<Membership>) -> impl IntoView {
    view! {
        <Panel title="Accounts">
            {places.is_empty().then(|| view! { <p class="text-13 text-2">"Not a member of any customer account."</p> })}
            <KeyValues>
                {places.into_iter().map(|place| view! {
                    <KeyValue label=role_name(&place.role).to_owned()><a href=format!("/admin/customers/{}", place.tenant)>{place.name}</a></KeyValue>
                }).collect_view()}
            </KeyValues>
        </Panel>
    }
}

#[component]
fn StaffRole(id: UserId, roles: Vec<String>, role: Option<String>, again: Callback<()>) -> impl IntoView {
    let action = Call::<SetPlatformRole>::new();
    let toasts = use_toasts();
    let done = Callback::new(move |()| {
        toasts.show(State::Ok, "Role changed", "Takes effect immediately.");
        again.run(());
    });
    let mut options = vec![(String::new(), "No staff role".to_owned())];
    options.extend(roles.iter().rev().map(|code| (code.clone(), role_name(code).to_owned())));
    view! {
        <Panel title="Platform role">
            <Form action on_done=done>
                <Hidden name="id" value=id.to_string()/>
                <Select name="role" label="Role" options value=role.unwrap_or_default()/>
                <div><Submit kind=Kind::Secondary>"Change role"</Submit></div>
            </Form>
        </Panel>
    }
}
