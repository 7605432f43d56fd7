//! What the programs of a site get: their environment variables and scheduled jobs. Parts of module `websites`.

use crate::Time;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Most scheduled jobs of a site.
pub const MAX_JOBS: usize = 20;
/// Longest time limits of a scheduled job, in minutes.
pub const MAX_JOB_MINUTES: u32 = 60;
/// The time limit of a scheduled job, in minutes, where none is chosen.
pub const DEFAULT_JOB_MINUTES: u32 = 10;

/// The environment variables of a site, without their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Environment {
    /// Where the values are kept, sealed; nothing where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<Uuid>,
    /// The variables, by name.
    pub variables: Vec<Variable>,
}

impl Environment {
    /// There are none, and there were none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An environment variable. Its value is never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// When its value was set.
    pub changed_at: Time,
    /// Who set it.
    pub changed_by: String,
}

crate::text_enum! {
    /// What a change does to an environment variable.
    VariableOp {
        /// It gets this value, whether it was there or not.
        Set = "SET",
        /// It goes.
        Delete = "DELETE",
    }
}

/// A change of an environment variable. Has no readable `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VariableChange {
    /// What it does.
    pub op: VariableOp,
    /// Name of the variable.
    pub name: String,
    /// Its value, where it gets one.
    #[serde(default)]
    pub value: String,
}

impl std::fmt::Debug for VariableChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VariableChange({} {})", self.op, self.name)
    }
}

/// A scheduled job of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScheduledJob {
    /// Names it within its site, for operations.
    pub key: String,
    /// Its name.
    pub name: String,
    /// When it runs: five fields of cron, in UTC.
    pub schedule: String,
    /// What the shell runs in the site's folder.
    pub command: String,
    /// After so many minutes a run is ended.
    pub limit_minutes: u32,
    /// Whether it runs by its schedule.
    pub is_on: bool,
}

/// A scheduled job as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScheduledJobInput {
    /// Its name.
    pub name: String,
    /// When it runs: five fields of cron, in UTC.
    pub schedule: String,
    /// What the shell runs in the site's folder.
    pub command: String,
    /// After so many minutes a run is ended; 10 where nothing is typed.
    pub limit_minutes: String,
    /// Whether it runs by its schedule.
    pub is_on: bool,
}

/// A scheduled job as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScheduledJobView {
    /// The job.
    pub job: ScheduledJob,
    /// The next three runs, if it is on.
    pub next_runs: Vec<Time>,
    /// What its last run came to, as its server has told it.
    pub last_run: Option<JobRun>,
}

/// What a run of a scheduled job came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JobRun {
    /// When it began, by its server's clock.
    pub started_at: Time,
    /// When it ended.
    pub ended_at: Time,
    /// Its exit code; a signal counts as 128 plus its number.
    pub exit_code: i16,
    /// It was ended because its time was over.
    pub timed_out: bool,
    /// The end of what it wrote, at most 8 KiB.
    pub output: String,
}

impl JobRun {
    /// Whether it did what it should.
    pub fn is_good(&self) -> bool {
        self.exit_code == 0 && !self.timed_out
    }
}
