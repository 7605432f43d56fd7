//! Users: list.

pub use super::{invite::InviteStaffPage, one::UserPage};

use super::{
    parts::{PATH, status_label},
    server_fns::list_users,
};
use app_kit::prelude::*;
use model::{
    administration::access::{UserRow, role_name},
    permission::UsersAdmin,
};

/// `/admin/users`
#[component]
pub fn UsersPage() -> impl IntoView {
    let may_invite = use_viewer().is_some_and(|viewer| viewer.holds::<UsersAdmin>());
    type C = Col<UserRow>;
    let columns = vec![
        C::name("User", |user| (format!("{PATH}/{}", user.id), user.email.clone(), user.name.clone())),
        C::state("Status", |user| status_label(user.status)),
        C::text("Staff role", |user| user.platform_role.as_deref().map(role_name).unwrap_or("None").to_owned()),
        C::number("Accounts", |user| user.accounts),
        C::text("2FA", |user| if user.second_step { "On" } else { "Off" }),
        C::ago("Last sign-in", "Never", |user| user.last_login_at),
        C::day("Created", |user| user.created_at),
    ];
    view! {
        <PageHead
            title="Users" note=|| "Staff and members of customer accounts."
            actions=move || may_invite.then(|| view! { <LinkButton href=format!("{PATH}/new") kind=Kind::Primary icon=Symbol::Plus>"Add staff"</LinkButton> })
        />
        <Listing
            path=PATH label="Users" data=fetch_list(list_users) columns key=|user| user.id.to_string() search="Address or name"
            verb="created" at=|user| user.created_at
            states=vec![("STAFF", "Staff"), ("ACTIVE", "Active"), ("INVITED", "Not activated"), ("DISABLED", "Disabled")]
            empty=("No users yet", "Use the setup link to create the first admin.")
        />
    }
    .into_any()
}
