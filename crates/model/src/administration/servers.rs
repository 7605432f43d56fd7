//! Servers: machines that host CloudPods.

use crate::{Time, hosting::cloudpods::PodRow, ids::ServerId};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A machine that hosts CloudPods.
        ServerId,
    }
    permissions {
        /// View servers.
        ServersRead "servers:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT];
        /// Enroll and drain servers, install requirements.
        ServersManage "servers:manage" write covers ServersRead [SUPER_ADMIN, PLATFORM_ADMIN];
    }
    audit {
        /// A server was added.
        ServerAdded = "SERVER_ADDED",
        /// A server was enrolled and its host key pinned.
        ServerEnrolled = "SERVER_ENROLLED",
        /// A server's capabilities were checked.
        ServerProbed = "SERVER_PROBED",
        /// Requirements were installed on a server.
        ServerCapabilityInstalled = "SERVER_CAPABILITY_INSTALLED",
        /// A server was drained.
        ServerDrained = "SERVER_DRAINED",
        /// A server was returned to service.
        ServerReturned = "SERVER_RETURNED",
        /// A drained server was taken out of service for good.
        ServerRetired = "SERVER_RETIRED",
        /// A server's host key changed and it was quarantined.
        ServerHostKeyChanged = "SERVER_HOST_KEY_CHANGED",
        /// The agent on a server was upgraded.
        ServerUpgraded = "SERVER_UPGRADED",
        /// A new agent did not work on a server or was not taken; the one before runs.
        ServerUpgradeFailed = "SERVER_UPGRADE_FAILED",
        /// The rollout of a new agent was held.
        AgentRolloutHeld = "AGENT_ROLLOUT_HELD",
        /// A rollout that was held or had stopped goes on; servers that had failed are tried again.
        AgentRolloutResumed = "AGENT_ROLLOUT_RESUMED",
    }
}

/// Seconds after which a server without a successful check counts as not responding. Servers are checked every 20 seconds: one check may get
/// lost, and a power loss is still noticed within a minute.
pub const SILENT_SECONDS: i64 = 50;

crate::text_enum! {
    /// Status of a server.
    ServerStatus {
        /// Added, but not enrolled yet.
        Pending = "PENDING",
        /// In service.
        Active = "ACTIVE",
        /// Keeps its CloudPods and takes no new ones.
        Draining = "DRAINING",
        /// Its host key changed: nothing is sent to it until an admin verifies the key.
        Quarantined = "QUARANTINED",
        /// Permanently out of service.
        Retired = "RETIRED",
    }
}

crate::text_enum! {
    /// What a server can host.
    Capability {
        /// nginx serves sites.
        Web = "WEB",
        /// Static files.
        Static = "STATIC",
        /// PHP sites with MariaDB.
        Php = "PHP",
        /// WordPress sites.
        Wordpress = "WORDPRESS",
        /// Node.js.
        Node = "NODE",
        /// Zones of DNS.
        Dns = "DNS",
    }
}

crate::text_enum! {
    /// How the panel reaches a server.
    ServerDriver {
        /// SSH over the tailnet.
        Ssh = "SSH",
        /// Simulated inside mPanel, without a machine.
        Simulated = "SIMULATED",
    }
}

/// Whether a server has a capability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CapabilityView {
    /// The capability.
    pub capability: Capability,
    /// Whether the server is ready for it.
    pub ready: bool,
    /// Missing requirements with their fixes.
    pub missing: Option<String>,
}

/// A server in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerRow {
    /// The server.
    pub id: ServerId,
    /// Name.
    pub name: String,
    /// Region.
    pub region: String,
    /// Its address on the tailnet.
    pub address: String,
    /// Its status.
    pub status: ServerStatus,
    /// Reason for the status, if known.
    pub status_reason: Option<String>,
    /// How the panel connects to it.
    pub driver: ServerDriver,
    /// Number of CloudPods on it.
    pub pods: i64,
    /// Allocated and total memory, in MiB.
    pub memory_mb: (i64, i64),
    /// Allocated and total disk, in MiB.
    pub disk_mb: (i64, i64),
    /// Allocated and total CPU, in millicores.
    pub cpu_millis: (i64, i64),
    /// Last successful check.
    pub last_seen_at: Option<Time>,
}

/// A server in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerView {
    /// The same data as in the list.
    pub server: ServerRow,
    /// Public address of its sites.
    pub site_address: String,
    /// Maximum number of CloudPods.
    pub max_pods: i32,
    /// The pinned host key, as `SHA256:…`.
    pub host_key_fingerprint: Option<String>,
    /// Agent version.
    pub node_version: Option<String>,
    /// Operating system and kernel.
    pub system: Option<String>,
    /// Its capabilities.
    pub capabilities: Vec<CapabilityView>,
    /// Tags for placement.
    pub tags: Vec<String>,
    /// When it was enrolled.
    pub enrolled_at: Option<Time>,
    /// Its pods, newest first, at most 50.
    pub pods: Vec<PodRow>,
}

/// Input to add a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerInput {
    /// Short name, such as `web1`.
    pub name: String,
    /// Its address on the tailnet.
    pub address: String,
    /// Region, such as `eu-central`.
    pub region: String,
    /// Public address of its sites; defaults to `address`.
    #[serde(default)]
    pub site_address: Option<String>,
    /// Tags for placement.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// What an admin needs to enroll a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EnrollmentView {
    /// The server.
    pub id: ServerId,
    /// Command to run on the server as root.
    pub command: String,
    /// Fingerprint of the server's current host key, as `SHA256:…`; none while the server does not respond.
    pub fingerprint: Option<String>,
    /// Why there is no fingerprint.
    pub problem: Option<String>,
}
