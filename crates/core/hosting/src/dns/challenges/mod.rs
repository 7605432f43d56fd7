//! Answers to certificate authorities in zones: TXT records of the panel's own, beside the customer's.
//!
//! - They are no part of a zone's versions, nor of what its customer sees and changes. Name servers get them with the zone, under a new serial.
//! - They belong to a job, and go when it ends. The reconciler of zones removes what a job leaves behind.
//! - For a name whose DNS is elsewhere, and that is pointed to the ACME zone there, they stand in that one.

mod queries;

use super::{
    acme_zone,
    publisher::{self, ZoneNameServer, is_answered},
    queries::{self as zones, Zone},
    reconcile::{ZoneServers, touch_servers},
    rules::{next_serial, zone::published_count},
};
use crate::domains::registrable;
use engine::{Services, reconcile::ReconcileError};
use model::{
    Time,
    hosting::dns::{DnsRecord, RecordType},
    ids::{DnsZoneId, JobId, TenantId},
};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use wire::zone::{MAX_RECORDS, MIN_TTL, RecordData, RecordName, TxtText, ZoneRecord};

/// What an authority looks up, before the name that is to be proved.
const PREFIX: &str = "_acme-challenge.";
/// Records that a zone must have room for: as many as a site has names, for more than one job.
const ROOM: usize = 200;

/// Those of these names that can be proved by DNS now: this account keeps their zone here, each of its name servers answers for it, and DNS says that
/// nobody else does; or their domain is this account's, and they are pointed to the ACME zone.
pub(crate) async fn provable(services: &Services, tenant: TenantId, names: &[String]) -> Result<Vec<String>, ReconcileError> {
    let mut by_zone: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for name in names {
        by_zone.entry(registrable(bare(name))).or_default().push(name);
    }
    let mut provable = Vec::new();
    for (name, below) in by_zone {
        let mut tx = services.db.system_read("dns").await?;
        let id = queries::zone_named(tx.conn(), tenant, name).await?;
        let (records, own) = match id {
            Some(id) => (zones::records(tx.conn(), id).await?, name_servers(tx.conn(), id).await?),
            None => (Vec::new(), Vec::new()),
        };
        tx.finish().await?;
        let (inside, others): (Vec<&String>, Vec<&String>) = below.into_iter().partition(|one| has_room(name, one, &records));
        let is_here = id.is_some() && !inside.is_empty() && is_answered(services, name, &own).await;
        let elsewhere = if is_here {
            provable.extend(inside.into_iter().cloned());
            others
        } else {
            inside.into_iter().chain(others).collect()
        };
        provable.extend(delegated_names(services, tenant, &elsewhere).await?.into_iter().map(|(name, _)| name));
    }
    Ok(provable)
}

/// Those of these names that are pointed to the ACME zone, each with where it is to point: to the label of its domain, which is this account's.
pub(crate) async fn delegated_names(services: &Services, tenant: TenantId, names: &[&String]) -> Result<Vec<(String, String)>, ReconcileError> {
    let mut delegated = Vec::new();
    for name in names {
        let mut tx = services.db.system_read("dns").await?;
        let domain = queries::domain_of(tx.conn(), tenant, registrable(bare(name))).await?;
        tx.finish().await?;
        let target = domain.and_then(|domain| acme_zone::target_of(&services.settings, domain));
        if let Some(target) = target
            && acme_zone::points_to(services, name, &target).await
        {
            delegated.push(((*name).clone(), target));
        }
    }
    if !delegated.is_empty() && !acme_zone::is_delegated(services).await? {
        delegated.clear();
    }
    Ok(delegated)
}

/// The name that one with a wildcard is below.
fn bare(name: &str) -> &str {
    name.strip_prefix("*.").unwrap_or(name)
}

/// Whether the answer for a name can stand in its zone: it is no alias there, and nobody else answers for it.
fn has_room(zone: &str, name: &str, records: &[DnsRecord]) -> bool {
    let record = acme_zone::record_of(name);
    let Some(below) = record.strip_suffix(zone).and_then(|below| below.strip_suffix('.')) else { return false };
    let is_elsewhere = |one: &DnsRecord| match one.kind {
        RecordType::Ns => below == one.name || below.strip_suffix(one.name.as_str()).is_some_and(|rest| rest.ends_with('.')),
        RecordType::Cname => below == one.name,
        _ => false,
    };
    RecordName::new(&*record).is_ok() && published_count(records) + ROOM <= MAX_RECORDS && !records.iter().any(is_elsewhere)
}

