//! Whether a server may be worked on, and what is noted when it answers or does not.

use super::{list::unknown, queries};
use adapters::node::{NodeClient, NodeError, ServerTarget, fingerprint};
use db::AuditEvent;
use engine::{Error, Result, Services};
use model::{
    administration::servers::{ServerDriver, ServerStatus},
    audit_action::AuditAction,
    ids::ServerId,
};
use serde_json::json;
use sqlx::PgConnection;

/// The way to a server in service. Let go of the transaction before you use it.
///
/// # Errors
/// Not found for an unknown id; conflict for a server that is not in service: pending, quarantined or retired.
pub async fn target(conn: &mut PgConnection, id: ServerId) -> Result<ServerTarget> {
    let server = queries::whole(conn, id).await?.ok_or_else(unknown)?;
    target_of(id, &server)
}

pub(super) fn target_of(id: ServerId, server: &queries::Whole) -> Result<ServerTarget> {
    let why = match server.status {
        ServerStatus::Active | ServerStatus::Draining => {
            return Ok(target_from(id, &server.address, server.host_key.as_deref(), server.driver));
        }
        ServerStatus::Pending => "is not enrolled yet",
        ServerStatus::Quarantined => "is quarantined because its host key changed",
        ServerStatus::Retired => "is retired",
    };
    Err(Error::conflict(format!("The server {} {why}.", server.name)))
}

/// How the links know a server. Whether it is in service is asked before.
pub fn target_from(id: ServerId, address: &str, host_key: Option<&str>, driver: ServerDriver) -> ServerTarget {
    ServerTarget { id, address: address.to_owned(), host_key: host_key.map(str::to_owned), simulated: driver == ServerDriver::Simulated }
}

/// Notes what an error says about a server. A changed host key quarantines it: all work on it stops until a person has
/// looked. Every other error says nothing lasting, and nothing is noted.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn note_node_error(services: &Services, id: ServerId, error: &NodeError) -> Result<()> {
    let NodeError::HostKeyChanged { shown } = error else { return Ok(()) };
    services.part::<dyn NodeClient>().forget(id).await;
    let mut tx = services.db.system("servers").await?;
    let reason = format!("Host key mismatch: got {shown}.");
    let Some((name, pinned)) = queries::quarantine(tx.conn(), id, &reason).await? else { return Ok(()) };
    tracing::error!(server = %name, shown, "host key changed; server quarantined");
    let event = AuditEvent::new(AuditAction::ServerHostKeyChanged, "server", id, name)
        .before(json!({ "host_key": pinned.as_deref().and_then(fingerprint) }))
        .after(json!({ "host_key": shown, "status": ServerStatus::Quarantined }));
    Ok(tx.commit(event).await?)
}

/// Notes that a server has just answered.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn seen(services: &Services, id: ServerId) -> Result<()> {
    let mut tx = services.db.system("servers").await?;
    queries::set_seen(tx.conn(), id, services.now()).await?;
    Ok(tx.commit_progress().await?)
}
