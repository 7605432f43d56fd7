//! Scheduled jobs of sites. Parts of module `websites`.

use crate::Time;
use serde::{Deserialize, Serialize};

/// Most scheduled jobs of a site.
pub const MAX_CRON_JOBS: usize = 20;
/// Longest time limits of a scheduled job, in minutes.
pub const MAX_CRON_MINUTES: u32 = 60;
/// The time limit of a scheduled job, in minutes, where none is chosen.
pub const DEFAULT_CRON_MINUTES: u32 = 10;

/// A scheduled job of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CronJob {
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
pub struct CronJobInput {
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
pub struct CronJobView {
    /// The job.
    pub job: CronJob,
    /// The next three runs, if it is on.
    pub next_runs: Vec<Time>,
    /// What its last run came to, as its server has told it.
    pub last_run: Option<CronRun>,
}

/// What a run of a scheduled job came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CronRun {
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

impl CronRun {
    /// Whether it did what it should.
    pub fn is_good(&self) -> bool {
        self.exit_code == 0 && !self.timed_out
    }
}
