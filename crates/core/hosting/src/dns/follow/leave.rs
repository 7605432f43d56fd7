//! Addresses go with the site that they lead to.

use super::{
    super::{
        aliases,
        challenges::name_servers,
        change, publisher, queries as stored,
        reconcile::ZoneServers,
        rules::{names, plan, zone},
    },
    kind, queries,
};
use db::AuditEvent;
use engine::{Result, Services, reconcile::ReconcileError};
use model::{
    hosting::dns::{DnsRecord, RecordType},
    ids::{DnsZoneId, TenantId},
};
use sqlx::PgConnection;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};
use wire::DomainName;

/// Removes the address of a server from names that are about to lose their site there, in zones of its account: call it before the names are free, and
/// before anything else can be at that place. What leads elsewhere stays. A repetition finds nothing to do. Returns what the audit log is told.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn leave(
    services: &Services,
    conn: &mut PgConnection,
    tenant: TenantId,
    names: &[String],
    address: &str,
) -> Result<Vec<AuditEvent>> {
    let Ok(address) = address.parse::<IpAddr>() else { return Ok(Vec::new()) };
    let mut zones: BTreeMap<DnsZoneId, Vec<String>> = BTreeMap::new();
    for (zone, name) in queries::zones_of_names(&mut *conn, tenant, names).await? {
        zones.entry(zone).or_default().push(name);
    }
    let mut told = Vec::new();
    for (id, names) in zones {
        let Some(found) = stored::lock(&mut *conn, id).await?.filter(|zone| zone.removed_at.is_none()) else { continue };
        let before = stored::records(&mut *conn, id).await?;
        let aliases = aliases::leading_to(&mut *conn, id, address).await?;
        let leads_here = |record: &DnsRecord| match record.kind {
            RecordType::Alias => aliases.contains(&record.value),
            of => of == kind(address) && record.value.parse::<IpAddr>() == Ok(address),
        };
        let Ok(zone_name) = DomainName::new(found.name.clone()) else { continue };
        let known: BTreeSet<String> = zone::faults(&zone_name, &before).into_iter().collect();
        let mut after = before.clone();
        for name in names.iter().map(|name| names::below(&found.name, name)) {
            let without: Vec<DnsRecord> = after.iter().filter(|record| !(record.name == name && leads_here(record))).cloned().collect();
            // A zone that needs the address, such as that of a name server of its own, keeps it.
            if zone::faults(&zone_name, &without).iter().all(|fault| known.contains(fault)) {
                after = without;
            } else {
                tracing::warn!(zone = found.name, name, %address, "the zone needs this address, and keeps it");
            }
        }
        if plan::lines(&before, &after).0.is_empty() {
            continue;
        }
        let summary = format!("Addresses of {} after its deletion", names.first().map_or("a site", String::as_str));
        told.push(change::replace_by_panel(services, &mut *conn, &found, &after, &summary).await?);
    }
    Ok(told)
}

/// Brings the zones that an account has of these names to all of their name servers. Returns the names of those that do not answer with what is
/// stored now, when they are asked over the network.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn publish_zones(services: &Services, tenant: TenantId, names: &[String]) -> Result<BTreeSet<String>, ReconcileError> {
    let mut tx = services.db.system_read("dns").await?;
    let zones: BTreeSet<DnsZoneId> = queries::zones_of_names(tx.conn(), tenant, names).await?.into_iter().map(|(zone, _)| zone).collect();
    let mut wanted = Vec::new();
    for id in zones {
        let Some(zone) = stored::get(tx.conn(), id).await? else { continue };
        wanted.push((zone.serial(), name_servers(tx.conn(), id).await?));
    }
    tx.finish().await?;
    let mut behind = BTreeSet::new();
    for (serial, own) in wanted {
        behind.extend(publisher::find_behind::<ZoneServers>(services, &own, serial).await);
    }
    Ok(behind)
}
