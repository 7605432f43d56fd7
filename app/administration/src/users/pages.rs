//! Users: list.

pub use super::{invite::InviteStaffPage, one::UserPage};

use super::server_fns::list_users;
use app_kit::prelude::*;
use model::{
    administration::{
        access::{UserRow, role_name},
        accounts::{UserStatus, Viewer},
    },
    permission::{self, UsersAdmin},
};

pub(super) const PATH: &str = "/admin/users";

/// State and label of a user.
pub(super) fn status_label(status: UserStatus) -> (State, &'static str) {
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
    let role = use_context::<Viewer>().and_then(|viewer| viewer.platform_role).unwrap_or_default();
    let may_invite = permission::holds::<UsersAdmin>(&role);
    let head = vec![
        (Column::Name, "User"),
        (Column::State, "Status"),
        (Column::Text, "Staff role"),
        (Column::Number, "Accounts"),
        (Column::Text, "2FA"),
        (Column::Number, "Last sign-in"),
        (Column::Number, "Created"),
    ];
    view! {
        <PageHead
            title="Users" note=|| "Staff and members of customer accounts."
            actions=move || may_invite.then(|| view! { <LinkButton href=format!("{PATH}/new") kind=Kind::Primary icon=Symbol::Plus>"Add staff"</LinkButton> })
        />
        <Listing
            path=PATH label="Users" data head search="Address or name" verb="created" at=|row: &UserRow| row.created_at
            states=vec![("STAFF", "Staff"), ("ACTIVE", "Active"), ("INVITED", "Not activated"), ("DISABLED", "Disabled")]
            empty=("No users yet", "Use the setup link to create the first admin.")
            row=|row: UserRow| {
                let (state, word) = status_label(row.status);
                view! {
                    <Tr>
                        <TdName href=format!("{PATH}/{}", row.id) name=row.email.clone() note=row.name.clone()/>
                        <Td column=Column::State><Badge state word/></Td>
                        <Td label="Staff role">{row.platform_role.as_deref().map(role_name).unwrap_or("None").to_owned()}</Td>
                        <Td column=Column::Number label="Accounts">{row.accounts}</Td>
                        <Td label="2FA">{if row.second_step { "On" } else { "Off" }}</Td>
                        <Td column=Column::Number label="Last sign-in">{match row.last_login_at { Some(at) => view! { <Ago at/> }.into_any(), None => "Never".into_any() }}</Td>
                        <Td column=Column::Number label="Created"><At at=row.created_at date=true/></Td>
                    </Tr>
                }
            }
        />
    }
    .into_any()
}
