//! Security policies.

use super::server_fns::{SetPolicy, list_policies};
use app_kit::prelude::*;
use model::security::policies::{PoliciesView, PolicyRow};

/// `/admin/policies`
#[component]
pub fn PoliciesPage() -> impl IntoView {
    let data = fetch(|| (), |()| list_policies());
    let again = Callback::new(move |()| data.refetch());
    view! {
        <PageHead title="Security policies" note=|| "Sign-in requirements for staff."/>
        <Load data view=move |view: PoliciesView| view! { <Policies view again/> }/>
    }
    .into_any()
}

#[component]
fn Policies(view: PoliciesView, again: Callback<()>) -> impl IntoView {
    let (can_change, without) = (view.can_change, view.staff_without.clone());
    view! {
        <Grid>
            <Stack>
                {view.policies.into_iter().map(|row| view! { <Rule row can_change again/> }).collect_view()}
            </Stack>
            <Panel title="Staff without 2FA">
                {without.is_empty().then(|| view! { <p class="text-13 text-2">"All staff use 2FA."</p> })}
                <ul class="grid gap-2 text-13">{without.into_iter().map(|email| view! { <li class="truncate">{email}</li> }).collect_view()}</ul>
            </Panel>
        </Grid>
    }
}

#[component]
fn Rule(row: PolicyRow, can_change: bool, again: Callback<()>) -> impl IntoView {
    let set = Call::<SetPolicy>::new();
    let done = Callback::new(move |()| again.run(()));
    let (state, word) = if row.enabled { (State::Ok, "On") } else { (State::Stopped, "Off") };
    let deed = if row.enabled { "Disable" } else { "Enable" };
    view! {
        <Panel title=row.policy.title() aside=move || view! { <Badge state word/> }>
            <div class="grid gap-4 text-13">
                <p class="text-2">{row.policy.description()}</p>
                {row.changed_at.map(|at| view! { <p class="text-3 text-12">"Changed " <At at whole=true/></p> })}
                {can_change.then(|| view! {
                    <Form action=set on_done=done class=tw!("block")>
                        <Hidden name="policy" value=row.policy.to_string()/><Hidden name="enabled" value=(!row.enabled).to_string()/>
                        <Submit kind=Kind::Secondary>{deed}</Submit>
                    </Form>
                })}
            </div>
        </Panel>
    }
}
