//! How the agent that a panel ships comes to its servers.

use crate::{Time, ids::ServerId};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// How the agent of one server stands to the one that the panel ships.
    UpgradeStatus {
        /// It is to be replaced.
        Behind = "BEHIND",
        /// It is being replaced.
        Running = "RUNNING",
        /// It could not be replaced yet; it is tried again by itself.
        Waiting = "WAITING",
        /// It is the one that the panel ships.
        Done = "DONE",
        /// The new one did not work there or was not taken. The one before runs.
        Failed = "FAILED",
    }
}

crate::text_enum! {
    /// How a rollout stands.
    RolloutStatus {
        /// Servers get the new agent.
        Running = "RUNNING",
        /// Staff holds it.
        Held = "HELD",
        /// It stopped by itself because a server failed.
        Stopped = "STOPPED",
        /// Every server has the agent.
        Completed = "COMPLETED",
    }
}

/// One server in a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerUpgrade {
    /// The server.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Version of its agent, where one is known.
    pub version: Option<String>,
    /// How it stands.
    pub status: UpgradeStatus,
    /// Why it waits or failed.
    pub reason: Option<String>,
    /// Since when.
    pub changed_at: Option<Time>,
}

/// The rollout of the agent that the panel ships.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RolloutView {
    /// Version of the agent.
    pub version: String,
    /// Its checksum.
    pub sha256: String,
    /// How the rollout stands.
    pub status: RolloutStatus,
    /// Servers in service that have the agent.
    pub done: i64,
    /// Servers in service.
    pub total: i64,
    /// Those that have it not, failed ones first, at most 100.
    pub servers: Vec<ServerUpgrade>,
}
