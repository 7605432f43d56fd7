//! Changing zones: a preview first, then the change, based on the version that was previewed.

use super::{
    aliases,
    queries::{self, Version, Zone},
    read,
    reconcile::{Zones, touch_servers},
    rules::{dangling, file, names, next_serial, plan, zone},
    signing, site_addresses,
};
use crate::{cloudpods, domains::display};
use chrono::TimeDelta;
use db::{AuditEvent, SystemTx, TenantRead, TenantTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
};
use model::{
    actor::Actor,
    audit_action::AuditAction,
    error::FieldError,
    hosting::dns::{ChangeOp, DEFAULT_TTL, DnsRecord, RecordChange, RecordType, ZonePlan},
    ids::{DnsZoneId, DomainId, TenantId},
    permission::{DnsDelete, DnsRead, DnsWrite},
};
use serde_json::json;
use sqlx::PgConnection;
use std::net::IpAddr;
use uuid::Uuid;
use wire::DomainName;

/// Most changes in one call; imports are not limited by it.
const MAX_CHANGES: usize = 500;
/// Versions kept of each zone, with all records.
const KEPT_VERSIONS: i32 = 100;
/// By whom a version is that nobody asked for.
const PANEL: &str = "mPanel";
/// Zones that an account can create in 24 hours, deleted ones included: of each a row stays, for the serials of the next zone of its name.
const MAX_NEW_ZONES: i64 = 50;

/// Creates the zone of a verified domain of the tenant, with the addresses of its CloudPods and the record that verifies the domain: switching the
/// name servers at the registrar must not take its sites offline.
///
/// # Errors
/// Not found; a conflict if the domain is not verified, is a subdomain, or already has a zone, or if there is no name server; `too_many` if the account
/// has created too many zones in 24 hours.
pub async fn create(services: &Services, tx: TenantTx<DnsWrite>, id: DomainId) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    create_in(services, &mut tx, tenant, id).await?;
    Ok(tx.commit_progress().await?)
}

