//! Servers: machines that hold pods.

use crate::{Time, hosting::cloudpods::PodRow, ids::ServerId};
use serde::{Deserialize, Serialize};

/// A server whose last word is older, in seconds, is not known to be well. It is looked at every 20 seconds: one look may get lost, and a
/// host without power is known within a minute all the same.
pub const SILENT_SECONDS: i64 = 50;

crate::text_enum! {
    /// State of a server.
    ServerStatus {
        /// Named, but not enrolled yet.
        Pending = "PENDING",
        /// In service.
        Active = "ACTIVE",
        /// Keeps its pods, takes no new ones.
        Draining = "DRAINING",
        /// Its host key changed: nothing is sent to it until a person has looked.
        Quarantined = "QUARANTINED",
        /// Out of service for good.
        Retired = "RETIRED",
    }
}

crate::text_enum! {
    /// What a server can be used for.
    Capability {
        /// nginx answers for sites.
        Web = "WEB",
        /// Sites of plain files.
        Static = "STATIC",
        /// PHP sites with a database.
        Php = "PHP",
        /// WordPress sites.
        Wordpress = "WORDPRESS",
        /// Node programs.
        Node = "NODE",
    }
}

crate::text_enum! {
    /// How the panel reaches a server.
    ServerDriver {
        /// By SSH over the tailnet.
        Ssh = "SSH",
        /// No machine at all: a simulation inside mPanel.
        Simulated = "SIMULATED",
    }
}

/// Whether a server can do one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CapabilityView {
    /// The thing.
    pub capability: Capability,
    /// Whether it can.
    pub ready: bool,
    /// What is missing, and the remedy.
    pub missing: Option<String>,
}

/// A server in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerRow {
    /// The server.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub region: String,
    /// Its address on the tailnet.
    pub address: String,
    /// Its state.
    pub status: ServerStatus,
    /// Why it is in that state, where a reason is known.
    pub status_reason: Option<String>,
    /// How it is reached.
    pub driver: ServerDriver,
    /// Pods on it.
    pub pods: i64,
    /// Taken and whole memory, in MiB.
    pub memory_mb: (i64, i64),
    /// Taken and whole disk, in MiB.
    pub disk_mb: (i64, i64),
    /// Taken and whole CPU, in thousandths of a core.
    pub cpu_millis: (i64, i64),
    /// When it answered last.
    pub last_seen_at: Option<Time>,
}

/// A server, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerView {
    /// As in the list.
    pub server: ServerRow,
    /// Where its sites answer.
    pub site_address: String,
    /// Most pods it takes.
    pub max_pods: i32,
    /// The pinned host key, as `SHA256:…`.
    pub host_key_fingerprint: Option<String>,
    /// Version of the program on it.
    pub node_version: Option<String>,
    /// Operating system and kernel, as the server says.
    pub system: Option<String>,
    /// What it can do.
    pub capabilities: Vec<CapabilityView>,
    /// Free words for selection.
    pub tags: Vec<String>,
    /// When it was enrolled.
    pub enrolled_at: Option<Time>,
    /// Its pods, newest first, at most 50.
    pub pods: Vec<PodRow>,
}

/// A server to be named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerInput {
    /// Short name, such as `web1`.
    pub name: String,
    /// Its address on the tailnet.
    pub address: String,
    /// Where it stands, such as `eu-central`.
    pub region: String,
    /// Where its sites answer for visitors; nothing when that is the same address.
    #[serde(default)]
    pub site_address: Option<String>,
    /// Free words for selection.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// What a person needs to bring a named server into service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EnrolmentView {
    /// The server.
    pub id: ServerId,
    /// The one line to run on the server, as root.
    pub command: String,
    /// The host key the server shows now, as `SHA256:…`; nothing while it does not answer.
    pub fingerprint: Option<String>,
    /// Why there is no fingerprint.
    pub problem: Option<String>,
}
