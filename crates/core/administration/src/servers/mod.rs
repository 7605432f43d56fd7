//! Servers: machines that hold pods. They are named, enrolled, probed, equipped and watched here; which of them takes a
//! pod is decided in `hosting/cloudpods`.

mod add;
mod enroll;
mod health;
mod list;
mod look;
mod queries;
mod reconcile;
mod rollout;
mod rules;
mod simulated;
mod state;

#[cfg(test)]
mod tests;

pub use add::add;
pub use enroll::{add_from_cli, enroll, enroll_from_cli, enrollment};
pub use health::{note_node_error, seen, target, target_from};
pub use list::{get, id_by_name, list};
pub use look::{install, probe};
pub use model::administration::servers::ServerInput;
pub use rollout::{announce, hold_rollout, read_rollout, resume_rollout};
pub use simulated::ensure_simulated;
pub use state::{drain, put_back, retire};

use adapters::node::NodeError;
use engine::{Error, Services, text::sentence};
use model::ids::ServerId;

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::CheckServer>();
    modules.reconcilers.add::<rollout::drive::Rollout>();
}

/// What a person reads when a server did not do it. A changed host key stops all work on the server at once.
pub async fn error_for_user(services: &Services, server: ServerId, error: NodeError) -> Error {
    if let Err(unnoted) = note_node_error(services, server, &error).await {
        return unnoted;
    }
    match error {
        NodeError::HostKeyChanged { shown } => {
            Error::conflict(format!("Host key mismatch ({shown}). No data was sent; the server is quarantined until an admin verifies the key."))
        }
        NodeError::Unreachable(why) => Error::unavailable(format!("Server unreachable: {why}.")),
        NodeError::Failed(failure) => Error::conflict(format!("The server reported an error: {failure}.")),
        error @ (NodeError::AgentOutdated { .. } | NodeError::AgentRolledBack { .. }) => Error::conflict(sentence(&error.to_string())),
        NodeError::Protocol(why) => Error::conflict(format!("Agent protocol mismatch: {why}.")),
    }
}
