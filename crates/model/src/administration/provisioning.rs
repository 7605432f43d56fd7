//! Jobs: work on servers, step by step, with a live log.

use crate::{
    Time,
    ids::{CloudPodId, JobId, ServerId, TenantId},
};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// What a job does.
    JobKind {
        /// Makes a pod.
        CreateCloudpod = "CREATE_CLOUDPOD",
        /// Takes a pod away: off first, gone after the grace period.
        DeleteCloudpod = "DELETE_CLOUDPOD",
    }
}

impl JobKind {
    /// The deed in words.
    pub const fn title(self) -> &'static str {
        match self {
            JobKind::CreateCloudpod => "Create CloudPod",
            JobKind::DeleteCloudpod => "Delete CloudPod",
        }
    }
}

crate::text_enum! {
    /// State of a job. It ends done, undone or stuck; there is no fourth end.
    JobStatus {
        /// Waits for a worker or for its time.
        Queued = "queued",
        /// A worker is on it.
        Running = "running",
        /// A step failed or a person cancelled: what was done is being undone.
        Unwinding = "unwinding",
        /// Everything is done.
        Done = "done",
        /// Everything is undone.
        Undone = "undone",
        /// Undoing failed: a person is needed.
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
    /// State of a step.
    StepStatus {
        /// Not begun.
        Waiting = "waiting",
        /// Being done.
        Running = "running",
        /// Done; its output is stored.
        Done = "done",
        /// Failed.
        Failed = "failed",
        /// Being undone.
        Undoing = "undoing",
        /// Undone.
        Undone = "undone",
    }
}

crate::text_enum! {
    /// Weight of a log line.
    EventLevel {
        /// A step begins.
        Step = "step",
        /// Something was done.
        Info = "info",
        /// Something needs a look.
        Warn = "warn",
        /// Something failed.
        Error = "error",
    }
}

/// A job in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JobRow {
    /// The job.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// What it is about, such as the pod's name.
    pub subject: String,
    /// Whose it is.
    pub tenant_name: Option<String>,
    /// Its state.
    pub status: JobStatus,
    /// Title of the step it is at.
    pub step: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When a worker began.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
}

/// A job, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JobView {
    /// As in the list.
    pub job: JobRow,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// The pod it is about.
    pub cloud_pod: Option<CloudPodId>,
    /// The server it works on.
    pub server: Option<ServerId>,
    /// Name of that server.
    pub server_name: Option<String>,
    /// Who started it.
    pub actor: String,
    /// What went wrong, for a person.
    pub error: Option<String>,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// When it is given up.
    pub deadline_at: Time,
    /// When a person asked to cancel.
    pub cancel_requested_at: Option<Time>,
    /// When it is tried next, while it waits.
    pub run_after: Time,
    /// Which worker is on it.
    pub worker: Option<String>,
    /// When that worker was heard of last.
    pub heartbeat_at: Option<Time>,
    /// Its steps, in order.
    pub steps: Vec<StepView>,
}

impl JobView {
    /// Whether cancelling still changes anything.
    pub fn can_cancel(&self) -> bool {
        matches!(self.job.status, JobStatus::Queued | JobStatus::Running) && self.cancel_requested_at.is_none()
    }

    /// Whether a person can start it again.
    pub fn can_retry(&self) -> bool {
        matches!(self.job.status, JobStatus::Undone | JobStatus::Stuck)
    }
}

/// A step of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepView {
    /// Place, from 1.
    pub seq: i32,
    /// The deed in words.
    pub title: String,
    /// Its state.
    pub status: StepStatus,
    /// What went wrong, for a person.
    pub error: Option<String>,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// When it began.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
}

/// A line of a job's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventView {
    /// Number that grows; the client resumes behind the last one it has.
    pub id: i64,
    /// When.
    pub at: Time,
    /// Weight.
    pub level: EventLevel,
    /// The line.
    pub message: String,
}

/// A job with the first part of its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JobPage {
    /// The job.
    pub view: JobView,
    /// Its log so far, oldest first, at most 500 lines.
    pub events: Vec<EventView>,
}

/// What the browser says over the live link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LiveRequest {
    /// Follow one job.
    Subscribe {
        /// The job.
        job: JobId,
        /// Last line that the browser has; 0 for none.
        after: i64,
        /// For a buyer who has no session: the token of the checkout's result page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow: Option<String>,
    },
}

/// What the server says over the live link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LiveMessage {
    /// A line of the log.
    Event(EventView),
    /// The job's state has changed.
    Job(Box<JobView>),
    /// The channel is not for you, or not there.
    Refused,
}
