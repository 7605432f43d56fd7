//! CloudPods: a tenant's hosted environments.

use crate::{
    Time,
    administration::{provisioning::JobRow, servers::Capability},
    ids::{CloudPodId, ServerId, SubscriptionId, TenantId},
};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// What a pod runs.
    Stack {
        /// WordPress, on PHP and MariaDB.
        Wordpress = "WORDPRESS",
        /// PHP with a MariaDB database.
        Php = "PHP",
        /// A Node program.
        Node = "NODE",
        /// Plain files.
        Static = "STATIC",
    }
}

impl Stack {
    /// Its name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Stack::Wordpress => "WordPress",
            Stack::Php => "PHP",
            Stack::Node => "Node",
            Stack::Static => "Static files",
        }
    }

    /// What a server must be able to do for it.
    pub const fn capability(self) -> Capability {
        match self {
            Stack::Wordpress => Capability::Wordpress,
            Stack::Php => Capability::Php,
            Stack::Node => Capability::Node,
            Stack::Static => Capability::Static,
        }
    }
}

crate::text_enum! {
    /// State of a pod. It says RUNNING only after its page answered with what was asked for.
    PodStatus {
        /// Paid for; its job has not begun.
        Requested = "REQUESTED",
        /// Its job is at work.
        Provisioning = "PROVISIONING",
        /// Its page answered.
        Running = "RUNNING",
        /// It could not be made.
        Failed = "FAILED",
        /// It is being taken away.
        Deleting = "DELETING",
        /// It is off; its data is kept for the grace period.
        Held = "HELD",
        /// It is gone.
        Deleted = "DELETED",
    }
}

/// What a pod may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Limits {
    /// CPU in thousandths of a core.
    #[serde(default)]
    pub cpu_millis: i32,
    /// Memory in MiB.
    #[serde(default)]
    pub memory_mb: i32,
    /// Disk in MiB.
    #[serde(default)]
    pub disk_mb: i32,
    /// Most processes and threads.
    #[serde(default)]
    pub tasks: i32,
}

impl Limits {
    /// The sum, field by field.
    pub const fn plus(self, more: Self) -> Self {
        Self {
            cpu_millis: self.cpu_millis.saturating_add(more.cpu_millis),
            memory_mb: self.memory_mb.saturating_add(more.memory_mb),
            disk_mb: self.disk_mb.saturating_add(more.disk_mb),
            tasks: self.tasks.saturating_add(more.tasks),
        }
    }
}

/// A pod in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PodRow {
    /// The pod.
    pub id: CloudPodId,
    /// Its name, which is also its name on the server.
    pub name: String,
    /// Whose.
    pub tenant: TenantId,
    /// Name of that customer.
    pub tenant_name: String,
    /// Where it stands, once it has a place.
    pub server: Option<ServerId>,
    /// Name of that server.
    pub server_name: Option<String>,
    /// Whether that server is a simulation.
    pub simulated: bool,
    /// Its state.
    pub status: PodStatus,
    /// What it runs.
    pub stack: Stack,
    /// Its domain.
    pub domain: String,
    /// Address of its site.
    pub site_url: String,
    /// When its state was seen on the server.
    pub observed_at: Option<Time>,
    /// When it was ordered.
    pub created_at: Time,
}

/// What was seen of a pod on its server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PodObservation {
    /// Disk in use, in bytes.
    pub disk_bytes: Option<u64>,
    /// Memory in use, in bytes.
    pub memory_bytes: Option<u64>,
    /// Processes and threads.
    pub tasks: Option<u64>,
    /// HTTP status of its page, asked on the server.
    pub http_status: Option<u16>,
    /// Title of its page.
    pub title: Option<String>,
}

/// A pod, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PodView {
    /// As in the list.
    pub pod: PodRow,
    /// Code of its plan.
    pub plan_code: String,
    /// The subscription that pays for it.
    pub subscription: SubscriptionId,
    /// What it may use.
    pub limits: Limits,
    /// Title of its site.
    pub site_title: String,
    /// What was seen last, with `pod.observed_at`.
    pub observed: Option<PodObservation>,
    /// Until when its data is kept, while it is held.
    pub held_until: Option<Time>,
    /// Its jobs, newest first, at most 20.
    pub jobs: Vec<JobRow>,
}
