//! Addresses follow the CloudPods that move.

mod leave;
mod queries;
mod ttl;

pub(crate) use leave::{leave, publish_zones};
pub(super) use ttl::restore_in;
pub(crate) use ttl::{are_ttls_served, lower_ttls, restore_ttls};

use super::{
    change, queries as stored,
    rules::{names, plan},
};
use db::AuditEvent;
use engine::{Result, Services};
use model::{
    hosting::dns::{DnsRecord, RecordType},
    ids::{CloudPodId, DnsZoneId},
};
use sqlx::PgConnection;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// Puts the address of its new server in the place of the old one's wherever names of a CloudPod have it in zones of its account, in the transaction
/// that gives it the new server. What leads elsewhere stays. A repetition finds nothing to do. Returns what the audit log is told.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn follow_pod(services: &Services, conn: &mut PgConnection, pod: CloudPodId, old: &str, new: &str) -> Result<Vec<AuditEvent>> {
    // Where a server has a name for its address, zones do not have it.
    let (Ok(old), Ok(new)) = (old.parse::<IpAddr>(), new.parse::<IpAddr>()) else { return Ok(Vec::new()) };
    let mut zones: BTreeMap<DnsZoneId, (Vec<String>, String)> = BTreeMap::new();
    for (zone, name, pod) in queries::zones_of_pod(&mut *conn, pod).await? {
        zones.entry(zone).or_insert_with(|| (Vec::new(), pod)).0.push(name);
    }
    let mut told = Vec::new();
    for (id, (names, pod)) in zones {
        let Some(zone) = stored::lock(&mut *conn, id).await?.filter(|zone| zone.removed_at.is_none()) else { continue };
        let before = stored::records(&mut *conn, id).await?;
        let below: BTreeSet<&str> = names.iter().map(|name| names::below(&zone.name, name)).collect();
        let after = moved(&before, &below, old, new);
        if plan::lines(&before, &after).0.is_empty() {
            continue;
        }
        let summary = format!("Addresses of CloudPod {pod} after its move");
        told.push(change::replace_by_panel(services, &mut *conn, &zone, &after, &summary).await?);
    }
    Ok(told)
}

/// Type of the records of an address.
const fn kind(address: IpAddr) -> RecordType {
    if address.is_ipv4() { RecordType::A } else { RecordType::Aaaa }
}

/// The records with the new address in the place of the old one at these names.
fn moved(records: &[DnsRecord], names: &BTreeSet<&str>, old: IpAddr, new: IpAddr) -> Vec<DnsRecord> {
    let leads_to = |record: &DnsRecord, address: IpAddr| record.kind == kind(address) && record.value.parse::<IpAddr>() == Ok(address);
    let is_old = |record: &DnsRecord| names.contains(record.name.as_str()) && leads_to(record, old);
    let mut after: Vec<DnsRecord> = records.iter().filter(|record| !is_old(record)).cloned().collect();
    for gone in records.iter().filter(|record| is_old(record)) {
        // The name may have the new address already; and all addresses of one kind have one TTL.
        let there: Vec<&DnsRecord> = after.iter().filter(|record| record.name == gone.name && record.kind == kind(new)).collect();
        if there.iter().any(|record| leads_to(record, new)) {
            continue;
        }
        let ttl = there.first().map_or(gone.ttl, |record| record.ttl);
        after.push(DnsRecord { name: gone.name.clone(), kind: kind(new), ttl, value: new.to_string() });
    }
    after.sort();
    after
}
