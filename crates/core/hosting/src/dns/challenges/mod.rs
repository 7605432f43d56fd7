//! Answers to certificate authorities in zones: TXT records of the panel's own, beside the customer's.
//!
//! - They are no part of a zone's versions, nor of what its customer sees and changes. Name servers get them with the zone, under a new serial.
//! - They belong to a job, and go when it ends. The reconciler of zones removes what a job leaves behind.

mod queries;

use super::{
    queries::{self as zones, Holder, Zone},
    reconcile::{ZoneServers, touch_servers},
    rules::next_serial,
};
use crate::domains::registrable;
use adapters::dns::{AuthoritativeDns, Dns, NameServer};
use core_administration::servers;
use engine::{
    Services,
    reconcile::{ReconcileError, Reconciler},
};
use model::{
    Time,
    hosting::dns::{DnsRecord, RecordType},
    ids::{DnsZoneId, JobId, TenantId},
};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::zone::{MAX_RECORDS, MIN_TTL, RecordData, RecordName, TxtText, ZoneRecord};

/// What an authority looks up, before the name that is to be proved.
const PREFIX: &str = "_acme-challenge.";
/// Records that a zone must have room for: as many as a site has names, for more than one job.
const ROOM: usize = 200;

/// Those of these names that can be proved by DNS now: this account keeps their zone here, each of its name servers answers for it, and DNS says that
/// nobody else does.
pub(crate) async fn provable(services: &Services, tenant: TenantId, names: &[String]) -> Result<Vec<String>, ReconcileError> {
    let mut by_zone: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for name in names {
        by_zone.entry(registrable(name)).or_default().push(name);
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
        let below: Vec<&String> = below.into_iter().filter(|one| has_room(name, one, &records)).collect();
        if id.is_some() && !below.is_empty() && is_answered(services, name, &own).await {
            provable.extend(below.into_iter().cloned());
        }
    }
    Ok(provable)
}

/// Whether the answer for a name can stand in its zone: it is no alias there, and nobody else answers for it.
fn has_room(zone: &str, name: &str, records: &[DnsRecord]) -> bool {
    let record = format!("{PREFIX}{name}");
    let Some(below) = record.strip_suffix(zone).and_then(|below| below.strip_suffix('.')) else { return false };
    let is_elsewhere = |one: &DnsRecord| match one.kind {
        RecordType::Ns => below == one.name || below.strip_suffix(one.name.as_str()).is_some_and(|rest| rest.ends_with('.')),
        RecordType::Cname => below == one.name,
        _ => false,
    };
    RecordName::new(&*record).is_ok() && records.len() + ROOM <= MAX_RECORDS && !records.iter().any(is_elsewhere)
}

/// A name server of ours that has a zone.
pub(super) struct Own {
    pub(super) holder: Holder,
    /// Its row.
    key: Uuid,
    pub(super) server: NameServer,
}

/// Our name servers of a zone.
pub(super) async fn name_servers(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<Own>, ReconcileError> {
    let mut found = Vec::new();
    for object in zones::holders_of(conn, zone).await? {
        let Some(holder) = zones::holder(conn, object.key).await?.filter(|holder| !holder.goes()) else { continue };
        let simulated = servers::target(conn, holder.server_id).await?.simulated;
        let server = NameServer { id: holder.server_id, address: holder.site_address.clone(), simulated };
        found.push(Own { holder, key: object.key, server });
    }
    Ok(found)
}

async fn is_answered(services: &Services, zone: &str, own: &[Own]) -> bool {
    let is_ours = |server: &String| own.iter().any(|one| one.holder.name == *server);
    match services.part::<dyn Dns>().name_servers(zone).await {
        Ok(found) if !found.is_empty() && found.iter().all(is_ours) => {}
        Ok(_) => return false,
        Err(error) => {
            tracing::info!(%error, zone, "failed to ask DNS for the name servers of a zone");
            return false;
        }
    }
    for one in own {
        if !matches!(services.part::<dyn AuthoritativeDns>().serial(&one.server, zone).await, Ok(Some(_))) {
            return false;
        }
    }
    true
}

/// Adds a job's answers, each the whole name of its record and its text, to their zones. False when one of the zones is not kept here any more.
pub(crate) async fn put(conn: &mut PgConnection, now: Time, tenant: TenantId, job: JobId, answers: &[(String, String)]) -> Result<bool, sqlx::Error> {
    let mut by_zone: BTreeMap<&str, Vec<&(String, String)>> = BTreeMap::new();
    for answer in answers {
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
pub(crate) async fn remove(conn: &mut PgConnection, now: Time, job: JobId) -> Result<(), sqlx::Error> {
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
        if own.is_empty() {
            return Ok(Some("There is no name server.".to_owned()));
        }
        for Own { holder, key, server } in own {
            // Why a server does not take it stands with the zone, for staff. What counts here is what it answers.
            if let Err(error) = ZoneServers::reconcile(services, key).await {
                tracing::info!(%error, zone = holder.zone, "failed to bring a zone to a name server");
            }
            for (name, value) in &answers {
                match services.part::<dyn AuthoritativeDns>().texts(&server, &holder.zone, name).await {
                    Ok(texts) if texts.contains(value) => {}
                    Ok(_) => return Ok(Some(format!("{} does not answer {name} with the new record yet.", holder.name))),
                    Err(error) => return Ok(Some(format!("{}: {error}.", holder.name))),
                }
            }
        }
    }
    Ok(None)
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
