//! What should hold of zones and of the servers that answer for them.

mod servers;

pub(super) use servers::ZoneServers;

use super::{
    challenges,
    queries::{self, Zone},
    rules::next_serial,
};
use crate::domains::display;
use db::AuditEvent;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch_on_servers},
};
use model::{Time, audit_action::AuditAction, counted, hosting::dns::MIN_NAME_SERVERS, ids::DnsZoneId};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Sees that zones are of whoever has their domain, and name the name servers that there are. Asks no server: [`ZoneServers`] does.
pub(super) struct Zones;

impl Reconciler for Zones {
    const NAME: &'static str = "dns_zone";
    const TITLE: &'static str = "DNS zones have an owner and name servers";
    const INTERVAL: Duration = Duration::from_secs(60);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::to_reconcile(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let id = DnsZoneId(key);
        let mut tx = services.db.system("reconciler").await?;
        let Some(zone) = queries::lock(tx.conn(), id).await? else { return Ok(Outcome::Removed) };
        let subject = display(&zone.name);
        let mut differences = Vec::new();
        // A job that was killed may have left answers to an authority.
        let has_leftovers = challenges::remove_ended(tx.conn(), id).await?;
        if zone.removed_at.is_none() && !zone.is_owned {
            queries::set_removed(tx.conn(), id, services.now()).await?;
            touch_servers(tx.conn(), id, services.now()).await?;
            let event = AuditEvent::new(AuditAction::DnsChanged, "dns_zone", id, &zone.name).in_tenant(zone.tenant_id);
            tx.record(event.after(serde_json::json!({ "removed": true, "reason": "the domain is no longer this account's" })));
        } else if zone.removed_at.is_none() {
            let name_servers = queries::name_servers(tx.conn()).await?;
            differences.extend(too_few(name_servers.len()));
            renew(services, tx.conn(), &zone, &name_servers, has_leftovers).await?;
        } else if !queries::has_servers(tx.conn(), id).await? {
            return Ok(Outcome::Removed);
        }
        tx.commit_progress().await?;
        Ok(Outcome::Checked { subject, server: None, differences })
    }
}

fn too_few(count: usize) -> Option<String> {
    (count < MIN_NAME_SERVERS).then(|| format!("{}; at least {MIN_NAME_SERVERS} are needed.", counted(count, "name server")))
}

/// A zone whose content has changed, or whose name servers are others than its serial was made for, gets a new one, and is brought to all of them.
async fn renew(services: &Services, conn: &mut PgConnection, zone: &Zone, name_servers: &[String], has_changed: bool) -> Result<(), ReconcileError> {
    let is_newer = has_changed || zone.name_servers != name_servers;
    if is_newer {
        queries::set_published(conn, zone.id, next_serial(zone.serial(), services.now()), name_servers).await?;
    }
    let is_new_somewhere = queries::ensure_holders(conn, zone, services.now()).await?;
    if is_newer || is_new_somewhere {
        touch_servers(conn, zone.id, services.now()).await?;
    }
    Ok(())
}

/// Every server that has a zone, or is to have it, is asked about it at this time.
pub(super) async fn touch_servers(conn: &mut PgConnection, zone: DnsZoneId, at: Time) -> Result<(), sqlx::Error> {
    let holders = queries::holders_of(conn, zone).await?;
    touch_on_servers(conn, ZoneServers::NAME, &holders, at).await
}
