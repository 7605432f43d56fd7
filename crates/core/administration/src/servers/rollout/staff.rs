//! What staff sees of a rollout, and does about it.

use super::{queries, rules};
use adapters::node::NodeClient;
use db::{AuditEvent, PlatformRead, PlatformTx};
use engine::{Error, Result, Services};
use model::{
    administration::agent_rollout::{RolloutView, UpgradeStatus},
    audit_action::AuditAction,
    permission::{ServersManage, ServersRead},
};
use serde_json::json;

/// Servers that are shown.
const SHOWN: usize = 100;

/// The rollout of the agent that counts; before the first worker has announced one, of the one that this panel ships.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn read_rollout(services: &Services, tx: &mut impl PlatformRead<ServersRead>) -> Result<RolloutView> {
    let agent = services.part::<dyn NodeClient>().agent();
    let (sha256, version, held_at) = queries::current(tx.conn()).await?.unwrap_or((agent.sha256, agent.version, None));
    let all: Vec<_> = queries::servers(tx.conn(), &sha256).await?.into_iter().map(queries::Row::view).collect();
    let status = rules::status(held_at.is_some(), all.iter().map(|server| server.status));
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let left: Vec<_> = all.into_iter().filter(|server| server.status != UpgradeStatus::Done).collect();
    let done = total - i64::try_from(left.len()).unwrap_or(i64::MAX);
    Ok(RolloutView { version, sha256, status, done, total, servers: left.into_iter().take(SHOWN).collect() })
}

/// Lets no further server get the new agent. Those that are getting it come to an end.
///
/// # Errors
/// Conflict when it is held already.
pub async fn hold_rollout(services: &Services, mut tx: PlatformTx<ServersManage>) -> Result<()> {
    let (sha256, version, held_at) = queries::locked(tx.conn()).await?.ok_or_else(none)?;
    if held_at.is_some() {
        return Err(Error::conflict("The agent rollout is already held."));
    }
    queries::set_held(tx.conn(), &sha256, Some(services.now())).await?;
    let event = AuditEvent::new(AuditAction::AgentRolloutHeld, "agent_release", &sha256, &version);
    Ok(tx.commit(event.after(json!({ "held": true }))).await?)
}

/// Lets a rollout go on that is held or has stopped; servers on which the agent failed are tried again.
///
/// # Errors
/// Conflict when there is nothing to resume.
pub async fn resume_rollout(services: &Services, mut tx: PlatformTx<ServersManage>) -> Result<()> {
    let (sha256, version, held_at) = queries::locked(tx.conn()).await?.ok_or_else(none)?;
    let retried = queries::retry_failed(tx.conn(), &sha256, services.now()).await?;
    if held_at.is_none() && retried == 0 {
        return Err(Error::conflict("The agent rollout is neither held nor stopped."));
    }
    queries::set_held(tx.conn(), &sha256, None).await?;
    let event = AuditEvent::new(AuditAction::AgentRolloutResumed, "agent_release", &sha256, &version);
    Ok(tx.commit(event.before(json!({ "held": held_at.is_some() })).after(json!({ "held": false, "retried": retried }))).await?)
}

fn none() -> Error {
    Error::not_found("The agent rollout")
}
