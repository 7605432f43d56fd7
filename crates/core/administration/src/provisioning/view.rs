//! From rows to what is shown: the same for staff, tenants and buyers.

use model::{
    Time,
    actor::Actor,
    administration::provisioning::{EventLevel, EventView, JobRow, JobStatus, JobSubject, JobView, StepStatus, StepView},
    ids::{JobId, ServerId, TenantId},
};
use sqlx::types::Json;
use uuid::Uuid;

/// A job in a list.
#[derive(sqlx::FromRow)]
pub(super) struct JobRowRecord {
    pub(super) id: JobId,
    kind: String,
    title: String,
    subject_name: String,
    tenant_name: Option<String>,
    status: JobStatus,
    step: Option<String>,
    created_at: Time,
    started_at: Option<Time>,
    finished_at: Option<Time>,
}

impl From<JobRowRecord> for JobRow {
    fn from(job: JobRowRecord) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            title: job.title,
            subject: job.subject_name,
            tenant_name: job.tenant_name,
            status: job.status,
            step: job.step,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}

/// A job, whole, as its row says.
#[derive(sqlx::FromRow)]
pub(super) struct JobRecord {
    /// The job.
    pub id: JobId,
    /// What it does.
    pub kind: String,
    /// The same for people.
    pub title: String,
    /// Name of what it is about.
    pub subject_name: String,
    /// Name of the customer.
    pub tenant_name: Option<String>,
    /// Its state.
    pub status: JobStatus,
    /// When it was made.
    pub created_at: Time,
    /// When a worker began.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// Whose it is.
    pub tenant_id: Option<TenantId>,
    /// What kind of object it is about.
    pub subject_kind: Option<String>,
    /// Which one.
    pub subject_id: Option<Uuid>,
    /// The server it works on; nothing for who may not see servers.
    pub server_id: Option<ServerId>,
    /// Name of that server.
    pub server_name: Option<String>,
    /// Who started it.
    pub actor: Json<Actor>,
    /// What went wrong.
    pub error: Option<String>,
    /// Which attempt this is.
    pub attempt: i32,
    /// When it is given up.
    pub deadline_at: Time,
    /// When a person asked to cancel.
    pub cancel_requested_at: Option<Time>,
    /// When it is tried next.
    pub run_after: Time,
    /// Which worker is on it; nothing for who may not see workers.
    pub worker: Option<String>,
    /// When that worker was heard of last.
    pub heartbeat_at: Option<Time>,
}

/// A step as its row says.
#[derive(sqlx::FromRow)]
pub(super) struct StepRecord {
    /// Place, from 1.
    pub seq: i32,
    /// The deed in words.
    pub title: String,
    /// Its state.
    pub status: StepStatus,
    /// What went wrong.
    pub error: Option<String>,
    /// Which attempt this is.
    pub attempt: i32,
    /// When it began.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
}

#[derive(sqlx::FromRow)]
pub(super) struct EventRecord {
    id: i64,
    at: Time,
    level: EventLevel,
    message: String,
}

impl From<EventRecord> for EventView {
    fn from(event: EventRecord) -> Self {
        Self { id: event.id, at: event.at, level: event.level, message: event.message }
    }
}

/// A job with its steps, and the jobs that followed it, for people.
pub(super) fn job_view(job: JobRecord, steps: Vec<StepRecord>, later: Vec<JobRowRecord>) -> JobView {
    let at = |status| matches!(status, StepStatus::Running | StepStatus::Undoing | StepStatus::Failed);
    let step = steps.iter().rfind(|step| at(step.status)).map(|step| step.title.clone());
    let steps = steps.into_iter().map(|step| StepView {
        seq: step.seq,
        title: step.title,
        status: step.status,
        error: step.error,
        attempt: step.attempt,
        started_at: step.started_at,
        finished_at: step.finished_at,
    });
    JobView {
        steps: steps.collect(),
        later: later.into_iter().map(JobRow::from).collect(),
        tenant: job.tenant_id,
        subject: job.subject_kind.zip(job.subject_id).map(|(kind, id)| JobSubject { kind, id }),
        server: job.server_id,
        server_name: job.server_name,
        actor: job.actor.0.to_string(),
        error: job.error,
        attempt: job.attempt,
        deadline_at: job.deadline_at,
        cancel_requested_at: job.cancel_requested_at,
        run_after: job.run_after,
        worker: job.worker,
        heartbeat_at: job.heartbeat_at,
        job: JobRow {
            id: job.id,
            kind: job.kind,
            title: job.title,
            subject: job.subject_name,
            tenant_name: job.tenant_name,
            status: job.status,
            step,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        },
    }
}
