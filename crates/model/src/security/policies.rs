//! Security policies.

use crate::Time;
use serde::{Deserialize, Serialize};

crate::module! {
    ids {}
    permissions {
        /// View security policies.
        PoliciesRead "policies:read" read [SUPER_ADMIN, PLATFORM_ADMIN];
        /// Change security policies.
        PoliciesManage "policies:manage" step_up covers PoliciesRead [SUPER_ADMIN];
    }
    audit {
        /// A security policy was changed.
        PolicyChanged = "POLICY_CHANGED",
    }
}

crate::text_enum! {
    /// A security policy.
    Policy {
        /// Staff must use 2FA.
        StaffSecondStep = "STAFF_SECOND_STEP",
    }
}

impl Policy {
    /// Title for people.
    pub const fn title(self) -> &'static str {
        match self {
            Policy::StaffSecondStep => "Require 2FA for staff",
        }
    }

    /// Description for people.
    pub const fn description(self) -> &'static str {
        match self {
            Policy::StaffSecondStep => "Staff can't use their role until they set up two-factor authentication.",
        }
    }
}

/// A security policy with its setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyRow {
    /// The policy.
    pub policy: Policy,
    /// Whether it is on.
    pub enabled: bool,
    /// When it was last changed, if ever.
    pub changed_at: Option<Time>,
}

/// All security policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoliciesView {
    /// The policies.
    pub policies: Vec<PolicyRow>,
    /// Staff without 2FA.
    pub staff_without: Vec<String>,
    /// The viewer may change them.
    pub can_change: bool,
}
