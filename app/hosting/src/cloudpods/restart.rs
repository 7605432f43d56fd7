//! The button that restarts a CloudPod.

use super::{
    plan::ServerPlan,
    server_fns::{RestartOwnPod, RestartPod, preview_restart},
};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    hosting::cloudpods::{DesiredState, PodStatus, PodView, Stack as PodStack},
    ids::JobId,
    permission::CloudpodsWrite,
};

/// Restarts services and database, for who may and where something runs.
#[component]
pub fn Restart(pod: Live<PodView>, scope: Scope) -> impl IntoView {
    let may = use_viewer().is_some_and(|viewer| match &scope {
        Scope::Platform => viewer.holds::<CloudpodsWrite>(),
        Scope::Tenant(slug) => viewer.holds_in::<CloudpodsWrite>(slug),
    });
    let runs =
        |view: &PodView| (view.pod.status, view.desired_state) == (PodStatus::Running, DesiredState::Running) && view.pod.stack != PodStack::Static;
    pod.show(
        move |view| (may && runs(view)).then(|| (view.pod.id, view.pod.name.clone())),
        move |one| {
            one.map(|(id, name)| {
                let (navigate, jobs) = (use_navigate(), scope.clone());
                let done = Callback::new(move |job: JobId| navigate(&jobs.path(&format!("jobs/{job}")), leptos_router::NavigateOptions::default()));
                let what = "All processes and the database restart. Visitors wait a moment; requests in progress may fail.";
                let ask = Ask::new(format!("Restart {name}?"), what);
                match scope.clone() {
                    Scope::Platform => {
                        let more = move || view! { <ServerPlan plan=fetch(|| (), move |()| preview_restart(id))/> };
                        view! { <ActionButton call=RestartPod { id } label="Restart CloudPod" ask more on_done=done/> }.into_any()
                    }
                    Scope::Tenant(slug) => {
                        view! { <ActionButton call=RestartOwnPod { slug, id } label="Restart CloudPod" ask on_done=done/> }.into_any()
                    }
                }
            })
        },
    )
}
