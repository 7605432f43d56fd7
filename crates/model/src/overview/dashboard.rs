//! The dashboard: what needs a person, and the figures that have data now.

use crate::{Time, money::Money, security::audit::AuditRow};
use serde::{Deserialize, Serialize};

/// How bad a thing is that needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Something does not work.
    Failing,
    /// Something will not work soon.
    Warning,
    /// Nobody knows.
    Unknown,
}

/// One thing that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attention {
    /// How bad it is.
    pub urgency: Urgency,
    /// What it is about; stands bold.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// Since when.
    pub since: Option<Time>,
    /// The page where it is mended.
    pub href: String,
    /// Words of that link.
    pub action: String,
}

/// Money against servers: every active plan subscription stands in exactly one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MoneyAgainstServers {
    /// Paid, and the pod runs.
    pub paid_runs: i64,
    /// Paid, and the pod failed.
    pub paid_failing: i64,
    /// Paid, and a job is at work.
    pub in_work: i64,
    /// A pod runs and nobody pays.
    pub runs_unpaid: i64,
}

/// The dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardView {
    /// When the figures were read.
    pub at: Time,
    /// Logins.
    pub users: i64,
    /// Active customer accounts.
    pub customers: i64,
    /// Monthly recurring revenue by currency, without tax.
    pub revenue: Vec<Money>,
    /// Servers in service, and all that are not retired.
    pub servers: (i64, i64),
    /// Pods that run, and all that are not deleted.
    pub pods: (i64, i64),
    /// Pods by state word.
    pub pods_by_status: Vec<(String, i64)>,
    /// Jobs that wait.
    pub jobs_waiting: i64,
    /// Jobs at work.
    pub jobs_running: i64,
    /// Jobs that ended undone or stuck in 24 h.
    pub jobs_failed_24h: i64,
    /// Workers heard of in the last 30 s.
    pub workers_online: i64,
    /// Mean time from commit to start over 24 h, in milliseconds.
    pub queue_delay_ms: Option<i64>,
    /// What needs a person.
    pub attention: Vec<Attention>,
    /// Money against servers.
    pub money: MoneyAgainstServers,
    /// The last events of the audit log.
    pub recent: Vec<AuditRow>,
}
