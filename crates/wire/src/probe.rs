//! What a server is and what it can carry.

use serde::{Deserialize, Serialize};

use crate::spec::ArtifactRef;

/// What a server can be asked to carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Capability {
    /// Sites over HTTP; the others build on it.
    Web,
    /// Files served as they are.
    Static,
    /// PHP with a database.
    Php,
    /// Node programs.
    Node,
    /// WordPress.
    Wordpress,
    /// Zones of DNS. Needs nothing of the others.
    Dns,
}

impl Capability {
    /// All of them, base first.
    pub const ALL: [Self; 6] = [Self::Web, Self::Static, Self::Php, Self::Node, Self::Wordpress, Self::Dns];
}

/// A server as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// Version of the program that answers.
    pub version: String,
    /// Checksum of the program that answers.
    pub node_sha256: Option<String>,
    /// Host name.
    pub hostname: String,
    /// Name of the system, as `Debian GNU/Linux 12 (bookworm)`.
    pub os: String,
    /// Kernel release.
    pub kernel: String,
    /// Machine type, as `x86_64`.
    pub arch: String,
    /// Version number of systemd, 0 when it does not run.
    pub systemd: u32,
    /// Control groups: `v1`, `hybrid` or `v2`.
    pub cgroup: String,
    /// Processors.
    pub cpus: u32,
    /// Memory in MiB.
    pub memory_mb: u64,
    /// Memory that is free for use, in MiB.
    pub memory_free_mb: u64,
    /// Load average over one minute, in hundredths.
    pub load_centi: u32,
    /// Seconds since the machine started.
    pub uptime_s: u64,
    /// The server's clock, milliseconds since 1970 (UTC).
    pub time_ms: i64,
    /// Where pods keep their files.
    pub storage: Storage,
    /// Version of nginx, when installed.
    pub nginx: Option<String>,
    /// Version of MariaDB, when installed.
    pub mariadb: Option<String>,
    /// Version of nftables, when installed.
    #[serde(default)]
    pub nftables: Option<String>,
    /// Whether each capability can be used.
    pub capabilities: Vec<CapabilityState>,
    /// Shipped files that are on the server.
    pub artifacts: Vec<ArtifactRef>,
    /// How many pods are on the server, held ones included.
    pub pods: u32,
}

/// Where pods keep their files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// The folder.
    pub path: String,
    /// Kind of file system, as `btrfs`.
    pub filesystem: String,
    /// Size in MiB.
    pub total_mb: u64,
    /// Free in MiB.
    pub free_mb: u64,
    /// True when a pod's limit is enforced by the file system.
    pub enforces_limits: bool,
}

/// Whether a capability can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapabilityState {
    /// Which.
    pub capability: Capability,
    /// True when nothing is missing.
    pub ready: bool,
    /// What is missing.
    pub missing: Vec<MissingRequirement>,
}

/// Something a capability needs and the server has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingRequirement {
    /// What, as `nginx`.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// True when the `install` verb does it.
    pub installable: bool,
}
