//! Suspensions: why a CloudPod is offline although its data is kept and its plan goes on.

use crate::Time;
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A reason for which a CloudPod is suspended.
        SuspensionId,
    }
    permissions {
        /// Suspend and unsuspend CloudPods.
        CloudpodsManage "cloudpods:manage" write [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT];
    }
    audit {
        /// A reason to suspend a CloudPod was added.
        SuspensionAdded = "SUSPENSION_ADDED",
        /// A reason to suspend a CloudPod was lifted.
        SuspensionLifted = "SUSPENSION_LIFTED",
        /// A CloudPod was suspended: visitors get a neutral page and nothing runs.
        CloudpodSuspended = "CLOUDPOD_SUSPENDED",
        /// A CloudPod was unsuspended; its site responds.
        CloudpodUnsuspended = "CLOUDPOD_UNSUSPENDED",
    }
}

crate::text_enum! {
    /// Why a CloudPod is suspended.
    SuspensionReason {
        /// An invoice is not paid.
        NonPayment = "NON_PAYMENT",
        /// Abuse: spam, malware, an attack.
        Abuse = "ABUSE",
        /// The owner asked for it.
        OwnerRequest = "OWNER_REQUEST",
        /// It uses more than it may.
        Quota = "QUOTA",
        /// Another reason of staff.
        Staff = "STAFF",
        /// Its account is suspended. Nobody gives this reason to one CloudPod, or lifts it there.
        Account = "ACCOUNT",
    }
}

impl SuspensionReason {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            SuspensionReason::NonPayment => "Unpaid invoice",
            SuspensionReason::Abuse => "Abuse",
            SuspensionReason::OwnerRequest => "Requested by the owner",
            SuspensionReason::Quota => "Over its limits",
            SuspensionReason::Staff => "Administrative reason",
            SuspensionReason::Account => "Account suspended",
        }
    }

    /// Those that staff give, to a CloudPod or to an account.
    pub fn given() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|reason| *reason != SuspensionReason::Account)
    }
}

/// A reason that is not lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SuspensionView {
    /// The reason.
    pub reason: SuspensionReason,
    /// What staff noted; nothing for customers.
    pub note: Option<String>,
    /// Who added it; nothing for customers.
    pub actor: Option<String>,
    /// Since when.
    pub since: Time,
}
