//! TTLs of the addresses that are to follow a CloudPod: lowered before its move, and restored after it.

use super::{
    super::{change, queries as stored, rules::names},
    kind,
    queries::{self, Lowered},
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
use wire::zone::MIN_TTL;

/// Lowers the TTL of the addresses of a CloudPod's names that lead to its server, in zones of its account, to the lowest. Returns the longest TTL that
/// resolvers may have of them, nothing if no address would follow; and what the audit log is told.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn lower_ttls(
    services: &Services,
    conn: &mut PgConnection,
    pod: CloudPodId,
    address: &str,
) -> Result<(Option<u32>, Vec<AuditEvent>)> {
    let Ok(address) = address.parse::<IpAddr>() else { return Ok((None, Vec::new())) };
    let mut zones: BTreeMap<DnsZoneId, (Vec<String>, String)> = BTreeMap::new();
    for (zone, name, pod) in queries::zones_of_pod(&mut *conn, pod).await? {
        zones.entry(zone).or_insert_with(|| (Vec::new(), pod)).0.push(name);
    }
    let (mut longest, mut told) = (None, Vec::new());
    for (id, (names, pod_name)) in zones {
        let Some(zone) = stored::lock(&mut *conn, id).await?.filter(|zone| zone.removed_at.is_none()) else { continue };
        let mut records = stored::records(&mut *conn, id).await?;
        let below: BTreeSet<String> = names.iter().map(|name| names::below(&zone.name, name).to_owned()).collect();
        let leads_here = |record: &DnsRecord| record.kind == kind(address) && record.value.parse::<IpAddr>() == Ok(address);
        let sets: BTreeMap<String, u32> = records
            .iter()
            .filter(|record| below.contains(&record.name) && leads_here(record))
            .map(|record| (record.name.clone(), record.ttl))
            .collect();
        longest = longest.max(sets.values().max().copied());
        let lowered: Vec<(&String, u32)> = sets.iter().filter(|(_, ttl)| **ttl > MIN_TTL).map(|(name, ttl)| (name, *ttl)).collect();
        if lowered.is_empty() {
            continue;
        }
        for (name, ttl) in &lowered {
            queries::insert_lowered(&mut *conn, &zone, pod, (name, kind(address), *ttl), services.now()).await?;
        }
        // All records of a set have one TTL.
        for record in records.iter_mut().filter(|record| record.kind == kind(address) && lowered.iter().any(|(name, _)| **name == record.name)) {
            record.ttl = MIN_TTL;
        }
        records.sort();
        let summary = format!("Lower TTL before the move of CloudPod {pod_name}");
        told.push(change::replace_by_panel(services, &mut *conn, &zone, &records, &summary).await?);
    }
    Ok((longest, told))
}

/// Gives the addresses of a CloudPod the TTLs back that they had, where they still have the lowered one. A repetition finds nothing to do. Returns what
/// the audit log is told.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn restore_ttls(services: &Services, conn: &mut PgConnection, pod: CloudPodId) -> Result<Vec<AuditEvent>> {
    let mut zones: BTreeMap<DnsZoneId, Vec<Lowered>> = BTreeMap::new();
    for one in queries::lowered(&mut *conn, pod).await? {
        zones.entry(one.zone_id).or_default().push(one);
    }
    let mut told = Vec::new();
    for (id, sets) in zones {
        if let Some(zone) = stored::lock(&mut *conn, id).await?.filter(|zone| zone.removed_at.is_none()) {
            let mut records = stored::records(&mut *conn, id).await?;
            if restore(&mut records, &sets) {
                let summary = "Restore TTL after the move of a CloudPod";
                told.push(change::replace_by_panel(services, &mut *conn, &zone, &records, summary).await?);
            }
        }
    }
    queries::delete_lowered(conn, pod).await?;
    Ok(told)
}

/// Gives a zone's addresses the TTLs back among these records, which go to another account: no CloudPod that moves has a name there any more.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn restore_in(conn: &mut PgConnection, zone: DnsZoneId, records: &mut [DnsRecord]) -> Result<()> {
    let sets = queries::lowered_in(conn, zone).await?;
    restore(records, &sets);
    Ok(())
}

/// Whether any TTL is another one now. An address of the new server may be of the other kind.
pub(super) fn restore(records: &mut [DnsRecord], sets: &[Lowered]) -> bool {
    let mut has_changed = false;
    for record in records.iter_mut().filter(|record| record.ttl == MIN_TTL && matches!(record.kind, RecordType::A | RecordType::Aaaa)) {
        let of_name = || sets.iter().filter(|set| set.name == record.name);
        let set = of_name().find(|set| set.kind == record.kind).or_else(|| of_name().next());
        if let Some(set) = set {
            record.ttl = set.ttl.unsigned_abs();
            has_changed = true;
        }
    }
    records.sort();
    has_changed
}

/// Whether all name servers answer with the lowered TTLs.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn are_ttls_served(conn: &mut PgConnection, pod: CloudPodId) -> Result<bool> {
    Ok(queries::is_served(conn, pod).await?)
}
