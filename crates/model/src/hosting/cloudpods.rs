//! CloudPods: customers' hosted environments.

pub use super::pod_limits::{Limits, NetworkAccess, SLEEP_MINUTES, SleepRule};

use super::suspensions::SuspensionView;
use crate::{
    Time,
    administration::{provisioning::JobRow, servers::Capability},
    ids::{CloudPodId, ServerId, SubscriptionId, TenantId},
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A customer's hosted environment.
        CloudPodId,
    }
    permissions {
        /// View CloudPods.
        CloudpodsRead "cloudpods:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER, TENANT_USER];
        /// Restart the programs of CloudPods.
        CloudpodsWrite "cloudpods:write" write [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER];
        /// Delete CloudPods.
        CloudpodsDelete "cloudpods:delete" step_up covers CloudpodsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    }
    audit {
        /// A CloudPod was ordered.
        CloudpodRequested = "CLOUDPOD_REQUESTED",
        /// A CloudPod was placed on a server.
        CloudpodPlaced = "CLOUDPOD_PLACED",
        /// A CloudPod was provisioned; its site responds.
        CloudpodProvisioned = "CLOUDPOD_PROVISIONED",
        /// Provisioning of a CloudPod failed and was rolled back.
        CloudpodFailed = "CLOUDPOD_FAILED",
        /// Deletion of a CloudPod was requested.
        CloudpodDeletionRequested = "CLOUDPOD_DELETION_REQUESTED",
        /// A CloudPod is offline; its data is kept for the grace period.
        CloudpodHeld = "CLOUDPOD_HELD",
        /// The limits of a CloudPod were changed; its server has them.
        CloudpodScaled = "CLOUDPOD_SCALED",
        /// A restart of a CloudPod's services and database was requested.
        CloudpodRestartRequested = "CLOUDPOD_RESTART_REQUESTED",
        /// A CloudPod was moved to another server; its site responds there.
        CloudpodMigrated = "CLOUDPOD_MIGRATED",
        /// The move of a CloudPod was planned; the TTLs of its addresses were lowered.
        CloudpodMovePlanned = "CLOUDPOD_MOVE_PLANNED",
        /// A planned move of a CloudPod was cancelled, or could not begin.
        CloudpodMoveCancelled = "CLOUDPOD_MOVE_CANCELLED",
        /// Staff chose what is done when a CloudPod differs from its plan.
        CloudpodDriftPolicySet = "CLOUDPOD_DRIFT_POLICY_SET",
        /// The limits that a CloudPod was found to have on its server became what it should have.
        CloudpodLimitsAdopted = "CLOUDPOD_LIMITS_ADOPTED",
        /// A CloudPod that differed from its plan was made as planned again.
        CloudpodHealed = "CLOUDPOD_HEALED",
        /// A CloudPod was purged from its server.
        CloudpodDeleted = "CLOUDPOD_DELETED",
    }
}

crate::text_enum! {
    /// Stack of a CloudPod.
    Stack {
        /// WordPress, on PHP and MariaDB.
        Wordpress = "WORDPRESS",
        /// PHP with a MariaDB database.
        Php = "PHP",
        /// A Node.js application.
        Node = "NODE",
        /// Static files.
        Static = "STATIC",
    }
}

impl Stack {
    /// Name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Stack::Wordpress => "WordPress",
            Stack::Php => "PHP",
            Stack::Node => "Node",
            Stack::Static => "Static files",
        }
    }

    /// The capability that a server needs for it.
    pub const fn capability(self) -> Capability {
        match self {
            Stack::Wordpress => Capability::Wordpress,
            Stack::Php => Capability::Php,
            Stack::Node => Capability::Node,
            Stack::Static => Capability::Static,
        }
    }

    /// The runtimes that its sites can use. The first one is used where a plan names none; static files need none.
    pub const fn runtimes(self) -> &'static [Runtime] {
        match self {
            Stack::Wordpress | Stack::Php => &[Runtime::Php84, Runtime::Php82],
            Stack::Node => &[Runtime::Node24, Runtime::Node20, Runtime::Node18],
            Stack::Static => &[],
        }
    }

    /// The runtime of sites whose plan names none.
    pub const fn default_runtime(self) -> Option<Runtime> {
        self.runtimes().first().copied()
    }

    /// Name for people, with the version that a site runs on: `WordPress, PHP 8.4`.
    pub fn title_with(self, runtime: Option<Runtime>) -> String {
        match (self, runtime) {
            (Stack::Wordpress, Some(runtime)) => format!("{}, {}", self.title(), runtime.title()),
            (_, Some(runtime)) => runtime.title().to_owned(),
            (_, None) => self.title().to_owned(),
        }
    }
}

