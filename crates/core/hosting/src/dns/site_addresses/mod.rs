//! Names of sites get their address in zones of their account.

mod queries;

use super::{
    change, queries as stored,
    rules::{names, zone},
};
use crate::cloudpods;
use db::AuditEvent;
use engine::{Result, Services};
use model::{
    hosting::dns::{DEFAULT_TTL, DnsRecord, RecordType},
    ids::{CloudPodId, DnsZoneId},
};
use sqlx::PgConnection;
use std::{collections::BTreeMap, net::IpAddr};
use wire::DomainName;

/// Gives each new name of a CloudPod the address of its server in the zone that its account has of it, unless the zone says something about that name
/// already. Each name once, when that is written or known: what its owner deletes stays deleted. Call it in the transaction that finds the names answered, with the CloudPod locked.
/// Returns what the audit log is told.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn add_site_addresses(services: &Services, conn: &mut PgConnection, pod: CloudPodId) -> Result<Vec<AuditEvent>> {
    let mut zones: BTreeMap<DnsZoneId, Vec<queries::NewName>> = BTreeMap::new();
    for new_names in queries::new_names(&mut *conn, pod).await? {
        zones.entry(new_names.zone).or_default().push(new_names);
    }
    let mut told = Vec::new();
    for (id, new_names) in zones {
        let Some(found) = stored::lock(&mut *conn, id).await?.filter(|zone| zone.removed_at.is_none() && zone.is_owned) else { continue };
        let before = stored::records(&mut *conn, id).await?;
        let summary = format!("Addresses of CloudPod {}", new_names.first().map_or_else(String::new, |one| one.pod.clone()));
        let (mut after, mut led, mut new) = (before.clone(), Vec::new(), Vec::new());
        for one in new_names {
            let below = names::below(&found.name, &one.name);
            if is_known(&before, below) {
                led.push(one.name);
            } else if let Some(address) = one.address.as_deref().and_then(|address| address.parse().ok()) {
                after.push(record(below, address));
                new.push(one.name);
            }
        }
        after.sort();
        let is_valid = DomainName::new(found.name.clone()).is_ok_and(|name| zone::faults(&name, &after).is_empty());
        if !new.is_empty() && is_valid {
            told.push(change::replace_by_panel(services, &mut *conn, &found, &after, &summary).await?);
            led.append(&mut new);
        }
        cloudpods::names::set_address_set(&mut *conn, &led, services.now()).await?;
    }
    Ok(told)
}

/// Says that these names, which a new zone begins with, have their address.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(super) async fn note(services: &Services, conn: &mut PgConnection, names: &[String]) -> Result<()> {
    Ok(cloudpods::names::set_address_set(conn, names, services.now()).await?)
}

/// Whether the zone says where this name leads: by records of its own, by a wildcard, or by name servers that it is given to.
fn is_known(records: &[DnsRecord], below: &str) -> bool {
    let leads = |kind: RecordType| matches!(kind.as_str(), "A" | "AAAA" | "CNAME" | "ALIAS");
    let parents = || std::iter::successors(Some(below), |name| name.split_once('.').map(|(_, parent)| parent));
    records.iter().any(|record| {
        let at = |name: &str| record.name == name;
        (at(below) && leads(record.kind))
            || (record.name.strip_prefix("*.").is_some_and(|parent| parents().skip(1).any(|name| name == parent)) && leads(record.kind))
            || (at("*") && below != "@" && leads(record.kind))
            || (record.kind == RecordType::Ns && parents().any(at))
    })
}

fn record(below: &str, address: IpAddr) -> DnsRecord {
    let kind = if address.is_ipv4() { RecordType::A } else { RecordType::Aaaa };
    DnsRecord { name: below.to_owned(), kind, ttl: DEFAULT_TTL, value: address.to_string() }
}
