//! Inviting staff.

use super::{parts::PATH, server_fns::InviteStaff};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    administration::access::{ROLES, Role},
    ids::UserId,
};

/// `/admin/users/new`
#[component]
pub fn InviteStaffPage() -> impl IntoView {
    let navigate = use_navigate();
    let done = Callback::new(move |id: UserId| navigate(&format!("{PATH}/{id}"), leptos_router::NavigateOptions::default()));
    let roles: Vec<&Role> = ROLES.iter().filter(|role| role.scope == "platform").collect();
    // The least powerful one first.
    let options: Vec<_> = roles.iter().rev().map(|role| (role.code.to_owned(), role.name.to_owned())).collect();
    let role = options.first().map(|(code, _)| code.clone()).unwrap_or_default();
    view! {
        <PageHead title="Add staff" parents=vec![Crumb::new("Users", PATH)]/>
        <div class="max-w-[760px]"><Panel title="Staff" note="New users receive an email with a link to set their password.">
            <Form action=InviteStaff { email: String::new(), role } on_done=done>
                <Input name="email" label="Email" kind="email" autocomplete="off"/>
                <Select name="role" label="Role" options/>
                <KeyValues>{roles.into_iter().map(|role| view! { <KeyValue label=role.name>{role.description}</KeyValue> }).collect_view()}</KeyValues>
                <div><Submit>"Add staff"</Submit></div>
            </Form>
        </Panel></div>
    }
    .into_any()
}