/// [`create`] in the caller's transaction. Nothing was written when it is refused.
pub(crate) async fn create_in(services: &Services, tx: &mut SystemTx, tenant: TenantId, id: DomainId) -> Result<()> {
    let domain = queries::lock_domain(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Domain"))?;
    let name_servers = queries::name_servers(tx.conn()).await?;
    if let Some(obstacle) = read::obstacle(&domain, &name_servers) {
        return Err(Error::conflict(obstacle));
    }
    if queries::count_since(tx.conn(), tenant, services.now() - TimeDelta::days(1)).await? >= MAX_NEW_ZONES {
        return Err(Error::too_many(format!("An account can create {MAX_NEW_ZONES} zones in 24 hours. Try again later.")));
    }
    // A CloudPod that moves meanwhile finds the zone, or the zone its new address.
    queries::lock_pods(tx.conn(), tenant, &domain.name).await?;
    let records = first_records(services, tx.conn(), tenant, &domain).await?;
    let serial = next_serial(queries::last_serial(tx.conn(), &domain.name).await?, services.now());
    let zone = DnsZoneId(Uuid::now_v7());
    if !queries::insert(tx.conn(), zone, &domain, serial, &name_servers, services.now()).await? {
        return Err(Error::conflict("This domain already has a zone. If it belonged to another account, try again in a minute."));
    }
    let zone = queries::lock(tx.conn(), zone).await?.ok_or_else(|| Error::not_found("Zone"))?;
    queries::replace_records(tx.conn(), &zone, &records).await?;
    // Written now, so that a zone that is deleted at once is deleted from these servers too.
    queries::ensure_holders(tx.conn(), &zone, services.now()).await?;
    touch(tx.conn(), Zones::NAME, zone.id.0, services.now()).await?;
    keep(services, tx, &zone, Kept { version: 1, serial, records: &records, summary: "Zone created" }).await
}

/// Addresses of the names that point to CloudPods, and the record that verifies the domain.
async fn first_records(services: &Services, conn: &mut PgConnection, tenant: TenantId, domain: &queries::Domain) -> Result<Vec<DnsRecord>> {
    let record = |name: &str, kind, value: String| DnsRecord { name: name.to_owned(), kind, ttl: DEFAULT_TTL, value };
    let mut records = vec![record("_mpanel", RecordType::Txt, format!("\"mpanel-verify={}\"", domain.token))];
    let mut led = Vec::new();
    for site in cloudpods::names::of_tenant(&mut *conn, tenant, &domain.name).await? {
        let below = names::below(&domain.name, &site.name);
        match site.address.and_then(|address| address.parse().ok()) {
            Some(IpAddr::V4(address)) => records.push(record(below, RecordType::A, address.to_string())),
            Some(IpAddr::V6(address)) => records.push(record(below, RecordType::Aaaa, address.to_string())),
            None => continue,
        }
        led.push(site.name);
    }
    site_addresses::note(services, conn, &led).await?;
    records.sort();
    Ok(records)
}

/// Returns what these changes would do to a zone.
///
/// # Errors
/// Not found when the domain has no zone.
pub async fn preview(tx: &mut impl TenantRead<DnsRead>, id: DomainId, changes: &[RecordChange]) -> Result<ZonePlan> {
    let tenant = tx.tenant();
    let found = read::own(tx.conn(), tenant, id).await?;
    let before = queries::records(tx.conn(), found.id).await?;
    match changed(&found, &before, changes) {
        Ok(after) => planned(&found, &before, &after),
        Err(fault) => {
            let kept = before.len() as u64;
            Ok(ZonePlan { lines: Vec::new(), kept, faults: vec![fault], warnings: Vec::new(), version: found.version })
        }
    }
}

/// Returns what replacing a zone's records with those of this zone file would do.
///
/// # Errors
/// Not found; on field `text`, with the numbers of the invalid lines.
pub async fn preview_file(tx: &mut impl TenantRead<DnsRead>, id: DomainId, text: &str) -> Result<ZonePlan> {
    let tenant = tx.tenant();
    let found = read::own(tx.conn(), tenant, id).await?;
    let before = queries::records(tx.conn(), found.id).await?;
    planned(&found, &before, &from_file(&found, text)?)
}

/// Applies changes to a zone. `version` is the one that was previewed.
///
/// # Errors
/// Not found; on field `changes` if the result would be invalid; a conflict if the zone has another version now.
pub async fn apply(services: &Services, tx: TenantTx<DnsWrite>, id: DomainId, version: i32, changes: &[RecordChange]) -> Result<()> {
    replace(services, tx, id, version, Source::Changes(changes)).await
}

/// Replaces the zone's records with those of this zone file.
///
/// # Errors
/// As [`apply`]; on field `text`.
pub async fn apply_file(services: &Services, tx: TenantTx<DnsWrite>, id: DomainId, version: i32, text: &str) -> Result<()> {
    replace(services, tx, id, version, Source::File(text)).await
}

/// Returns what restoring an earlier version would do.
///
/// # Errors
/// Not found; on field `to` if there is no such version.
pub async fn preview_restore(tx: &mut impl TenantRead<DnsRead>, id: DomainId, to: i32) -> Result<ZonePlan> {
    let tenant = tx.tenant();
    let found = read::own(tx.conn(), tenant, id).await?;
    let before = queries::records(tx.conn(), found.id).await?;
    planned(&found, &before, &of_version(tx.conn(), &found, to).await?)
}

/// Replaces the zone's records with those of an earlier version, under a new serial.
///
/// # Errors
/// As [`apply`]; on field `to` if there is no such version.
pub async fn restore(services: &Services, tx: TenantTx<DnsWrite>, id: DomainId, version: i32, to: i32) -> Result<()> {
    replace(services, tx, id, version, Source::Version(to)).await
}

async fn of_version(conn: &mut PgConnection, zone: &Zone, version: i32) -> Result<Vec<DnsRecord>> {
    queries::version_records(conn, zone.id, version).await?.ok_or_else(|| Error::field("to", "Version not found."))
}

/// Deletes a zone from every name server; `typed` is its name, as a confirmation.
///
/// # Errors
/// Not found; on field `confirm_name` if another name was typed; a conflict while resolvers can have a DS record of the zone.
pub async fn delete(services: &Services, tx: TenantTx<DnsDelete>, id: DomainId, typed: &str) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system_read(caller.clone()).await?;
    let zone = read::own(tx.conn(), tenant, id).await?;
    let is_signed = signing::is_signed(tx.conn(), zone.id).await?;
    tx.finish().await?;
    if typed.trim() != zone.name && typed.trim() != display(&zone.name) {
        return Err(Error::field("confirm_name", format!("Type {} to delete this zone.", display(&zone.name))));
    }
    if is_signed {
        signing::ensure_no_ds(services, &zone, "delete the zone").await?;
    }
    let mut tx = services.db.system(caller).await?;
    let zone = lock_own(&mut tx, tenant, id).await?;
    signing::ensure_free(tx.conn(), zone.id).await?;
    queries::set_removed(tx.conn(), zone.id, services.now()).await?;
    touch_servers(tx.conn(), zone.id, services.now()).await?;
    let event = AuditEvent::new(AuditAction::DnsChanged, "dns_zone", zone.id, &zone.name).in_tenant(tenant);
    Ok(tx.commit(event.after(json!({ "removed": true }))).await?)
}

