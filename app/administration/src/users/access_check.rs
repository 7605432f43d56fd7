//! Checks whether a user has a permission, and explains why.

use super::server_fns::ExplainUserAccess;
use app_kit::prelude::*;
use model::{administration::access::AccessExplanation, ids::UserId, permission};

/// Uses the function that decides every access check. `place` is the slug of an account to begin with.
#[component]
pub fn AccessCheck(id: UserId, place: String) -> impl IntoView {
    let answer = RwSignal::new(None::<AccessExplanation>);
    let given = permission::all().filter(|entry| !entry.roles.is_empty());
    let options = given.map(|entry| (entry.name.to_owned(), entry.name.to_owned())).collect::<Vec<_>>();
    let check = ExplainUserAccess { id, permission: "cloudpods:read".to_owned(), place };
    view! {
        <Panel title="Check access" note="Uses the same access rules as every request.">
            <Form action=check on_done=Callback::new(move |view| answer.set(Some(view)))>
                <Select name="permission" label="Permission" options/>
                <Input name="place" label="Customer account" optional=true help="Slug from the portal URL. Leave empty to check platform access." autocomplete="off"/>
                <div><Submit kind=Kind::Secondary>"Check"</Submit></div>
            </Form>
            <div role="status" class="mt-4 empty:hidden">
                {move || answer.get().map(|view| {
                    let (state, word) = if view.allowed { (State::Ok, "Yes") } else { (State::Stopped, "No") };
                    view! { <p class="flex items-start gap-3 text-13"><Badge state word/><span>{view.words}</span></p> }
                })}
            </div>
        </Panel>
    }
    .into_any()
}
