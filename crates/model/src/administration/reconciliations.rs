//! Reconciliations: objects that mPanel checks again and again.

use crate::Time;
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// Result of the last check of an object.
    ReconciliationState {
        /// As expected.
        Ok = "OK",
        /// Something differs from what is expected.
        Differs = "DIFFERS",
        /// The last check failed; it is retried with backoff.
        Failing = "FAILING",
        /// A check is due or running.
        Due = "DUE",
    }
}

/// An object of a reconciler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReconciliationRow {
    /// Increasing number.
    pub id: i64,
    /// The reconciler, such as `cloudpod`.
    pub reconciler: String,
    /// What it keeps true, for people.
    pub title: String,
    /// The object's id; zeros for a reconciler of the whole installation.
    pub key: uuid::Uuid,
    /// The object's name; empty before the first check.
    pub subject: String,
    /// The server that is asked.
    pub server_name: Option<String>,
    /// Result of the last check.
    pub state: ReconciliationState,
    /// What differs from what is expected.
    pub differences: Vec<String>,
    /// Since when it differs.
    pub differs_since: Option<Time>,
    /// Failed checks in a row.
    pub failures: i32,
    /// Since when checks fail.
    pub failing_since: Option<Time>,
    /// Why the last check failed.
    pub error: Option<String>,
    /// When the next check is due; nothing while one is running.
    pub due_at: Option<Time>,
    /// When the last successful check was.
    pub checked_at: Option<Time>,
    /// Since when the object is checked.
    pub created_at: Time,
}
