//! The audit log.

use crate::Time;
use serde::{Deserialize, Serialize};

crate::module! {
    ids {}
    permissions {
        /// View the audit log.
        AuditRead "audit:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
    }
    audit {
        /// The installation key was rotated.
        KeyReplaced = "KEY_REPLACED",
        /// Settings of the platform were loaded or changed from the command line.
        SettingsChanged = "SETTINGS_CHANGED",
    }
}

/// An event of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Time,
    /// The action, such as `TENANT_CREATED`.
    pub action: String,
    /// The actor, as text.
    pub actor: String,
    /// Name of the customer it belongs to.
    pub tenant_name: Option<String>,
    /// Type of the target, such as `cloud_pod`.
    pub target_type: String,
    /// Id of the target.
    pub target_id: String,
    /// Name of the target.
    pub target_name: String,
    /// Origin of the request.
    pub ip: Option<String>,
    /// Values before the change, as JSON.
    pub before: Option<String>,
    /// Values after the change, as JSON.
    pub after: Option<String>,
}
