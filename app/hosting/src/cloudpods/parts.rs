//! Shared by the CloudPod pages.

use super::drift::OnDifferences;
use app_kit::{prelude::*, state::job_label};
use model::{
    administration::provisioning::JobRow,
    hosting::cloudpods::{DesiredState, ObservedState, PodStatus, PodView},
};

/// Status filters for CloudPods.
pub fn states() -> Vec<(&'static str, &'static str)> {
    vec![
        ("RUNNING", "Running"),
        ("PROVISIONING", "Provisioning"),
        ("FAILED", "Failed"),
        ("SUSPENDED", "Suspended"),
        ("HELD", "Pending deletion"),
        ("DELETED", "Deleted"),
    ]
}

/// Link to the site.
#[component]
pub fn SiteLink(url: String) -> impl IntoView {
    let words = url.trim_start_matches("http://").trim_start_matches("https://").to_owned();
    view! {
        <a href=url rel="external noopener" class="inline-flex items-center gap-1">{words}<Icon symbol=Symbol::External class="size-3.25"/></a>
    }
}

/// Until when a pod's data is kept.
#[component]
pub fn RetentionNotice(pod: Live<PodView>) -> impl IntoView {
    pod.show(
        |view| view.held_until.filter(|_| view.pod.status == PodStatus::Held),
        |until| until.map(|until| view! {
            <div class="mb-4"><Banner notice=Notice::Maintenance boxed=true>"Offline. Data is kept until " <At at=until whole=true/> ". Cancel the deletion job to restore it."</Banner></div>
        }),
    )
}

/// What was seen on the server last.
#[component]
pub fn SiteCheck(pod: Live<PodView>) -> impl IntoView {
    let known = |text: Option<String>| text.unwrap_or_else(|| "Unknown".to_owned());
    let title = move |view: &PodView| known(view.observed.clone().unwrap_or_default().title);
    let answer = move |view: &PodView| match view.observed.clone().unwrap_or_default().http_status {
        None if view.pod.asleep_since.is_some() => "Asleep, not requested".to_owned(),
        status => known(status.map(|status| format!("HTTP {status}"))),
    };
    view! {
        <Panel title="Site check">
            <KeyValues>
                <KeyValue label="Expected title">{pod.text(|view| view.site_title.clone())}</KeyValue>
                <KeyValue label="Actual title">{pod.text(title)}</KeyValue>
                <KeyValue label="HTTP response">{pod.text(answer)}</KeyValue>
                <KeyValue label="Last checked">{pod.show(|view| view.pod.observed_at, |at| match at { Some(at) => view! { <At at whole=true/> }.into_any(), None => "Not yet".into_any() })}</KeyValue>
            </KeyValues>
        </Panel>
    }
}

const fn desired_label(state: DesiredState) -> &'static str {
    match state {
        DesiredState::Running => "Running",
        DesiredState::Suspended => "Suspended",
        DesiredState::Held => "Offline, data kept",
        DesiredState::Absent => "Deleted",
    }
}

const fn observed_label(state: ObservedState) -> &'static str {
    match state {
        ObservedState::Running => "Running",
        ObservedState::Suspended => "Suspended",
        ObservedState::Held => "Offline, data kept",
        ObservedState::Absent => "Not on the server",
        ObservedState::Broken => "Needs repair",
    }
}

/// What the pod should be and is, and how it differs from what was ordered; for staff.
#[component]
pub fn StateCheck(pod: Live<PodView>) -> impl IntoView {
    let actual = |view: &PodView| view.pod.observed_state.map_or("Unknown", observed_label);
    let checked = |view: &PodView| view.drift.clone();
    view! {
        <Panel title="Status">
            <KeyValues>
                <KeyValue label="Expected">{pod.text(|view| desired_label(view.desired_state))}</KeyValue>
                <KeyValue label="Actual">{pod.text(actual)}</KeyValue>
            </KeyValues>
            {pod.show(checked, |drift| drift.map(|drift| {
                let (words, lines) = match (&drift.error, drift.differences.len()) {
                    (Some(error), _) => (format!("Last comparison failed: {error}"), Vec::new()),
                    (None, 0) => ("Matches the plan.".to_owned(), Vec::new()),
                    (None, _) => ("Differences from the plan:".to_owned(), drift.differences.clone()),
                };
                view! {
                    <p class="mt-3">{words}</p>
                    {(!lines.is_empty()).then(|| view! { <ul class="mt-1 grid gap-1 font-mono text-12">{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul> })}
                    <p class="mt-2 text-12 text-3">
                        {drift.since.map(|at| view! { "Since "<At at whole=true/>". " })}
                        {drift.checked_at.map(|at| view! { "Compared "<Ago at/>"." })}
                    </p>
                }
            }))}
            <OnDifferences pod/>
        </Panel>
    }
}

/// What the pod may use, and how much of it was seen in use.
#[component]
pub fn ResourceUsage(pod: Live<PodView>) -> impl IntoView {
    let note =
        pod.text(|view| view.pod.observed_at.map_or_else(|| "Not measured yet.".to_owned(), |at| format!("Measured {}", app_kit::time::full(at))));
    view! {
        <Panel title="Resource usage" note>
            {pod.show(|view| (view.observed.clone().unwrap_or_default(), view.limits), |(seen, limits)| view! {
                <div class="grid gap-4">
                    <Meter label="Disk" used=in_mib(seen.disk_bytes) limit=f64::from(limits.disk_mb) words=usage_label(seen.disk_bytes) limit_words=size_words(f64::from(limits.disk_mb))/>
                    <Meter label="Memory" used=in_mib(seen.memory_bytes) limit=f64::from(limits.memory_mb) words=usage_label(seen.memory_bytes) limit_words=size_words(f64::from(limits.memory_mb))/>
                    <Meter
                        label="Processes" used=seen.tasks.map(|tasks| tasks as f64) limit=f64::from(limits.tasks)
                        words=seen.tasks.map_or_else(|| "Unknown".to_owned(), |tasks| tasks.to_string()) limit_words=limits.tasks.to_string()
                    />
                    <KeyValues>
                        <KeyValue label="CPU" number=true>{format!("{} cores", f64::from(limits.cpu_millis) / 1000.0)}</KeyValue>
                        <KeyValue label="Sites" number=true>{format!("Up to {}", limits.sites)}</KeyValue>
                        <KeyValue label="Sites sleep">{limits.sleep_label()}</KeyValue>
                        <KeyValue label="Internet access">{limits.network.label()}</KeyValue>
                    </KeyValues>
                </div>
            })}
        </Panel>
    }
}

fn in_mib(bytes: Option<u64>) -> Option<f64> {
    bytes.map(|bytes| bytes as f64 / (1024.0 * 1024.0))
}

fn usage_label(bytes: Option<u64>) -> String {
    in_mib(bytes).map_or_else(|| "Unknown".to_owned(), size_words)
}

/// The pod's jobs.
#[component]
pub fn PodJobs(jobs: Live<Vec<JobRow>>, scope: Scope) -> impl IntoView {
    type C = Col<JobRow>;
    let columns = vec![
        C::name("Job", move |job| (scope.path(&format!("jobs/{}", job.id)), job.title.clone(), "")),
        C::state("Status", |job| (State::from(job.status), job_label(job.status))),
        C::at("Started", |job| job.created_at),
    ];
    view! {
        <Panel title="Jobs" note="Provisioning history." flush=true>
            <Rows label="Jobs of this CloudPod" columns key=|job| job.id.to_string() rows=jobs/>
        </Panel>
    }
}