pub(super) async fn lock_own(tx: &mut SystemTx, tenant: TenantId, id: DomainId) -> Result<Zone> {
    let found = read::own(tx.conn(), tenant, id).await?;
    let zone = queries::lock(tx.conn(), found.id).await?;
    zone.filter(|zone| zone.removed_at.is_none() && zone.is_owned).ok_or_else(|| Error::not_found("Zone"))
}

/// What a zone's next records are made of.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// The present ones, changed.
    Changes(&'a [RecordChange]),
    /// A zone file.
    File(&'a str),
    /// An earlier version.
    Version(i32),
}

impl Source<'_> {
    async fn records(self, conn: &mut PgConnection, zone: &Zone, before: &[DnsRecord]) -> Result<Vec<DnsRecord>> {
        match self {
            Self::Changes(changes) => changed(zone, before, changes).map_err(|fault| Error::field("changes", fault)),
            Self::File(text) => from_file(zone, text),
            Self::Version(to) => of_version(conn, zone, to).await,
        }
    }

    /// What stands before the changes in the history.
    fn summary(self, changes: String) -> String {
        match self {
            Self::Changes(_) => changes,
            Self::File(_) => format!("Imported: {changes}"),
            Self::Version(to) => format!("Restored version {to}: {changes}"),
        }
    }
}

/// Replaces a zone's records with others, made of the current ones or not.
async fn replace(services: &Services, tx: TenantTx<DnsWrite>, id: DomainId, version: i32, source: Source<'_>) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let has_changed = || Error::conflict("The zone has changed. Reload this page and make your changes again.");
    // What new ALIAS records lead to is looked up before anything is locked.
    let mut tx = services.db.system_read(caller.clone()).await?;
    let zone = read::own(tx.conn(), tenant, id).await?;
    if zone.version != version {
        return Err(has_changed());
    }
    let before = queries::records(tx.conn(), zone.id).await?;
    let after = source.records(tx.conn(), &zone, &before).await?;
    let unknown = aliases::unknown(tx.conn(), zone.id, &after).await?;
    tx.finish().await?;
    if !unknown.is_empty()
        && let Some(fault) = planned(&zone, &before, &after)?.faults.first()
    {
        return Err(Error::field("changes", fault));
    }
    let resolved = aliases::resolve(services, &unknown).await?;

    let mut tx = services.db.system(caller).await?;
    let zone = lock_own(&mut tx, tenant, id).await?;
    if zone.version != version {
        return Err(has_changed());
    }
    let before = queries::records(tx.conn(), zone.id).await?;
    let after = source.records(tx.conn(), &zone, &before).await?;
    let plan = planned(&zone, &before, &after)?;
    if let Some(fault) = plan.faults.first() {
        return Err(Error::field("changes", fault));
    }
    if plan.lines.is_empty() {
        return Err(Error::field("changes", "No changes to apply."));
    }
    let summary = source.summary(plan::summary(&plan.lines));
    let (serial, version) = (next_serial(zone.serial(), services.now()), zone.version + 1);
    queries::set_version(tx.conn(), zone.id, serial, version).await?;
    queries::replace_records(tx.conn(), &zone, &after).await?;
    aliases::keep(services, tx.conn(), &zone, &after, &resolved).await?;
    keep(services, &mut tx, &zone, Kept { version, serial, records: &after, summary: &summary }).await?;
    Ok(tx.commit_progress().await?)
}

