//! Moving a CloudPod to another server: the choice, and that server's plan before it is confirmed.

use super::server_fns::{CancelPlannedMigration, MigratePod, PlanPodMigration, list_migration_targets, preview_migration, read_planned_migration};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    hosting::cloudpods::{DesiredState, MigrationPreview, MigrationTarget, PlannedMoveView, PodStatus, PodView},
    ids::{CloudPodId, JobId, ServerId},
    permission::ServersManage,
};

/// The button that opens the choice, for who may and while the pod can be moved.
#[component]
pub fn Migrate(pod: Live<PodView>) -> impl IntoView {
    let may = use_viewer().is_some_and(|viewer| viewer.holds::<ServersManage>());
    let movable = |view: &PodView| {
        matches!((view.pod.status, view.desired_state), (PodStatus::Running, DesiredState::Running) | (PodStatus::Suspended, DesiredState::Suspended))
    };
    pod.show(
        move |view| (may && movable(view)).then(|| (view.pod.id, view.pod.name.clone())),
        |one| one.map(|(id, name)| view! { <MigrateButton id name/> }),
    )
}

#[component]
fn MigrateButton(id: CloudPodId, name: String) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <Button on:click=move |_| open.set(true)>"Move CloudPod"</Button>
        <Drawer open title="Move CloudPod" note=name>
            {move || open.get().then(|| view! { <Choose id/> })}
        </Drawer>
    }
}

#[component]
fn Choose(id: CloudPodId) -> impl IntoView {
    let planned = fetch(|| (), move |()| async move { read_planned_migration(id).await });
    view! { <Load data=planned view={move |planned: Option<PlannedMoveView>| view! { <Planned id planned/> }}/> }
}

/// The move that is planned, or the choice of one.
#[component]
fn Planned(id: CloudPodId, planned: Option<PlannedMoveView>) -> impl IntoView {
    match planned {
        Some(PlannedMoveView { failure: None, server_name, due_at, job, .. }) => {
            let words = match (job, due_at) {
                (Some(_), _) => format!("The move to {server_name} has begun."),
                (None, Some(at)) => format!("The CloudPod moves to {server_name} after {}, when resolvers have forgotten the old TTLs.", short(at)),
                (None, None) => format!(
                    "The CloudPod moves to {server_name} once all name servers have the lowered TTLs and resolvers have forgotten the old ones."
                ),
            };
            let ask = Ask::new("Cancel the planned move?", "The CloudPod stays where it is, and its DNS records get their TTLs back.")
                .label("Cancel planned move");
            let action = match job {
                Some(job) => view! { <LinkButton href=format!("/admin/jobs/{job}")>"View job"</LinkButton> }.into_any(),
                None => view! { <ActionButton call=CancelPlannedMigration { id } label="Cancel planned move" ask/> }.into_any(),
            };
            view! { <div class="grid gap-4"><p class="text-13">{words}</p><div>{action}</div></div> }.into_any()
        }
        other => {
            let failure = other.and_then(|planned| planned.failure).map(|failure| {
                view! { <Banner boxed=true>{format!("The planned move could not begin: {failure}")}</Banner> }
            });
            let targets = fetch(|| (), move |()| async move { list_migration_targets(id).await });
            view! {
                <div class="grid gap-4">
                    {failure}
                    <Load data=targets view={move |targets: Live<Vec<MigrationTarget>>| view! { <Targets id targets=targets.now()/> }}/>
                </div>
            }
            .into_any()
        }
    }
}

#[component]
fn Targets(id: CloudPodId, targets: Vec<MigrationTarget>) -> impl IntoView {
    let Some(first) = targets.first().map(|target| target.server) else {
        return view! { <p class="text-13">"No other server has the capabilities and the room for this CloudPod."</p> }.into_any();
    };
    let chosen = RwSignal::new(first.to_string());
    let server = move || chosen.with(|chosen| chosen.parse::<ServerId>()).unwrap_or(first);
    let preview = fetch(server, move |server| async move { preview_migration(id, server).await });
    let cards: Vec<Choice> = targets.iter().map(card).collect();
    view! {
        <div class="grid gap-4">
            <p class="text-13 text-2">"The site stays online while its data is copied. Visitors then wait a few seconds while the rest is copied and the site starts on the new server. If anything fails, the CloudPod stays where it is."</p>
            <RadioCards name="server" label="Server" options=Signal::stored(cards) bind=chosen hide_label=true/>
            <Load data=preview keep=true view={move |preview: MigrationPreview| view! { <Preview id preview/> }}/>
        </div>
    }
    .into_any()
}

fn card(target: &MigrationTarget) -> Choice {
    let mut choice = Choice::new(target.server.to_string(), target.name.clone());
    choice.aside = target.region.clone();
    choice.text = format!("{} of memory and {} of disk free.", size_words(target.free_memory_mb as f64), size_words(target.free_disk_mb as f64));
    choice
}

#[component]
fn Preview(id: CloudPodId, preview: MigrationPreview) -> impl IntoView {
    let navigate = use_navigate();
    let done = Callback::new(move |job: JobId| navigate(&format!("/admin/jobs/{job}"), leptos_router::NavigateOptions::default()));
    let ask = Ask::new(format!("Move to {}?", preview.server_name), "Visitors wait a few seconds at the end of the move.").label("Move CloudPod");
    let plan = Ask::new(
        format!("Plan the move to {}?", preview.server_name),
        "The TTLs of its addresses in DNS zones here are lowered now. The CloudPod moves once resolvers have forgotten the old ones, after a day at most; then they are restored.",
    );
    view! {
        <section class="grid gap-3">
            <h3 class="text-14 font-bold">{format!("Plan of {}", preview.server_name)}</h3>
            {if preview.changes.is_empty() {
                view! { <p class="text-13">"Runtime and application are uploaded first."</p> }.into_any()
            } else {
                view! { <ul class="grid gap-1 font-mono text-12">{preview.changes.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul> }.into_any()
            }}
            <div class="flex flex-wrap gap-2">
                <ActionButton call=MigratePod { id, server: preview.server } label="Move CloudPod" kind=Kind::Primary ask on_done=done/>
                <ActionButton call=PlanPodMigration { id, server: preview.server } label="Lower TTLs first" ask=plan.label("Plan move")/>
            </div>
        </section>
    }
}
