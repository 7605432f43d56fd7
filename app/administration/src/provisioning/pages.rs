//! Jobs: lists, and a job with its live log.

use super::{
    parts::{JobBody, follow, states, took},
    server_fns::{CancelJob, RetryJob, list_jobs, list_own_jobs, read_job, read_own_job},
};
use app_kit::{prelude::*, state::job_label};
use model::{
    administration::provisioning::{JobPage as Job, JobRow, JobStatus, JobSubject, JobView, StepStatus},
    ids::JobId,
};

/// `/admin/jobs` and `/t/:slug/jobs`
#[component]
pub fn JobsPage() -> impl IntoView {
    let scope = use_scope();
    let (path, staff, of) = (scope.path("jobs"), scope.is_platform(), scope.clone());
    type C = Col<JobRow>;
    let columns = vec![
        C::name("Job", move |job| (scope.path(&format!("jobs/{}", job.id)), format!("{} {}", job.title, job.subject), "")),
        C::state("Status", |job| (State::from(job.status), job_label(job.status))),
        C::text("Customer", |job| job.tenant_name.clone().unwrap_or_else(|| "None".to_owned())).when(staff),
        C::extra("Step", |job| job.step.clone().unwrap_or_default()),
        C::number("Duration", took),
        C::at("Started", |job| job.created_at),
    ];
    let data = fetch_list(move |request| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => list_jobs(request).await,
                Scope::Tenant(slug) => list_own_jobs(slug, request).await,
            }
        }
    });
    let (title, note, empty) = if staff {
        (
            "Provisioning",
            "Background jobs that create, change and delete CloudPods. Failed jobs are rolled back.",
            "Jobs appear here after the first order.",
        )
    } else {
        ("Jobs", "Provisioning history of your CloudPods.", "Jobs for your CloudPods appear here.")
    };
    view! {
        <PageHead title note=move || note/>
        <Listing
            path label="Jobs" data columns key=|job| job.id.to_string() states=states() verb="created" at=|job| job.created_at
            empty=("No jobs yet", empty)
        />
    }
    .into_any()
}

/// `/admin/jobs/:id` and `/t/:slug/jobs/:id`
#[component]
pub fn JobPage() -> impl IntoView {
    let scope = use_scope();
    let of = scope.clone();
    let data = fetch_one("id", "Job not found.", move |id| {
        let of = of.clone();
        async move {
            match of {
                Scope::Platform => read_job(id).await,
                Scope::Tenant(slug) => read_own_job(slug, id).await,
            }
        }
    });
    // A job that was started again is followed anew.
    view! { <Load data view=move |page: Job| view! { <OneJob page scope=scope.clone()/> }/> }.into_any()
}

fn title(view: &JobView) -> String {
    format!("{} {}", view.job.title, view.job.subject)
}

/// "Running, step 2 of 4"; the label for every other status.
fn status_text(view: &JobView) -> String {
    let word = job_label(view.job.status);
    match view.steps.iter().position(|step| step.status == StepStatus::Running) {
        Some(at) if view.job.status == JobStatus::Running => format!("{word}, step {} of {}", at + 1, view.steps.len()),
        _ => word.to_owned(),
    }
}

fn badge(live: LiveJob) -> impl IntoView {
    let status = move || live.view.with(|view| view.job.status);
    let word = Signal::derive(move || live.view.with(|view| status_text(view)));
    view! { <Badge soft=true state=Signal::derive(move || State::from(status())) word/> }
}

#[component]
fn OneJob(page: Job, scope: Scope) -> impl IntoView {
    let first = page.view.clone();
    let live = follow(page);
    let staff = scope.is_platform();
    let note = {
        let first = first.clone();
        move || {
            staff.then(|| view! {
                <span class="font-mono">{first.job.kind.clone()}</span>" started by "{first.actor.clone()}" at "<At at=first.job.created_at whole=true/>
            })
        }
    };
    let (id, name) = (first.job.id, title(&first));
    let actions = move || staff.then(|| view! { <JobActions live id name=name.clone()/> });
    let related = {
        let (first, scope) = (first.clone(), scope.clone());
        ViewFn::from(move || {
            view! {
                {staff.then(|| view! { <RelatedPanel view=first.clone()/> })}
                <LaterPanel live scope=scope.clone()/>
            }
        })
    };
    let list = if staff { "Provisioning" } else { "Jobs" };
    view! {
        <PageHead title=title(&first) parents=vec![Crumb::new(list, scope.path("jobs"))] state=move || badge(live) note actions/>
        <JobBody live staff belongs=related/>
    }
}

#[component]
fn JobActions(live: LiveJob, id: JobId, name: String) -> impl IntoView {
    // The live link says what becomes of it.
    let stays = Callback::new(|()| {});
    let ask = Ask::new(
        format!("Cancel {name}?"),
        "Stops the current step and rolls back completed steps in reverse order. The payment and invoice are not affected.",
    )
    .dismiss("Keep running");
    view! {
        <Show when=move || live.view.with(JobView::can_cancel)><ActionButton call=CancelJob { id } label="Cancel job" kind=Kind::DangerOutline ask=ask.clone() on_done=stays/></Show>
        <Show when=move || live.view.with(JobView::can_retry)><ActionButton call=RetryJob { id } label="Retry job" kind=Kind::Primary/></Show>
    }
}

/// What kind of object a job is about, and its page.
fn subject_page(subject: &JobSubject) -> Option<(&'static str, String)> {
    let (label, list) = match subject.kind.as_str() {
        "cloud_pod" => ("CloudPod", "cloudpods"),
        "server" => ("Server", "servers"),
        _ => return None,
    };
    Some((label, format!("/admin/{list}/{}", subject.id)))
}

#[component]
fn RelatedPanel(view: JobView) -> impl IntoView {
    // Jobs of a site are named after it; it is in this CloudPod.
    let name = if view.job.kind.ends_with("_SITE") { "Open CloudPod".to_owned() } else { view.job.subject.clone() };
    view! {
        <Panel title="Related">
            <KeyValues>
                {view.tenant.map(|tenant| view! { <KeyValue label="Customer"><a href=format!("/admin/customers/{tenant}")>{view.job.tenant_name.clone()}</a></KeyValue> })}
                {view.subject.as_ref().and_then(subject_page).map(|(label, path)| view! { <KeyValue label><a href=path>{name}</a></KeyValue> })}
                <KeyValue label="Audit"><a href=format!("/admin/audit?search={}", view.job.id)>"View audit events"</a></KeyValue>
            </KeyValues>
        </Panel>
    }
}

/// Jobs that followed this one, such as the certificate of a created CloudPod; nothing where there are none.
#[component]
fn LaterPanel(live: LiveJob, scope: Scope) -> impl IntoView {
    type C = Col<JobRow>;
    let later = Live::new(live.view.with_untracked(|view| view.later.clone()));
    Effect::new(move |_| later.set(live.view.with(|view| view.later.clone())));
    let columns = vec![
        C::name("Job", move |job| (scope.path(&format!("jobs/{}", job.id)), format!("{} {}", job.title, job.subject), "")),
        C::state("Status", |job| (State::from(job.status), job_label(job.status))),
        C::at("Created", |job| job.created_at),
    ];
    later.show(Vec::is_empty, move |none| {
        let columns = columns.clone();
        (!none).then(|| {
            view! {
                <Panel title="Follow-up jobs" note="Created after this job, up to an hour after it ended." flush=true>
                    <Rows label="Follow-up jobs" columns key=|job| job.id.to_string() rows=later/>
                </Panel>
            }
        })
    })
}
