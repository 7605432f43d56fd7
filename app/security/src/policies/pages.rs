//! Security policies.

use super::server_fns::{SetPolicy, list_policies};
use app_kit::prelude::*;
use model::security::policies::{PoliciesView, PolicyRow};

/// `/admin/policies`
#[component]
pub fn PoliciesPage() -> impl IntoView {
    view! {
        <PageHead title="Security policies" note=|| "Sign-in requirements for staff."/>
        <Load data=fetch(|| (), |()| list_policies()) view={|view: Live<PoliciesView>| view! { <Policies view/> }}/>
    }
    .into_any()
}

#[component]
fn Policies(view: Live<PoliciesView>) -> impl IntoView {
    let without = |without: Vec<String>| {
        view! {
            {without.is_empty().then(|| view! { <p class="text-13 text-2">"All staff use 2FA."</p> })}
            <ul class="grid gap-2 text-13">{without.into_iter().map(|email| view! { <li class="truncate">{email}</li> }).collect_view()}</ul>
        }
    };
    view! {
        <Grid>
            <Stack>{view.rows(
                |view| view.policies.iter().map(|row| (row.clone(), view.can_change)).collect(),
                |(row, _)| row.policy.to_string(),
                |row| view! { <Rule row/> },
            )}</Stack>
            <Panel title="Staff without 2FA">{view.show(|view| view.staff_without.clone(), without)}</Panel>
        </Grid>
    }
}

#[component]
fn Rule(row: Live<(PolicyRow, bool)>) -> impl IntoView {
    let policy = row.now().0.policy;
    let badge = move || {
        row.show(
            |(row, _)| row.enabled,
            |on| {
                if on {
                    view! { <Badge state=State::Ok word="On"/> }
                } else {
                    view! { <Badge state=State::Stopped word="Off"/> }
                }
            },
        )
    };
    let button = move |(enabled, can_change): (bool, bool)| {
        let label = if enabled { "Disable" } else { "Enable" };
        can_change.then(|| view! { <div><ActionButton call=SetPolicy { policy, enabled: !enabled } label/></div> })
    };
    view! {
        <Panel title=policy.title() aside=badge>
            <div class="grid gap-4 text-13">
                <p class="text-2">{policy.description()}</p>
                {row.show(|(row, _)| row.changed_at, |at| at.map(|at| view! { <p class="text-3 text-12">"Changed " <At at whole=true/></p> }))}
                {row.show(|(row, can_change)| (row.enabled, *can_change), button)}
            </div>
        </Panel>
    }
}
