//! ALIAS records: a name has the addresses of another one, also the domain itself.
//!
//! - The panel looks the targets up and gives the name servers plain addresses: PowerDNS does not expand ALIAS records where it signs as it answers, and
//!   all name servers answer the same.
//! - A target has to have an address before its record is published: no resolver hears in between that the name has none.
//! - Only public addresses count: what the panel's resolvers know of inner networks is nobody's to read.
//! - Targets are looked up every minute, and more seldom while that fails. While none is found, the last addresses stay. After a change the next one
//!   of the zone is published a quarter of an hour later at the earliest: many answer with others each time, and a zone has a hundred serials a day.

mod queries;
mod reconcile;

pub(super) use reconcile::DnsAliases;

use super::{
    queries::Zone,
    rules::{names, zone::MAX_ADDRESSES},
};
use adapters::{
    dns::{Dns, DnsUnavailable},
    visitor::is_public,
};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
};
use futures::future::join_all;
use model::{
    hosting::dns::{AliasView, DnsRecord, RecordType},
    ids::DnsZoneId,
};
use sqlx::PgConnection;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};
use wire::zone::{RecordData, RecordName, ZoneRecord};

/// Longest that resolvers may keep addresses of an ALIAS record.
const MAX_TTL: u32 = 300;
/// Longest that a lookup may take: it has a place that others wait for.
const LOOKUP_MOST: Duration = Duration::from_secs(4);
/// Most targets of an account that are looked up, in all of its zones together.
const MAX_TARGETS: i64 = 60;

/// Addresses by target.
pub(super) type Resolved = BTreeMap<String, Vec<String>>;

/// The targets of the ALIAS records among these.
fn targets(records: &[DnsRecord]) -> BTreeSet<String> {
    records.iter().filter(|record| record.kind == RecordType::Alias).map(|record| record.value.clone()).collect()
}

/// The targets of a zone's records to be that were not looked up for it yet.
pub(super) async fn unknown(conn: &mut PgConnection, zone: DnsZoneId, records: &[DnsRecord]) -> Result<BTreeSet<String>> {
    let mut wanted = targets(records);
    if !wanted.is_empty() {
        for known in queries::of_zone(conn, zone).await? {
            wanted.remove(&known.target);
        }
    }
    Ok(wanted)
}

/// Looks targets up. No transaction is open meanwhile.
///
/// # Errors
/// On field `changes` for one that has no address; unavailable if DNS does not answer.
pub(super) async fn resolve(services: &Services, targets: &BTreeSet<String>) -> Result<Resolved> {
    let mut resolved = Resolved::new();
    let lookups = join_all(targets.iter().map(|target| look_up(services, target))).await;
    for (target, found) in targets.iter().zip(lookups) {
        let addresses = found.map_err(|error| {
            tracing::info!(%error, target, "failed to look up the target of an ALIAS record");
            Error::unavailable(format!("Couldn't look up {target} Try again in a minute."))
        })?;
        if addresses.is_empty() {
            return Err(Error::field("changes", format!("{} has no address. Check the name of the ALIAS record.", target.trim_end_matches('.'))));
        }
        resolved.insert(target.clone(), addresses);
    }
    Ok(resolved)
}

/// The public addresses of a target, sorted.
async fn look_up(services: &Services, target: &str) -> Result<Vec<String>, DnsUnavailable> {
    let lookup = services.part::<dyn Dns>().addresses(target.trim_end_matches('.'));
    let found = tokio::time::timeout(LOOKUP_MOST, lookup).await.map_err(|_| DnsUnavailable("no answer in time".to_owned()))??;
    let found: BTreeSet<IpAddr> = found.into_iter().filter(|address| is_public(*address)).collect();
    Ok(found.into_iter().take(MAX_ADDRESSES).map(|address| address.to_string()).collect())
}

/// Keeps what the targets of a zone's records lead to, and forgets all others of it.
///
/// # Errors
/// A conflict for a target that was not looked up; on field `changes` when the account has too many.
pub(super) async fn keep(services: &Services, conn: &mut PgConnection, zone: &Zone, records: &[DnsRecord], resolved: &Resolved) -> Result<()> {
    let wanted: Vec<String> = targets(records).into_iter().collect();
    queries::delete_others(&mut *conn, zone.id, &wanted).await?;
    let unknown = unknown(&mut *conn, zone.id, records).await?;
    let count = queries::count(&mut *conn, zone.tenant_id).await? + i64::try_from(unknown.len()).unwrap_or(i64::MAX);
    if !unknown.is_empty() && count > MAX_TARGETS {
        return Err(Error::field("changes", format!("The ALIAS records of an account can point to {MAX_TARGETS} names.")));
    }
    for target in unknown {
        let changed = || Error::conflict("The zone has changed. Reload this page and make your changes again.");
        let addresses = resolved.get(&target).ok_or_else(changed)?;
        if let Some(key) = queries::insert(&mut *conn, zone, &target, addresses, services.now()).await? {
            touch(&mut *conn, DnsAliases::NAME, key, services.now() + DnsAliases::AGAIN).await?;
        }
    }
    Ok(())
}

/// Gives what is known of a zone's targets to the one that takes its place.
pub(super) async fn hand_over(conn: &mut PgConnection, from: DnsZoneId, to: &Zone) -> Result<()> {
    Ok(queries::hand_over(conn, from, to).await?)
}

/// What is known of a zone's targets, for its page.
pub(super) async fn views(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<AliasView>> {
    Ok(queries::views(conn, zone).await?)
}

/// Targets of ALIAS records of a zone for which this address is published.
pub(super) async fn leading_to(conn: &mut PgConnection, zone: DnsZoneId, address: IpAddr) -> Result<BTreeSet<String>> {
    let address = address.to_string();
    let aliases = queries::of_zone(conn, zone).await?;
    Ok(aliases.into_iter().filter(|alias| alias.addresses.contains(&address)).map(|alias| alias.target).collect())
}

/// The addresses that name servers answer in the place of a zone's ALIAS records.
pub(super) async fn published(conn: &mut PgConnection, id: DnsZoneId, zone: &str, records: &[DnsRecord]) -> Result<Vec<ZoneRecord>, sqlx::Error> {
    let mut found = Vec::new();
    if records.iter().all(|record| record.kind != RecordType::Alias) {
        return Ok(found);
    }
    let known: Resolved = queries::of_zone(conn, id).await?.into_iter().map(|alias| (alias.target, alias.addresses)).collect();
    for record in records.iter().filter(|record| record.kind == RecordType::Alias) {
        let Ok(name) = RecordName::new(names::whole(zone, &record.name)) else { continue };
        for address in known.get(&record.value).into_iter().flatten().filter_map(|address| address.parse().ok()) {
            let data = match address {
                IpAddr::V4(address) => RecordData::A { address },
                IpAddr::V6(address) => RecordData::Aaaa { address },
            };
            found.push(ZoneRecord { name: name.clone(), ttl: record.ttl.min(MAX_TTL), data });
        }
    }
    Ok(found)
}
