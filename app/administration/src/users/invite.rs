//! Inviting staff.

use super::{pages::PATH, server_fns::InviteStaff};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{administration::access::ROLES, ids::UserId};

/// `/admin/users/new`
#[component]
pub fn InviteStaffPage() -> impl IntoView {
    let action = Call::<InviteStaff>::new();
    let navigate = use_navigate();
    let done = Callback::new(move |id: UserId| navigate(&format!("{PATH}/{id}"), leptos_router::NavigateOptions::default()));
    let staff = || ROLES.iter().filter(|role| role.scope == "platform");
    let options: Vec<_> = staff().rev().map(|role| (role.code.to_owned(), role.name.to_owned())).collect();
    view! {
        <PageHead title="Add staff" parents=vec![Crumb::new("Users", PATH)]/>
        <div class="max-w-[760px]"><Panel title="Staff" note="New users receive an email with a link to set their password.">
            <Form action on_done=done>
                <Input name="email" label="Email" kind="email" autocomplete="off"/>
                <Select name="role" label="Role" options/>
                <KeyValues>{staff().map(|role| view! { <KeyValue label=role.name>{role.description}</KeyValue> }).collect_view()}</KeyValues>
                <div><Submit>"Add staff"</Submit></div>
            </Form>
        </Panel></div>
    }
    .into_any()
}
