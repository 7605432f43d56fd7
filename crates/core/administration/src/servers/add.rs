//! Naming a server.

use super::{queries, rules::Checked};
use db::{AuditEvent, PlatformTx};
use engine::{Error, Result, Services};
use model::{
    administration::servers::{ServerDriver, ServerInput},
    audit_action::AuditAction,
    ids::ServerId,
    permission::ServersManage,
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// Names a server. It takes part in nothing until it is enrolled.
///
/// # Errors
/// On every field that is not right, and on a name or an address that another server has.
pub async fn add(services: &Services, mut tx: PlatformTx<ServersManage>, input: ServerInput) -> Result<ServerId> {
    let (id, event) = insert(services, tx.conn(), &input).await?;
    tx.commit(event).await?;
    Ok(id)
}

/// The insertion itself, for a person's transaction and for a command's.
pub(super) async fn insert(services: &Services, conn: &mut PgConnection, input: &ServerInput) -> Result<(ServerId, AuditEvent)> {
    let server = Checked::new(input).map_err(Error::invalid)?;
    let id = ServerId(Uuid::now_v7());
    queries::insert(conn, id, &server, ServerDriver::Ssh, services.now()).await.map_err(taken)?;
    let after = json!({ "address": server.address, "region": server.region, "site_address": server.site_address, "tags": server.tags });
    Ok((id, AuditEvent::new(AuditAction::ServerAdded, "server", id, &server.name).after(after)))
}

/// Says which field another server has already.
fn taken(error: sqlx::Error) -> Error {
    match error.as_database_error().and_then(sqlx::error::DatabaseError::constraint) {
        Some("servers_name_key") => Error::field("name", "This name is already in use."),
        Some("servers_address_key") => Error::field("address", "This address is already in use."),
        _ => Error::from(error),
    }
}
