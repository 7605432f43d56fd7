//! The dashboard: items that need attention, and figures.

use crate::{Time, billing::mismatches::MismatchKind, money::Money, security::audit::AuditRow};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {}
    permissions {
        /// View the platform's dashboard.
        DashboardRead "dashboard:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING];
    }
    audit {}
}

/// Urgency of an item that needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// It does not work.
    Failing,
    /// It will stop working soon.
    Warning,
    /// Unknown.
    Unknown,
}

/// One item that needs attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attention {
    /// Urgency.
    pub urgency: Urgency,
    /// The subject, shown in bold.
    pub subject: String,
    /// The error message.
    pub message: String,
    /// When it was created.
    pub since: Option<Time>,
    /// Path of the page where it can be fixed.
    pub href: String,
    /// Label of that link.
    pub action: String,
}

/// What the last comparison of billing with infrastructure has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BillingReconciliation {
    /// When it was.
    pub checked_at: Option<Time>,
    /// CloudPods that were compared.
    pub pods: i64,
    /// Subscriptions that were compared.
    pub subscriptions: i64,
    /// Mismatches that hold, by kind; kinds without any are left out.
    pub mismatches: Vec<(MismatchKind, i64)>,
}

/// The dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardView {
    /// When the figures were computed.
    pub at: Time,
    /// Number of users.
    pub users: i64,
    /// Active customer accounts.
    pub customers: i64,
    /// Monthly recurring revenue by currency, without tax.
    pub revenue: Vec<Money>,
    /// Active servers, and all that are not retired.
    pub servers: (i64, i64),
    /// Running CloudPods, and all that are not deleted.
    pub pods: (i64, i64),
    /// CloudPods by status.
    pub pods_by_status: Vec<(String, i64)>,
    /// Queued jobs.
    pub jobs_waiting: i64,
    /// Running jobs.
    pub jobs_running: i64,
    /// Jobs that ended as undone or stuck within 24 h.
    pub jobs_failed_24h: i64,
    /// Workers with a heartbeat in the last 30 s.
    pub workers_online: i64,
    /// Average time from commit to start over 24 h, in milliseconds.
    pub queue_delay_ms: Option<i64>,
    /// Items that need attention.
    pub attention: Vec<Attention>,
    /// Billing reconciliation.
    pub money: BillingReconciliation,
    /// The last events of the audit log.
    pub recent: Vec<AuditRow>,
}