crate::text_enum! {
    /// A version of a language that sites run on; its value is the name of the artifact that carries it.
    Runtime {
        /// PHP 8.2.
        Php82 = "php8.2",
        /// PHP 8.4.
        Php84 = "php8.4",
        /// Node.js 18.
        Node18 = "node18",
        /// Node.js 20.
        Node20 = "node20",
        /// Node.js 24.
        Node24 = "node24",
    }
}

impl Runtime {
    /// Name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Runtime::Php82 => "PHP 8.2",
            Runtime::Php84 => "PHP 8.4",
            Runtime::Node18 => "Node.js 18",
            Runtime::Node20 => "Node.js 20",
            Runtime::Node24 => "Node.js 24",
        }
    }

    /// The last day with security updates, as its project says: <https://www.php.net/supported-versions.php> and
    /// <https://github.com/nodejs/Release#release-schedule>. Year, month and day.
    const fn end_of_life(self) -> (i32, u32, u32) {
        match self {
            Runtime::Php82 => (2026, 12, 31),
            Runtime::Php84 => (2028, 12, 31),
            Runtime::Node18 => (2025, 4, 30),
            Runtime::Node20 => (2026, 4, 30),
            Runtime::Node24 => (2028, 4, 30),
        }
    }

    /// Whether the last day with security updates is over.
    pub fn has_ended(self, at: Time) -> bool {
        at.format("%Y-%m-%d").to_string() > self.last_day()
    }

    /// The last day with security updates: `2028-12-31`.
    pub fn last_day(self) -> String {
        let (year, month, day) = self.end_of_life();
        format!("{year}-{month:02}-{day:02}")
    }
}

crate::text_enum! {
    /// Status of a CloudPod. It is RUNNING only after its site responded with the expected page.
    PodStatus {
        /// Paid; its job has not started.
        Requested = "REQUESTED",
        /// Its job is running.
        Provisioning = "PROVISIONING",
        /// Its site responded.
        Running = "RUNNING",
        /// Provisioning failed.
        Failed = "FAILED",
        /// Being taken offline because it is to be suspended.
        Suspending = "SUSPENDING",
        /// Suspended: visitors get a neutral page, nothing runs.
        Suspended = "SUSPENDED",
        /// Being brought back online.
        Unsuspending = "UNSUSPENDING",
        /// Deletion is in progress.
        Deleting = "DELETING",
        /// Offline; data is kept for the grace period.
        Held = "HELD",
        /// Deleted.
        Deleted = "DELETED",
    }
}

crate::text_enum! {
    /// What a CloudPod should be.
    DesiredState {
        /// It serves its sites.
        Running = "RUNNING",
        /// Suspended for at least one reason.
        Suspended = "SUSPENDED",
        /// Offline; data is kept.
        Held = "HELD",
        /// Nothing of it is on a server.
        Absent = "ABSENT",
    }
}

crate::text_enum! {
    /// What a CloudPod was seen to be on its server.
    ObservedState {
        /// Nothing of it is there.
        Absent = "ABSENT",
        /// Every part is as it should be and the sites respond.
        Running = "RUNNING",
        /// Off on purpose: visitors get a neutral page, nothing runs.
        Suspended = "SUSPENDED",
        /// Stopped, its data kept.
        Held = "HELD",
        /// A part is missing or wrong.
        Broken = "BROKEN",
    }
}

crate::text_enum! {
    /// What is done about a CloudPod that differs from its plan. Changes made by hand on the server are kept unless it is `HEAL`.
    DriftPolicy {
        /// It is shown and staff are told; nothing is changed.
        Alert = "ALERT",
        /// Limits that were changed on the server become those of the plan; everything else is shown and told.
        Adopt = "ADOPT",
        /// The plan is applied again.
        Heal = "HEAL",
    }
}

impl DriftPolicy {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            DriftPolicy::Alert => "Alert only",
            DriftPolicy::Adopt => "Adopt limits",
            DriftPolicy::Heal => "Repair",
        }
    }

    /// What it does, for people.
    pub const fn description(self) -> &'static str {
        match self {
            DriftPolicy::Alert => "Show the differences and email staff. Changes made by hand are kept.",
            DriftPolicy::Adopt => {
                "Keep CPU, memory, disk and process limits that were changed on the server. Other differences are shown and emailed."
            }
            DriftPolicy::Heal => "Apply the plan again. Files changed by hand are replaced; the server keeps a copy.",
        }
    }
}

