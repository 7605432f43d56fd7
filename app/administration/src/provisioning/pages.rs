//! Jobs: lists, and one job live.

use super::{
    parts::{JobBody, JobLine, follow, head, states},
    server_fns::{CancelJob, RetryJob, list_jobs, list_own_jobs, read_job, read_own_job},
};
use app_kit::{prelude::*, state::job_label};
use leptos_router::hooks::use_params_map;
use model::{
    administration::provisioning::{JobPage as Job, JobRow, JobStatus, JobView, StepStatus},
    error::{ApiError, ErrorCode},
    ids::JobId,
};

const PATH: &str = "/admin/jobs";

fn not_here() -> app_kit::error::AppError {
    ApiError::new(ErrorCode::NotFound, "Job not found.").into()
}

/// `/admin/jobs`
#[component]
pub fn JobsPage() -> impl IntoView {
    let data = fetch_list(list_jobs);
    view! {
        <PageHead title="Provisioning" note=|| "Background jobs that create, change and delete CloudPods. Failed jobs are rolled back."/>
        <Listing
            path=PATH label="Jobs" data head=head(true) states=states() verb="created" at=|row: &JobRow| row.created_at
            empty=("No jobs yet", "Jobs appear here after the first order.")
            row=|row: JobRow| { let href = format!("{PATH}/{}", row.id); view! { <JobLine row href for_staff=true/> } }
        />
    }
    .into_any()
}

/// `/admin/jobs/:id`
#[component]
pub fn JobPage() -> impl IntoView {
    let params = use_params_map();
    let data =
        fetch(move || params.read().get("id").and_then(|id| id.parse::<JobId>().ok()), |id| async move { read_job(id.ok_or_else(not_here)?).await });
    view! { <Load data view=move |page: Job| view! { <StaffJob page again=Callback::new(move |()| data.refetch())/> }/> }.into_any()
}

fn title(view: &JobView) -> String {
    format!("{} {}", view.job.kind.title(), view.job.subject)
}

/// "Running, step 2 of 4"; the plain word for every other state.
fn standing(view: &JobView) -> String {
    let word = job_label(view.job.status);
    match view.steps.iter().position(|step| step.status == StepStatus::Running) {
        Some(at) if view.job.status == JobStatus::Running => format!("{word}, step {} of {}", at + 1, view.steps.len()),
        _ => word.to_owned(),
    }
}

fn badge(live: LiveJob) -> impl IntoView {
    let status = move || live.view.with(|view| view.job.status);
    let word = Signal::derive(move || live.view.with(|view| standing(view)));
    view! { <Badge soft=true state=Signal::derive(move || State::from(status())) word/> }
}

#[component]
fn StaffJob(page: Job, again: Callback<()>) -> impl IntoView {
    let first = page.view.clone();
    let live = follow(page);
    let id = first.job.id;
    let (ask, cancel, retry) = (RwSignal::new(false), Call::<CancelJob>::new(), Call::<RetryJob>::new());
    let note = {
        let first = first.clone();
        move || {
            view! {
                <span class="font-mono">{first.job.kind.as_str()}</span>" started by "{first.actor.clone()}" at "<At at=first.job.created_at whole=true/>
            }
        }
    };
    let actions = move || {
        view! {
            <Show when=move || live.view.with(JobView::can_cancel)><Button kind=Kind::DangerOutline on:click=move |_| ask.set(true)>"Cancel job"</Button></Show>
            <Show when=move || live.view.with(JobView::can_retry)>
                <Form action=retry on_done=again class=tw!("block")><Hidden name="id" value=id.to_string()/><Submit block=true>"Retry job"</Submit></Form>
            </Show>
        }
    };
    let belongs = {
        let first = first.clone();
        ViewFn::from(move || view! { <Belongs view=first.clone()/> })
    };
    view! {
        <PageHead title=title(&first) parents=vec![Crumb::new("Provisioning", PATH)] state=move || badge(live) note actions/>
        <JobBody live staff=true belongs/>
        <Confirm open=ask title=format!("Cancel {}?", title(&first)) deed="Cancel job" dismiss="Keep running" action=cancel values=vec![("id".to_owned(), id.to_string())]>
            <p>"Stops the current step and rolls back completed steps in reverse order. The payment and invoice are not affected."</p>
        </Confirm>
    }
}

#[component]
fn Belongs(view: JobView) -> impl IntoView {
    view! {
        <Panel title="Related">
            <KeyValues>
                {view.tenant.map(|tenant| view! { <KeyValue label="Customer"><a href=format!("/admin/customers/{tenant}")>{view.job.tenant_name.clone()}</a></KeyValue> })}
                {view.cloud_pod.map(|pod| view! { <KeyValue label="CloudPod"><a href=format!("/admin/cloudpods/{pod}")>{view.job.subject.clone()}</a></KeyValue> })}
                <KeyValue label="Audit"><a href=format!("/admin/audit?search={}", view.job.id)>"View audit events"</a></KeyValue>
            </KeyValues>
        </Panel>
    }
}

fn slug() -> impl Fn() -> String + Copy + Send + Sync + 'static {
    let params = use_params_map();
    move || params.read_untracked().get("slug").unwrap_or_default()
}

/// `/t/:slug/jobs`
#[component]
pub fn OwnJobsPage() -> impl IntoView {
    let slug = slug();
    let data = fetch_list(move |request| list_own_jobs(slug(), request));
    view! {
        <PageHead title="Jobs" note=|| "Provisioning history of your CloudPods."/>
        <Listing
            path=format!("/t/{}/jobs", slug()) label="Jobs" data head=head(false) states=states() verb="created" at=|row: &JobRow| row.created_at
            empty=("No jobs yet", "Jobs for your CloudPods appear here.")
            row=move |row: JobRow| { let href = format!("/t/{}/jobs/{}", slug(), row.id); view! { <JobLine row href for_staff=false/> } }
        />
    }
    .into_any()
}

/// `/t/:slug/jobs/:id`
#[component]
pub fn OwnJobPage() -> impl IntoView {
    let params = use_params_map();
    let slug = slug();
    let data = fetch(
        move || (params.read().get("slug").unwrap_or_default(), params.read().get("id").and_then(|id| id.parse::<JobId>().ok())),
        |(slug, id)| async move { read_own_job(slug, id.ok_or_else(not_here)?).await },
    );
    view! {
        <Load data view=move |page: Job| {
            let name = title(&page.view);
            let live = follow(page);
            view! {
                <PageHead title=name parents=vec![Crumb::new("Jobs", format!("/t/{}/jobs", slug()))] state=move || badge(live)/>
                <JobBody live staff=false belongs=ViewFn::from(|| ())/>
            }
        }/>
    }
    .into_any()
}
