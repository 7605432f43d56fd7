//! A server that is none: for a demonstration where no machine can be had.

use super::{
    look::{ask_probe, or_told, store, summary},
    queries,
    reconcile::CheckServer,
    rules::Checked,
};
use adapters::node::ServerTarget;
use db::AuditEvent;
use engine::{
    Result, Services,
    reconcile::{Reconciler, touch},
};
use model::{
    administration::servers::{ServerDriver, ServerStatus},
    audit_action::AuditAction,
    ids::ServerId,
};
use serde_json::json;
use uuid::Uuid;

/// Its name, which is its address too: it has no other.
const NAME: &str = "simulated";

/// The simulated server, made and taken into service at the first call.
///
/// # Errors
/// When the simulation is not switched on, or PostgreSQL does not answer.
pub async fn ensure_simulated(services: &Services) -> Result<ServerId> {
    let mut tx = services.db.system("simulation").await?;
    if let Some(id) = queries::by_name(tx.conn(), NAME).await? {
        return Ok(id);
    }
    tx.finish().await?;
    let id = ServerId(Uuid::now_v7());
    let target = ServerTarget { id, address: NAME.to_owned(), host_key: None, simulated: true };
    let report = ask_probe(services, &target).await;
    let report = or_told(services, id, report).await?;
    let server = Checked {
        name: NAME.to_owned(),
        address: NAME.to_owned(),
        region: "local".to_owned(),
        site_address: "127.0.0.1".to_owned(),
        tags: Vec::new(),
    };
    let mut tx = services.db.system("simulation").await?;
    queries::insert(tx.conn(), id, &server, ServerDriver::Simulated, services.now()).await?;
    store(services, tx.conn(), id, &report).await?;
    queries::take_into_service(tx.conn(), id, None, services.now()).await?;
    touch(tx.conn(), CheckServer::NAME, id.0, services.now()).await?;
    tx.record(AuditEvent::new(AuditAction::ServerAdded, "server", id, NAME).after(json!({ "driver": ServerDriver::Simulated })));
    let after = json!({ "status": ServerStatus::Active, "probe": summary(&report) });
    tx.commit(AuditEvent::new(AuditAction::ServerEnrolled, "server", id, NAME).after(after)).await?;
    Ok(id)
}