/// How a CloudPod differs from what was ordered, by its server's own plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PodDrift {
    /// What would have to change, a line each.
    pub differences: Vec<String>,
    /// Since when it differs.
    pub since: Option<Time>,
    /// Why the last comparison failed, if it did.
    pub error: Option<String>,
    /// When the server was last asked.
    pub checked_at: Option<Time>,
    /// What is done about it; nothing where the installation's default applies.
    pub policy: Option<DriftPolicy>,
    /// The installation's default.
    pub default_policy: DriftPolicy,
}

impl PodStatus {
    /// Whether it is on a server, running or suspended: not being created, failed, or being deleted.
    pub const fn is_placed(self) -> bool {
        matches!(self, PodStatus::Running | PodStatus::Suspending | PodStatus::Suspended | PodStatus::Unsuspending)
    }
}

/// A CloudPod in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PodRow {
    /// The pod.
    pub id: CloudPodId,
    /// Name, also used on the server.
    pub name: String,
    /// The customer it belongs to.
    pub tenant: TenantId,
    /// Name of the customer.
    pub tenant_name: String,
    /// The server it is placed on.
    pub server: Option<ServerId>,
    /// Name of the server.
    pub server_name: Option<String>,
    /// Whether that server is simulated.
    pub simulated: bool,
    /// Its status.
    pub status: PodStatus,
    /// What it was seen to be at `observed_at`.
    pub observed_state: Option<ObservedState>,
    /// Since when all its sites that are not stopped are asleep: nobody visits them, and they start with the next visit.
    pub asleep_since: Option<Time>,
    /// The stack.
    pub stack: Stack,
    /// Its domain.
    pub domain: String,
    /// URL of its site.
    pub site_url: String,
    /// When it was last checked on its server.
    pub observed_at: Option<Time>,
    /// When it was ordered.
    pub created_at: Time,
}

/// Result of the last check of a CloudPod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PodObservation {
    /// Disk in use, in bytes.
    pub disk_bytes: Option<u64>,
    /// Memory in use, in bytes.
    pub memory_bytes: Option<u64>,
    /// Processes and threads.
    pub tasks: Option<u64>,
    /// HTTP status of its site, requested on the server.
    pub http_status: Option<u16>,
    /// Title of its page.
    pub title: Option<String>,
}

/// A CloudPod in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PodView {
    /// The same data as in the list.
    pub pod: PodRow,
    /// Code of its plan.
    pub plan_code: String,
    /// The subscription that pays for it.
    pub subscription: SubscriptionId,
    /// Resource limits.
    pub limits: Limits,
    /// Title of its site.
    pub site_title: String,
    /// What its site runs on; none for static files.
    pub runtime: Option<Runtime>,
    /// What it should be.
    pub desired_state: DesiredState,
    /// Why it is suspended; empty when it is not.
    pub suspensions: Vec<SuspensionView>,
    /// How it differs from what was ordered; for staff.
    pub drift: Option<PodDrift>,
    /// Result of the last check, made at `pod.observed_at`.
    pub observed: Option<PodObservation>,
    /// End of the grace period, while deletion is pending.
    pub held_until: Option<Time>,
    /// Its jobs, newest first, at most 20.
    pub jobs: Vec<JobRow>,
}

/// A server that a CloudPod can be moved to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MigrationTarget {
    /// The server.
    pub server: ServerId,
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// Memory that is not promised to others, in MiB.
    pub free_memory_mb: i64,
    /// Disk that is not promised to others, in MiB.
    pub free_disk_mb: i64,
}

/// A move of a CloudPod that waits until resolvers have forgotten its old address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlannedMoveView {
    /// The server that it goes to.
    pub server: ServerId,
    /// Its name.
    pub server_name: String,
    /// When it was planned.
    pub planned_at: Time,
    /// When it begins; nothing until all name servers answer with the lowered TTLs.
    pub due_at: Option<Time>,
    /// Its job, once it has begun.
    pub job: Option<crate::ids::JobId>,
    /// Why it could not begin.
    pub failure: Option<String>,
}

/// What a move to a server would do there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MigrationPreview {
    /// The server.
    pub server: ServerId,
    /// Its name.
    pub server_name: String,
    /// What that server would make, a line each, by its own plan. Empty where runtime or application are not on it yet: they are uploaded first.
    pub changes: Vec<String>,
}