/// A new version for the history.
pub(super) struct Kept<'a> {
    pub(super) version: i32,
    pub(super) serial: u32,
    pub(super) records: &'a [DnsRecord],
    pub(super) summary: &'a str,
}

/// Stores a version, triggers its delivery to the name servers, and records it in the audit log.
pub(super) async fn keep(services: &Services, tx: &mut SystemTx, zone: &Zone, kept: Kept<'_>) -> Result<()> {
    let Kept { version, serial, records, summary } = kept;
    let made_by = person(&tx.caller().actor);
    let event = store(services, tx.conn(), zone, Version { version, serial, records, summary, made_by: &made_by }).await?;
    tx.record(event);
    Ok(())
}

/// Stores a version and triggers its delivery to the name servers. Returns what the audit log is told.
async fn store(services: &Services, conn: &mut PgConnection, zone: &Zone, version: Version<'_>) -> Result<AuditEvent> {
    let after = json!({ "version": version.version, "serial": version.serial, "summary": version.summary });
    let number = version.version;
    queries::insert_version(&mut *conn, zone, version, services.now()).await?;
    queries::forget_old_versions(&mut *conn, zone.id, number, KEPT_VERSIONS).await?;
    touch_servers(conn, zone.id, services.now()).await?;
    Ok(AuditEvent::new(AuditAction::DnsChanged, "dns_zone", zone.id, &zone.name).in_tenant(zone.tenant_id).after(after))
}

/// Replaces the records of a zone by mPanel itself, as a version of its own. Returns what the audit log is told.
pub(super) async fn replace_by_panel(
    services: &Services,
    conn: &mut PgConnection,
    zone: &Zone,
    records: &[DnsRecord],
    summary: &str,
) -> Result<AuditEvent> {
    let (serial, version) = (next_serial(zone.serial(), services.now()), zone.version + 1);
    queries::set_version(&mut *conn, zone.id, serial, version).await?;
    queries::replace_records(&mut *conn, zone, records).await?;
    store(services, conn, zone, Version { version, serial, records, summary, made_by: PANEL }).await
}

/// Who acts, in a word for people.
pub(crate) fn person(actor: &Actor) -> String {
    match actor {
        Actor::User { email, acting_for: Some(member), .. } => format!("{} (by {email})", member.email),
        Actor::User { email, .. } => email.clone(),
        Actor::ApiKey { name, .. } => format!("API key {name}"),
        Actor::System { .. } | Actor::Visitor => PANEL.to_owned(),
    }
}

/// The records after these changes; or why one of them is invalid, for people.
fn changed(zone: &Zone, before: &[DnsRecord], changes: &[RecordChange]) -> Result<Vec<DnsRecord>, String> {
    if changes.len() > MAX_CHANGES {
        return Err(format!("Apply up to {MAX_CHANGES} changes at once, or import a zone file."));
    }
    let mut read = Vec::new();
    for RecordChange { op, record } in changes {
        let record = match op {
            ChangeOp::Remove => record.clone(),
            ChangeOp::Add => {
                zone::read(&zone.name, record).map_err(|faults| format!("{} {}: {}", record.name, record.kind.as_str(), first(&faults)))?
            }
        };
        read.push(RecordChange { op: *op, record });
    }
    plan::after(before, &read)
}

fn first(faults: &[FieldError]) -> &str {
    faults.first().map_or("not valid", |fault| fault.message.as_str())
}

fn from_file(zone: &Zone, text: &str) -> Result<Vec<DnsRecord>> {
    file::read(&zone.name, text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| format!("Line {}: {}", fault.line, fault.message)).collect();
        Error::field("text", lines.join(" "))
    })
}

fn planned(found: &Zone, before: &[DnsRecord], after: &[DnsRecord]) -> Result<ZonePlan> {
    let name = DomainName::new(found.name.clone()).map_err(anyhow::Error::from)?;
    let (lines, kept) = plan::lines(before, after);
    let (faults, warnings) = (zone::faults(&name, after), dangling::warnings(&name, after));
    Ok(ZonePlan { lines, kept, faults, warnings, version: found.version })
}
