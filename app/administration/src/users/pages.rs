//! Logins: list.

pub use super::{invite::InviteStaffPage, one::UserPage};

use super::server_fns::list_users;
use app_kit::prelude::*;
use model::{
    administration::{
        access::{UserRow, role_name},
        accounts::{UserStatus, Viewer},
    },
    permission::UsersAdmin,
};

pub(super) const PATH: &str = "/admin/users";

/// State of a login.
pub(super) fn status_word(status: UserStatus) -> (State, &'static str) {
    match status {
        UserStatus::Active => (State::Ok, "Active"),
        UserStatus::Invited => (State::Waiting, "Not activated"),
        UserStatus::Disabled => (State::Stopped, "Disabled"),
    }
}

/// `/admin/users`
#[component]
pub fn UsersPage() -> impl IntoView {
    let data = fetch_list(list_users);
    let may_invite = use_context::<Viewer>().is_some_and(|viewer| viewer.holds::<UsersAdmin>());
    let head = vec![
        (Column::Name, "Login"),
        (Column::State, "State"),
        (Column::Text, "Staff as"),
        (Column::Number, "Accounts"),
        (Column::Text, "Code app"),
        (Column::Number, "Signed in"),
        (Column::Number, "Since"),
    ];
    view! {
        <PageHead
            title="Users" note=|| "Everybody who can sign in: staff, and members of customer accounts."
            actions=move || may_invite.then(|| view! { <LinkButton href=format!("{PATH}/new") kind=Kind::Primary icon=Symbol::Plus>"Add staff"</LinkButton> })
        />
        <Listing
            path=PATH label="Logins" data head search="Address or name" verb="made" at=|row: &UserRow| row.created_at
            states=vec![("STAFF", "Staff"), ("ACTIVE", "Active"), ("INVITED", "Not activated"), ("DISABLED", "Disabled")]
            empty=("No logins yet", "The first one is made by the set-up link.")
            row=|row: UserRow| {
                let (state, word) = status_word(row.status);
                view! {
                    <Tr>
                        <TdName href=format!("{PATH}/{}", row.id) name=row.email.clone() note=row.name.clone()/>
                        <Td column=Column::State><Badge state word/></Td>
                        <Td label="Staff as">{row.platform_role.as_deref().map(role_name).unwrap_or("no staff").to_owned()}</Td>
                        <Td column=Column::Number label="Accounts">{row.accounts}</Td>
                        <Td label="Code app">{if row.second_step { "on" } else { "off" }}</Td>
                        <Td column=Column::Number label="Signed in">{match row.last_login_at { Some(at) => view! { <Ago at/> }.into_any(), None => "never".into_any() }}</Td>
                        <Td column=Column::Number label="Since"><At at=row.created_at date=true/></Td>
                    </Tr>
                }
            }
        />
    }
    .into_any()
}
