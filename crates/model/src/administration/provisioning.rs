//! Jobs: background operations with steps and a live log.

use crate::{
    Time,
    ids::{JobId, ServerId, TenantId},
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A background job.
        JobId,
    }
    permissions {
        /// See jobs, their steps and their logs.
        JobsRead "jobs:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER, TENANT_USER];
        /// Cancel and retry jobs.
        JobsManage "jobs:manage" write covers JobsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    }
    audit {
        /// A job was queued.
        JobEnqueued = "JOB_ENQUEUED",
        /// Cancellation of a job was requested.
        JobCancelRequested = "JOB_CANCEL_REQUESTED",
        /// A job was retried.
        JobRetried = "JOB_RETRIED",
        /// A job completed.
        JobDone = "JOB_DONE",
        /// A job was rolled back.
        JobUndone = "JOB_UNDONE",
        /// A job needs attention.
        JobStuck = "JOB_STUCK",
    }
}

crate::text_enum! {
    /// Status of a job. Every job ends as done, undone or stuck.
    JobStatus {
        /// Waiting for a worker or for its time.
        Queued = "queued",
        /// A worker is running it.
        Running = "running",
        /// A step failed or the job was cancelled: completed steps are being rolled back.
        Unwinding = "unwinding",
        /// Completed.
        Done = "done",
        /// Rolled back.
        Undone = "undone",
        /// Rollback failed; needs attention.
        Stuck = "stuck",
    }
}

impl JobStatus {
    /// Whether the job has ended.
    pub const fn ended(self) -> bool {
        matches!(self, JobStatus::Done | JobStatus::Undone | JobStatus::Stuck)
    }
}

crate::text_enum! {
    /// Status of a step.
    StepStatus {
        /// Not started.
        Waiting = "waiting",
        /// Running.
        Running = "running",
        /// Done; its output is stored.
        Done = "done",
        /// Failed.
        Failed = "failed",
        /// Rolling back.
        Undoing = "undoing",
        /// Rolled back.
        Undone = "undone",
    }
}

crate::text_enum! {
    /// Severity of a log line.
    EventLevel {
        /// A step starts.
        Step = "step",
        /// Progress.
        Info = "info",
        /// A warning.
        Warn = "warn",
        /// An error.
        Error = "error",
    }
}

/// A job in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JobRow {
    /// The job.
    pub id: JobId,
    /// What it does, such as `CREATE_CLOUDPOD`.
    pub kind: String,
    /// The same for people.
    pub title: String,
    /// Name of what it is about, such as the CloudPod's.
    pub subject: String,
    /// The customer it belongs to.
    pub tenant_name: Option<String>,
    /// Its status.
    pub status: JobStatus,
    /// Title of the current step.
    pub step: Option<String>,
    /// When it was created.
    pub created_at: Time,
    /// When a worker started it.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
}

/// The object a job is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JobSubject {
    /// What kind of object, as in the audit log: `cloud_pod`.
    pub kind: String,
    /// Its id.
    pub id: uuid::Uuid,
}

/// A job in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JobView {
    /// The same data as in the list.
    pub job: JobRow,
    /// The customer it belongs to.
    pub tenant: Option<TenantId>,
    /// The object it is about.
    pub subject: Option<JobSubject>,
    /// The server it runs on.
    pub server: Option<ServerId>,
    /// Name of the server.
    pub server_name: Option<String>,
    /// Who started it.
    pub actor: String,
    /// Error message for people.
    pub error: Option<String>,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// The deadline.
    pub deadline_at: Time,
    /// When cancellation was requested.
    pub cancel_requested_at: Option<Time>,
    /// When it is tried next, while queued.
    pub run_after: Time,
    /// The worker that runs it.
    pub worker: Option<String>,
    /// The worker's last heartbeat.
    pub heartbeat_at: Option<Time>,
    /// Its steps, in order.
    pub steps: Vec<StepView>,
    /// Jobs for the same object that were created after it, until an hour after its end; the oldest first, at most five. Buyers without a session get
    /// none.
    #[serde(default)]
    pub later: Vec<JobRow>,
}

impl JobView {
    /// Whether neither the job nor what followed it goes on.
    pub fn is_settled(&self) -> bool {
        self.job.status.ended() && self.later.iter().all(|job| job.status.ended())
    }

    /// Whether the job can be cancelled.
    pub fn can_cancel(&self) -> bool {
        matches!(self.job.status, JobStatus::Queued | JobStatus::Running) && self.cancel_requested_at.is_none()
    }

    /// Whether the job can be retried.
    pub fn can_retry(&self) -> bool {
        matches!(self.job.status, JobStatus::Undone | JobStatus::Stuck)
    }
}

/// A step of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepView {
    /// Position, from 1.
    pub seq: i32,
    /// Title for people.
    pub title: String,
    /// Its status.
    pub status: StepStatus,
    /// Error message for people.
    pub error: Option<String>,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// When it started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
}

/// A line of a job's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventView {
    /// Increasing number; clients resume after the last one they have.
    pub id: i64,
    /// When.
    pub at: Time,
    /// Severity.
    pub level: EventLevel,
    /// The line.
    pub message: String,
}

/// A job with the beginning of its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JobPage {
    /// The job.
    pub view: JobView,
    /// Its log so far, oldest first, at most 500 lines.
    pub events: Vec<EventView>,
}
