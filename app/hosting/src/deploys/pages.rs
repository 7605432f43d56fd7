//! The deploys of a site: its releases, where they come from, and the ways to a new one.

use super::{
    parts::{Disconnect, Source, Webhook},
    rollback::{Chosen, Rollback},
    server_fns::{StartDeploy, read_deploys, read_site_deploys},
    sources::{Archive, Poll},
};
use crate::{
    previews::parts::Previews,
    websites::{pages::to_job, parts::may_write},
};
use app_kit::prelude::*;
use model::{
    hosting::{
        cloudpods::Stack as SiteStack,
        deploys::{DeployRow, DeployStatus, DeployTrigger, DeploysView},
    },
    ids::WebsiteId,
    live::LiveObject,
};

/// `/admin/websites/:id/deploys` and `/t/:slug/websites/:id/deploys`
#[component]
pub fn DeploysPage() -> impl IntoView {
    let scope = use_scope();
    let of = scope.clone();
    let data = fetch_one("id", "Site not found.", move |site: WebsiteId| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => read_site_deploys(site).await,
                Scope::Tenant(slug) => read_deploys(slug, site).await,
            }
        }
    });
    view! { <Load data view={move |site: Live<DeploysView>| view! { <Deploys site scope=scope.clone()/> }}/> }.into_any()
}

#[component]
fn Deploys(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    let now = site.now();
    watch_object(LiveObject::CloudPod(now.cloud_pod));
    let home = scope.path(&format!("websites/{}", now.site));
    let list = if scope.is_platform() { scope.path("cloudpods") } else { scope.path("") };
    let parents = vec![Crumb::new("CloudPods", list), Crumb::new(now.title, home)];
    let of = scope.clone();
    let actions = move || view! { <Start site scope=of.clone()/> };
    let body = match (now.stack, now.preview_of) {
        (SiteStack::Wordpress, _) => {
            let words = "WordPress sites keep their own files. They can't be deployed.";
            view! { <Banner notice=Notice::Info boxed=true>{words}</Banner> }.into_any()
        }
        // A preview is deployed from its branch, and has no ways of its own.
        (_, Some(_)) => column(view! { <Releases site scope/> }.into_any()),
        (_, None) => tabs(site, scope),
    };
    view! {
        <PageHead title="Deploys" parents actions/>
        {site.show(|view| view.is_push_waiting, |waits| waits.then(|| view! {
            <div class="mb-4"><Banner notice=Notice::Info boxed=true>"A push is waiting. It is deployed once the site is running and no other job of its CloudPod is in progress."</Banner></div>
        }))}
        {body}
    }
    .into_any()
}

/// The releases of a site, and the ways to a new one.
fn tabs(site: Live<DeploysView>, scope: Scope) -> AnyView {
    let may = may_write(&scope);
    let of = move || scope.clone();
    let [releases, previews, repository, automation, upload] = [of.clone(), of.clone(), of.clone(), of.clone(), of];
    let mut pages = vec![
        TabPage::new("", "Releases", move || column(view! { <Releases site scope=releases()/> }.into_any())),
        TabPage::new("previews", "Previews", move || column(view! { <Previews site scope=previews()/> }.into_any())),
        TabPage::new("repository", "Repository", move || {
            column(view! { <Source site scope=repository()/><Disconnect site scope=repository()/> }.into_any())
        }),
        TabPage::new("automation", "Automation", move || column(view! { <Automation site scope=automation()/> }.into_any())),
    ];
    if may {
        pages.push(TabPage::new("upload", "Upload", move || column(view! { <Archive site scope=upload()/> }.into_any())));
    }
    view! { <TabPages label="Deploys" pages/> }.into_any()
}

fn column(panels: AnyView) -> AnyView {
    view! { <div class="grid gap-4 max-w-[960px]">{panels}</div> }.into_any()
}

/// What deploys the branch by itself.
#[component]
fn Automation(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    site.show(
        |view| view.source.is_some(),
        move |has_source| match has_source {
            true => view! { <Webhook site scope=scope.clone()/><Poll site scope=scope.clone()/> }.into_any(),
            false => view! { <EmptyState title="No repository" text="Pushes and new commits are deployed once a repository is saved."/> }.into_any(),
        },
    )
}

/// The button that deploys.
#[component]
fn Start(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| (may && view.can_change && (view.source.is_some() || view.preview_of.is_some())).then_some(view.site),
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
pub(crate) fn subject(row: &DeployRow) -> (String, String) {
    let commit = row.commit.as_deref().map(|commit| commit.get(..7).unwrap_or(commit).to_owned());
    let what = match (row.trigger, row.release) {
        (DeployTrigger::Rollback, Some(release)) => format!("Rolled back to #{release}"),
        (DeployTrigger::Rollback, None) => "Rollback".to_owned(),
        _ => row.subject.clone().unwrap_or_else(|| "Not fetched yet".to_owned()),
    };
    (format!("#{} {what}", row.number), commit.unwrap_or_default())
}

/// What or who has started it.
pub(crate) fn trigger(row: &DeployRow) -> String {
    match row.trigger {
        DeployTrigger::Push => "Push".to_owned(),
        DeployTrigger::Poll => "New commit".to_owned(),
        DeployTrigger::Manual | DeployTrigger::Rollback | DeployTrigger::Upload => row.started_by.clone(),
    }
}

/// The newest deploys, with the way back to each release that is on the server.
#[component]
fn Releases(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    type C = Col<DeployRow>;
    let (may, jobs) = (may_write(&scope), scope.clone());
    let chosen = Chosen::new();
    let actions = C::actions(
        |row: &DeployRow| (row.id, row.number, row.can_roll_back),
        move |(id, number, can)| {
            if !can {
                return ().into_any();
            }
            view! { <Button size=Size::Small on:click=move |_| chosen.ask(id, number)>"Roll back"</Button> }.into_any()
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
                view! { <Rows label="Deploys" columns key=|row| row.id.to_string() rows=site.map(|view| view.deploys.clone()) empty="No deploys yet. Save a repository and select Deploy now, or upload an archive."/> }
            })}
        </Panel>
        <Rollback chosen scope/>
    }
}
