//! The zone of a domain that goes to another account.

mod queries;

use super::{
    aliases,
    change::{Kept, keep},
    follow, queries as zones,
    reconcile::{Zones, touch_servers},
    rules::next_serial,
    signing,
};
use db::{AuditEvent, SystemTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
};
use model::{
    audit_action::AuditAction,
    ids::{DnsZoneId, DomainId, TenantId},
};
use uuid::Uuid;

/// Makes the zone of a domain that of the domain that another account has it as from now on, in that transaction: records, key, and what is known of the
/// parent. Its history begins anew. The name servers serve on; they get the next serial in place of the present one.
///
/// # Errors
/// When PostgreSQL or the key refuses.
pub(crate) async fn hand_over(services: &Services, tx: &mut SystemTx, from: DomainId, (id, tenant): (DomainId, TenantId)) -> Result<()> {
    let Some(found) = zones::of_domain(tx.conn(), from).await? else { return Ok(()) };
    let Some(old) = zones::lock(tx.conn(), found.id).await?.filter(|zone| zone.removed_at.is_none()) else { return Ok(()) };
    let domain = zones::domain(tx.conn(), Some(tenant), id).await?.ok_or_else(|| Error::not_found("Domain"))?;
    let mut records = zones::records(tx.conn(), old.id).await?;
    follow::restore_in(tx.conn(), old.id, &mut records).await?;
    let serial = next_serial(zones::last_serial(tx.conn(), &old.name).await?, services.now());
    // A name has one zone at a time.
    queries::retire(tx.conn(), old.id, services.now()).await?;
    let zone = DnsZoneId(Uuid::now_v7());
    if !zones::insert(tx.conn(), zone, &domain, serial, &old.name_servers, services.now()).await? {
        return Err(Error::conflict("The zone of this domain has changed. Try again."));
    }
    let zone = zones::lock(tx.conn(), zone).await?.ok_or_else(|| Error::not_found("Zone"))?;
    zones::replace_records(tx.conn(), &zone, &records).await?;
    signing::hand_over(services, tx.conn(), old.id, &zone).await?;
    aliases::hand_over(tx.conn(), old.id, &zone).await?;
    zones::set_removed(tx.conn(), old.id, services.now()).await?;
    zones::ensure_holders(tx.conn(), &zone, services.now()).await?;
    touch(tx.conn(), Zones::NAME, zone.id.0, services.now()).await?;
    touch(tx.conn(), Zones::NAME, old.id.0, services.now()).await?;
    touch_servers(tx.conn(), old.id, services.now()).await?;
    let event = AuditEvent::new(AuditAction::DnsChanged, "dns_zone", old.id, &old.name).in_tenant(old.tenant_id);
    tx.record(event.after(serde_json::json!({ "removed": true, "reason": "the domain went to another account" })));
    keep(services, tx, &zone, Kept { version: 1, serial, records: &records, summary: "Received with the domain" }).await
}
