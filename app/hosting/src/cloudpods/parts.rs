//! What the pages of pods share.

use app_kit::{prelude::*, state::job_label};
use model::{administration::provisioning::JobRow, hosting::cloudpods::PodView};

/// States that pods can be filtered by.
pub fn states() -> Vec<(&'static str, &'static str)> {
    vec![("RUNNING", "Running"), ("PROVISIONING", "Provisioning"), ("FAILED", "Failed"), ("HELD", "Pending deletion"), ("DELETED", "Deleted")]
}

/// The site's address as a link, once it answers.
#[component]
pub fn SiteLink(url: String) -> impl IntoView {
    let words = url.trim_start_matches("http://").trim_start_matches("https://").to_owned();
    view! {
        <a href=url rel="external noopener" class="inline-flex items-center gap-1">{words}<Icon symbol=Symbol::External class="size-3.25"/></a>
    }
}

/// What the pod may use, and how much of it was seen in use.
#[component]
pub fn Use(view: PodView) -> impl IntoView {
    let seen = view.observed.clone().unwrap_or_default();
    let limits = view.limits;
    let note = view.pod.observed_at.map(|at| format!("Measured {}", app_kit::time::full(at))).unwrap_or_else(|| "Not measured yet.".to_owned());
    view! {
        <Panel title="Resource usage" note>
            <div class="grid gap-4">
                <Meter label="Disk" used=in_mib(seen.disk_bytes) limit=f64::from(limits.disk_mb) words=words(seen.disk_bytes) limit_words=size_words(f64::from(limits.disk_mb))/>
                <Meter label="Memory" used=in_mib(seen.memory_bytes) limit=f64::from(limits.memory_mb) words=words(seen.memory_bytes) limit_words=size_words(f64::from(limits.memory_mb))/>
                <Meter
                    label="Tasks" used=seen.tasks.map(|tasks| tasks as f64) limit=f64::from(limits.tasks)
                    words=seen.tasks.map_or_else(|| "Unknown".to_owned(), |tasks| tasks.to_string()) limit_words=limits.tasks.to_string()
                />
                <KeyValues><KeyValue label="CPU" number=true>{format!("{} cores", f64::from(limits.cpu_millis) / 1000.0)}</KeyValue></KeyValues>
            </div>
        </Panel>
    }
}

fn in_mib(bytes: Option<u64>) -> Option<f64> {
    bytes.map(|bytes| bytes as f64 / (1024.0 * 1024.0))
}

fn words(bytes: Option<u64>) -> String {
    in_mib(bytes).map_or_else(|| "Unknown".to_owned(), size_words)
}

/// The pod's jobs; `base` is the address of the list of jobs.
#[component]
pub fn PodJobs(jobs: Vec<JobRow>, base: String) -> impl IntoView {
    let rows = jobs.into_iter().map(|job| view! { <PodJob href=format!("{base}/{}", job.id) job/> }).collect_view();
    view! {
        <Panel title="Jobs" note="Provisioning history." flush=true>
            <Table label="Jobs of this CloudPod" head=vec![(Column::Name, "Job"), (Column::State, "Status"), (Column::Number, "Started")]>
                {rows}
            </Table>
        </Panel>
    }
}

#[component]
fn PodJob(job: JobRow, href: String) -> impl IntoView {
    view! {
        <Tr>
            <TdName href name=job.kind.title()/>
            <Td column=Column::State><Badge state=State::from(job.status) word=job_label(job.status)/></Td>
            <Td column=Column::Number label="Started"><At at=job.created_at/></Td>
        </Tr>
    }
}
