//! The record of who did what.

use crate::Time;
use serde::{Deserialize, Serialize};

/// An event of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Time,
    /// What, such as `TENANT_CREATED`.
    pub action: String,
    /// Who, in words.
    pub actor: String,
    /// Name of the customer it belongs to.
    pub tenant_name: Option<String>,
    /// Kind of the thing, such as `cloud_pod`.
    pub target_type: String,
    /// Id of the thing.
    pub target_id: String,
    /// Name of the thing.
    pub target_name: String,
    /// Where the request came from.
    pub ip: Option<String>,
    /// What it was before, as JSON.
    pub before: Option<String>,
    /// What it is now, as JSON.
    pub after: Option<String>,
}
