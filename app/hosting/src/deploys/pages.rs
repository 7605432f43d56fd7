//! The deploys of a site: its releases, where they come from, and the ways to a new one.

use super::{
    parts::{Source, Webhook},
    server_fns::{RollBackDeploy, StartDeploy, read_deploys},
};
use crate::websites::{pages::to_job, parts::may_write};
use app_kit::prelude::*;
use model::{
    hosting::{
        cloudpods::Stack as SiteStack,
        deploys::{DeployRow, DeployStatus, DeployTrigger, DeploysView},
    },
    ids::WebsiteId,
    live::LiveObject,
};

/// `/t/:slug/websites/:id/deploys`
#[component]
pub fn DeploysPage() -> impl IntoView {
    let scope = use_scope();
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    let data = fetch_one("id", "Site not found.", move |site: WebsiteId| {
        let slug = slug.clone();
        async move { read_deploys(slug, site).await }
    });
    view! { <Load data view={move |site: Live<DeploysView>| view! { <Deploys site scope=scope.clone()/> }}/> }.into_any()
}

#[component]
fn Deploys(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    let now = site.now();
    watch_object(LiveObject::CloudPod(now.cloud_pod));
    let home = scope.path(&format!("websites/{}", now.site));
    let parents = vec![Crumb::new("CloudPods", scope.path("")), Crumb::new(now.title, home)];
    let (of, is_wordpress) = (scope.clone(), now.stack == SiteStack::Wordpress);
    let actions = move || view! { <Start site scope=of.clone()/> };
    view! {
        <PageHead title="Deploys" parents actions/>
        {site.show(|view| view.is_push_waiting, |waits| waits.then(|| view! {
            <div class="mb-4"><Banner notice=Notice::Info boxed=true>"A push is waiting. It is deployed once the site is running and no other job of its CloudPod is in progress."</Banner></div>
        }))}
        <div class="grid gap-4 max-w-[960px]">
            {(!is_wordpress).then(|| view! { <Releases site scope=scope.clone()/> })}
            <Source site scope=scope.clone()/>
            <Webhook site scope/>
        </div>
    }
    .into_any()
}

/// The button that deploys.
#[component]
fn Start(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| (may && view.can_change && view.source.is_some()).then_some(view.site),
        move |id| {
            let (Scope::Tenant(slug), Some(id)) = (scope.clone(), id) else { return ().into_any() };
            view! { <ActionButton call=StartDeploy { slug, id } label="Deploy now" kind=Kind::Primary on_done=to_job(&scope)/> }.into_any()
        },
    )
}

fn state(row: &DeployRow) -> (State, &'static str) {
    match row.status {
        DeployStatus::Queued => (State::Waiting, "Queued"),
        DeployStatus::Running => (State::Working, "Running"),
        DeployStatus::Failed => (State::Failing, "Failed"),
        DeployStatus::Succeeded if row.is_live => (State::Ok, "Live"),
        DeployStatus::Succeeded if row.can_roll_back => (State::Stopped, "Ready"),
        DeployStatus::Succeeded => (State::Stopped, "Completed"),
    }
}

/// What it has brought: a commit, or an earlier release.
fn subject(row: &DeployRow) -> (String, String) {
    let commit = row.commit.as_deref().map(|commit| commit.get(..7).unwrap_or(commit).to_owned());
    let what = match (row.trigger, row.release) {
        (DeployTrigger::Rollback, Some(release)) => format!("Rolled back to #{release}"),
        (DeployTrigger::Rollback, None) => "Rollback".to_owned(),
        _ => row.subject.clone().unwrap_or_else(|| "Not fetched yet".to_owned()),
    };
    (format!("#{} {what}", row.number), commit.unwrap_or_default())
}

fn trigger(row: &DeployRow) -> String {
    match row.trigger {
        DeployTrigger::Push => "Push".to_owned(),
        DeployTrigger::Manual | DeployTrigger::Rollback => row.started_by.clone(),
    }
}

/// The newest deploys, with the way back to each release that is on the server.
#[component]
fn Releases(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    type C = Col<DeployRow>;
    let (may, jobs, of) = (may_write(&scope), scope.clone(), scope.clone());
    let actions = C::actions(
        |row: &DeployRow| (row.id, row.number, row.can_roll_back),
        move |(id, number, can)| {
            let (Scope::Tenant(slug), true) = (of.clone(), can) else { return ().into_any() };
            let what = "Its code, published directory and start file become live again. Shared directories and the database stay as they are.";
            let ask = Ask::new(format!("Roll back to #{number}?"), what).label("Roll back");
            view! { <ActionButton call=RollBackDeploy { slug, id } label="Roll back" size=Size::Small ask on_done=to_job(&of)/> }.into_any()
        },
    );
    let columns = vec![
        C::name("Deploy", move |row| {
            let (what, commit) = subject(row);
            (jobs.path(&format!("jobs/{}", row.job)), what, commit)
        }),
        C::state("Status", state),
        C::text("Started by", trigger),
        C::ago("Started", "Unknown", |row| Some(row.created_at)),
    ];
    view! {
        <Panel title="Deploys" flush=true note="Each one opens its job with the build log. Up to five releases are kept, the live one included.">
            {site.show(move |view| may && view.can_change, move |can| {
                let columns = [columns.clone(), vec![actions.clone().when(can)]].concat();
                view! { <Rows label="Deploys" columns key=|row| row.id.to_string() rows=site.map(|view| view.deploys.clone()) empty="No deploys yet. Save a repository, add the deploy key to it, then select Deploy now."/> }
            })}
        </Panel>
    }
}
