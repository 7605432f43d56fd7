//! A job's row and its live view, for staff and customers.

use app_kit::{
    prelude::*,
    state::job_label,
    time::{span, use_now},
};
use model::administration::provisioning::{JobPage, JobRow};

/// Status filters for jobs.
pub fn states() -> Vec<(&'static str, &'static str)> {
    vec![
        ("queued", "Queued"),
        ("running", "Running"),
        ("unwinding", "Rolling back"),
        ("done", "Completed"),
        ("undone", "Rolled back"),
        ("stuck", "Needs attention"),
    ]
}

/// How long a job took.
pub fn took(row: &JobRow) -> String {
    match (row.started_at, row.finished_at) {
        (Some(from), Some(to)) => span((to - from).num_milliseconds()),
        (Some(_), None) => "Running".to_owned(),
        _ => "Not started".to_owned(),
    }
}

/// Live steps and log of a job. The caller adds the page head and the panel below the steps.
#[component]
pub fn JobBody(
    /// The live job.
    live: LiveJob,
    /// Show facts for staff.
    staff: bool,
    /// The panel of related objects.
    belongs: ViewFn,
) -> impl IntoView {
    let now = use_now();
    let view = live.view;
    let running = move || {
        view.with(|view| match (view.job.started_at, view.job.finished_at) {
            (Some(from), to) => span((to.unwrap_or_else(|| now.get()) - from).num_milliseconds()),
            _ => "Not started".to_owned(),
        })
    };
    let waited = move || {
        view.with(|view| match view.job.started_at {
            Some(started) => span((started - view.job.created_at).num_milliseconds()),
            None => format!("since {}", app_kit::time::clock_words(view.job.created_at)),
        })
    };
    let status = Signal::derive(move || {
        live.events.with(|events| match events.last() {
            Some(last) => format!("{} lines, last at {}", events.len(), app_kit::time::clock_words(last.at)),
            None => "No log output yet.".to_owned(),
        })
    });
    view! {
        <p class="sr-only" role="status">{move || view.with(|view| format!("{}. {}", job_label(view.job.status), view.job.step.clone().unwrap_or_default()))}</p>
        {move || live.lost_since().get().map(|since| view! { <div class="mb-4"><Banner boxed=true>"Connection lost. Showing data as of " <At at=since clock=true/> ". Reconnecting…"</Banner></div> })}
        {move || view.with(|view| view.error.clone()).map(|error| view! { <div class="mb-4"><Banner notice=Notice::Failing boxed=true>{error}</Banner></div> })}
        <Facts>
            <Fact label="Run time">{running}</Fact>
            <Fact label="Time in queue">{waited}</Fact>
            <Fact label="Attempt">{move || view.with(|view| view.attempt)}</Fact>
            <Fact label="Deadline">{move || view!{ <At at=view.with(|view| view.deadline_at) clock=true/> }}</Fact>
            {staff.then(|| view! {
                <Fact label="Server">{move || view.with(|view| match (view.server, view.server_name.clone()) {
                    (Some(id), Some(name)) => view! { <a href=format!("/admin/servers/{id}")>{name}</a> }.into_any(),
                    _ => "None".into_any(),
                })}</Fact>
                <Fact label="Worker">{move || view.with(|view| view.worker.clone().unwrap_or_else(|| "None".to_owned()))}</Fact>
            })}
        </Facts>
        <div class="mt-4"><Grid columns=Columns::Job>
            <Stack>
                <Panel title="Steps" note=Signal::derive(move || view.with(|view| steps_words(&view.steps)))>
                    <Steps steps=Signal::derive(move || view.with(|view| view.steps.clone()))/>
                </Panel>
                {belongs.run()}
            </Stack>
            <LiveLog events=live.events link=live.shown_link() status/>
        </Grid></div>
    }
}

/// Subscribes to the job of a page.
pub fn follow(page: JobPage) -> LiveJob {
    use_live_job(page, None)
}
