//! Rules for signing in, which staff may change.

use crate::Time;
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// A rule that is on or off.
    Policy {
        /// Staff need a second step.
        StaffSecondStep = "STAFF_SECOND_STEP",
    }
}

impl Policy {
    /// What it says.
    pub const fn title(self) -> &'static str {
        match self {
            Policy::StaffSecondStep => "Require 2FA for staff",
        }
    }

    /// What it does when it is on.
    pub const fn about(self) -> &'static str {
        match self {
            Policy::StaffSecondStep => "Staff can't use their role until they set up two-factor authentication.",
        }
    }
}

/// A rule and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyRow {
    /// Which.
    pub policy: Policy,
    /// Whether it is on.
    pub enabled: bool,
    /// Since when; nothing when it was never changed.
    pub changed_at: Option<Time>,
}

/// All rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoliciesView {
    /// Each rule.
    pub policies: Vec<PolicyRow>,
    /// Staff who have no second step yet.
    pub staff_without: Vec<String>,
    /// The one who looks may change them.
    pub can_change: bool,
}