/// Our name servers of a zone.
pub(super) async fn name_servers(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<ZoneNameServer>, ReconcileError> {
    let mut found = Vec::new();
    for object in zones::holders_of(conn, zone).await? {
        let Some(holder) = zones::holder(conn, object.key).await?.filter(|holder| !holder.goes()) else { continue };
        found.push(ZoneNameServer::read(conn, object.key, (holder.name, holder.zone), (holder.server_id, holder.site_address)).await?);
    }
    Ok(found)
}

/// Adds a job's answers, each the whole name of its record and its text, to their zones: for the names in `delegated`, each with where it points, to
/// the ACME zone. False when one of the zones is not kept here any more.
pub(crate) async fn put(
    services: &Services,
    conn: &mut PgConnection,
    tenant: TenantId,
    job: JobId,
    answers: &[(String, String)],
    delegated: &[(String, String)],
) -> Result<bool, sqlx::Error> {
    let now = services.now();
    let target_of = |record: &str| delegated.iter().find(|(name, _)| acme_zone::record_of(name) == record).map(|(_, target)| target.clone());
    let elsewhere: Vec<(String, String)> =
        answers.iter().filter_map(|(record, value)| target_of(record).map(|target| (target, value.clone()))).collect();
    if !elsewhere.is_empty() && !acme_zone::put(services, conn, job.0, &elsewhere).await? {
        return Ok(false);
    }
    let mut by_zone: BTreeMap<&str, Vec<&(String, String)>> = BTreeMap::new();
    for answer in answers.iter().filter(|(record, _)| target_of(record).is_none()) {
        by_zone.entry(registrable(answer.0.strip_prefix(PREFIX).unwrap_or(&answer.0))).or_default().push(answer);
    }
    for (name, answers) in by_zone {
        let Some(id) = queries::zone_named(conn, tenant, name).await? else { return Ok(false) };
        let Some(zone) = zones::lock(conn, id).await?.filter(|zone| zone.removed_at.is_none()) else { return Ok(false) };
        let mut is_new = false;
        for (name, value) in answers {
            is_new |= queries::insert(conn, &zone, job, name, value, now).await?;
        }
        if is_new {
            renumber(conn, &zone, now).await?;
        }
    }
    Ok(true)
}

/// Takes a job's answers out of all zones.
pub(crate) async fn remove(services: &Services, conn: &mut PgConnection, job: JobId) -> Result<(), sqlx::Error> {
    let now = services.now();
    acme_zone::remove(services, conn, job.0).await?;
    for id in queries::zones_of(conn, job).await? {
        let Some(zone) = zones::lock(conn, id).await? else { continue };
        if queries::delete(conn, id, job).await? && zone.removed_at.is_none() {
            renumber(conn, &zone, now).await?;
        }
    }
    Ok(())
}

/// Takes away from a locked zone what jobs have left that have ended. Whether there was any: then the zone needs a new serial.
pub(super) async fn remove_ended(conn: &mut PgConnection, zone: DnsZoneId) -> Result<bool, sqlx::Error> {
    queries::delete_ended(conn, zone).await
}

async fn renumber(conn: &mut PgConnection, zone: &Zone, now: Time) -> Result<(), sqlx::Error> {
    zones::set_published(conn, zone.id, next_serial(zone.serial(), now), &zone.name_servers).await?;
    touch_servers(conn, zone.id, now).await
}

/// Brings the zones of a job's answers to all of their name servers, and asks each of them for the answers. Says which one does not have one yet.
pub(crate) async fn publish(services: &Services, job: JobId) -> Result<Option<String>, ReconcileError> {
    let mut tx = services.db.system_read("dns").await?;
    let mut wanted = Vec::new();
    for zone in queries::zones_of(tx.conn(), job).await? {
        wanted.push((queries::of_job(tx.conn(), zone, job).await?, name_servers(tx.conn(), zone).await?));
    }
    tx.finish().await?;
    for (answers, own) in wanted {
        if let Some(lacking) = publisher::publish::<ZoneServers>(services, &own, &answers).await {
            return Ok(Some(lacking));
        }
    }
    acme_zone::publish(services, job.0).await
}

/// The answers in a zone as name servers get them, beside these records of its customer.
pub(super) async fn published(conn: &mut PgConnection, zone: DnsZoneId, records: &[ZoneRecord]) -> Result<Vec<ZoneRecord>, ReconcileError> {
    let mut found = Vec::new();
    for (name, value) in queries::of_zone(conn, zone).await? {
        let (Ok(name), Ok(text)) = (RecordName::new(name), TxtText::new(value)) else { continue };
        let data = RecordData::Txt { text };
        let mut same = records.iter().filter(|one| one.name == name && matches!(one.data, RecordData::Txt { .. })).peekable();
        // All records of a name and type have one time; what a customer has set for his own stays.
        let ttl = same.peek().map_or(MIN_TTL, |one| one.ttl);
        if same.all(|one| one.data != data) {
            found.push(ZoneRecord { name, ttl, data });
        }
    }
    Ok(found)
}
