//! Taking a server out of the choice for new pods, and back.

use super::{list::unknown, queries};
use db::{AuditEvent, PlatformTx};
use engine::{Error, Result, Services, text::minute};
use model::{administration::servers::ServerStatus, audit_action::AuditAction, ids::ServerId, permission::ServersManage};
use serde_json::json;

/// Lets a server keep its pods and take no new ones.
///
/// # Errors
/// Conflict when it is not in service.
pub async fn drain(services: &Services, tx: PlatformTx<ServersManage>, id: ServerId) -> Result<()> {
    let reason = format!("Draining since {}.", minute(services.now()));
    turn(tx, id, ServerStatus::Active, ServerStatus::Draining, &reason, AuditAction::ServerDrained).await
}

/// Lets a draining server take new pods again.
///
/// # Errors
/// Conflict when it is not draining.
pub async fn put_back(_services: &Services, tx: PlatformTx<ServersManage>, id: ServerId) -> Result<()> {
    turn(tx, id, ServerStatus::Draining, ServerStatus::Active, "", AuditAction::ServerReturned).await
}

/// Takes a draining server out of service for good.
///
/// # Errors
/// Conflict when it is not draining, is a name server, or anything of a CloudPod is on it, on its way to it, or is sent on by it.
pub async fn retire(_services: &Services, mut tx: PlatformTx<ServersManage>, id: ServerId) -> Result<()> {
    let (pods, remains, is_name_server) = queries::used_by(tx.conn(), id).await?;
    if pods > 0 {
        return Err(Error::conflict(format!("{pods} CloudPods are on this server. Move or delete them first.")));
    }
    if remains > 0 {
        return Err(Error::conflict(format!("This server still sends visitors of {remains} moved CloudPods on. That ends a day after each move.")));
    }
    if is_name_server {
        return Err(Error::conflict("This server is a name server. Remove it from the name servers first."));
    }
    turn(tx, id, ServerStatus::Draining, ServerStatus::Retired, "", AuditAction::ServerRetired).await
}

async fn turn(
    mut tx: PlatformTx<ServersManage>,
    id: ServerId,
    from: ServerStatus,
    to: ServerStatus,
    reason: &str,
    action: AuditAction,
) -> Result<()> {
    let server = queries::whole(tx.conn(), id).await?.ok_or_else(unknown)?;
    if !queries::turn(tx.conn(), id, from, to, reason).await? {
        return Err(Error::conflict(format!("{} is {}.", server.name, server.status)));
    }
    let event = AuditEvent::new(action, "server", id, server.name).before(json!({ "status": from })).after(json!({ "status": to }));
    Ok(tx.commit(event).await?)
}
