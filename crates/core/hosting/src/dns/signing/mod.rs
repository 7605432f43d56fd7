//! DNSSEC of zones.
//!
//! - A signed zone has one key (algorithm 13, combined signing key), made by the panel and the same on every name server; two while it is replaced
//!   (`rollover`).
//! - The DS record for the parent is shown once every name server was seen to return the key.
//! - It is not turned off, nor the zone deleted, while the parent has a DS record: resolvers that validate would refuse the domain. After that it stays
//!   on for the record's TTL, a day at least: also where none was seen, for "none" may be what a resolver has kept.

mod queries;
mod reconcile;
mod rollover;
pub(super) mod rules;
pub(super) mod secrets;

pub(super) use queries::Signing;
pub(super) use reconcile::DnsSigning;
pub use rollover::{cancel_rollover, start_rollover};

use super::{
    change,
    queries::{self as zones, Zone},
    read,
    reconcile::touch_servers,
    rules::next_serial,
};
use crate::domains::display;
use adapters::dns::{Dns, DsRecord, new_zone_key};
use db::{AuditEvent, SystemTx, TenantTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
};
use model::{
    audit_action::AuditAction,
    hosting::dns::{DnsRecord, DnssecView},
    ids::{DnsZoneId, DomainId},
    permission::{DnsRead, DnsWrite},
};
use serde_json::json;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::zone::{ZoneKey, ZoneKeyText};

/// Longest that a page waits for what the parent has.
const LOOKUP_MOST: Duration = Duration::from_secs(2);

/// Signs a zone with a new key.
///
/// # Errors
/// Not found; a conflict if the zone is signed already.
pub async fn turn_on(services: &Services, tx: TenantTx<DnsWrite>, id: DomainId) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let key = new_zone_key()?;
    let mut tx = services.db.system(caller).await?;
    let zone = change::lock_own(&mut tx, tenant, id).await?;
    let sealed = secrets::seal(&services.key, zone.id, &key.private)?;
    if !queries::insert(tx.conn(), Uuid::now_v7(), &zone, &key.public, &sealed, services.now()).await? {
        return Err(Error::conflict("DNSSEC is already on for this zone."));
    }
    let tag = rules::key_tag(&rules::point(&key.public)?);
    publish(services, tx.conn(), &zone).await?;
    touch(tx.conn(), DnsSigning::NAME, zone.id.0, services.now()).await?;
    Ok(tx.commit(event(&zone, "DNSSEC turned on", tag)).await?)
}

/// Turns a zone's DNSSEC off, once no resolver can have its DS record any more.
///
/// # Errors
/// Not found; a conflict if it is not on or is being turned off, or while the parent has a DS record; unavailable if the parent cannot be looked up.
pub async fn turn_off(services: &Services, tx: TenantTx<DnsWrite>, id: DomainId) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller.clone()).await?;
    let zone = change::lock_own(&mut tx, tenant, id).await?;
    let is_on = queries::get(tx.conn(), zone.id).await?.map(|signing| signing.off_asked_at.is_none());
    tx.commit_progress().await?;
    match is_on {
        None => return Err(Error::conflict("DNSSEC is not on for this zone.")),
        Some(false) => return Err(Error::conflict("DNSSEC is already being turned off.")),
        Some(true) => {}
    }
    ensure_no_ds(services, &zone, "turn DNSSEC off").await?;
    let mut tx = services.db.system(caller).await?;
    let zone = change::lock_own(&mut tx, tenant, id).await?;
    let signing = queries::lock(tx.conn(), zone.id).await?.ok_or_else(|| Error::conflict("DNSSEC is not on for this zone."))?;
    queries::ask_off(tx.conn(), zone.id, Some(services.now())).await?;
    touch(tx.conn(), DnsSigning::NAME, zone.id.0, services.now()).await?;
    Ok(tx.commit(event(&zone, "DNSSEC is to be turned off", signing.key_tag()?)).await?)
}

/// Keeps DNSSEC on that is being turned off.
///
/// # Errors
/// Not found; a conflict if it is not being turned off.
pub async fn keep_on(services: &Services, tx: TenantTx<DnsWrite>, id: DomainId) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let zone = change::lock_own(&mut tx, tenant, id).await?;
    let signing = queries::lock(tx.conn(), zone.id).await?.filter(|signing| signing.off_asked_at.is_some());
    let signing = signing.ok_or_else(|| Error::conflict("DNSSEC is not being turned off."))?;
    queries::ask_off(tx.conn(), zone.id, None).await?;
    Ok(tx.commit(event(&zone, "DNSSEC stays on", signing.key_tag()?)).await?)
}

/// The DS records that the parent of a zone has although it is not signed here: those of another provider's key. None if that is not known.
///
/// # Errors
/// Not found when the domain has no zone.
pub async fn parent_ds(services: &Services, tx: TenantTx<DnsRead>, id: DomainId) -> Result<Vec<String>> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system_read(caller).await?;
    let zone = read::own(tx.conn(), tenant, id).await?;
    let is_signed = is_signed(tx.conn(), zone.id).await?;
    tx.finish().await?;
    if is_signed {
        return Ok(Vec::new());
    }
    let asked = tokio::time::timeout(LOOKUP_MOST, services.part::<dyn Dns>().ds(&zone.name)).await;
    let Ok(Ok(found)) = asked else { return Ok(Vec::new()) };
    Ok(texts(&found))
}

/// Refuses while the parent of a signed zone has a DS record. Asks DNS: no transaction is open meanwhile.
///
/// # Errors
/// A conflict that says what to remove; unavailable if DNS does not answer.
pub(super) async fn ensure_no_ds(services: &Services, zone: &Zone, what: &str) -> Result<()> {
    let found = services.part::<dyn Dns>().ds(&zone.name).await.map_err(|error| {
        tracing::info!(%error, zone = zone.name, "failed to look up a DS record");
        Error::unavailable("Couldn't look up the DS record at the parent zone. Try again in a minute.")
    })?;
    let mut tx = services.db.system("dns").await?;
    if zones::lock(tx.conn(), zone.id).await?.is_some()
        && let Some(signing) = queries::lock(tx.conn(), zone.id).await?
    {
        queries::set_ds(tx.conn(), &signing, Ok(&found), services.now()).await?;
    }
    tx.commit_progress().await?;
    if found.is_empty() {
        return Ok(());
    }
    let records: Vec<String> = found.iter().map(rules::text).collect();
    Err(Error::conflict(format!(
        "The parent zone still has a DS record for {}: {}. Remove it at your registrar first, then {what}.",
        display(&zone.name),
        records.join(", ")
    )))
}

/// Refuses for a zone whose DS record can ever have been at the parent: turning DNSSEC off waits for resolvers to forget it.
///
/// # Errors
/// A conflict that says what to do.
pub(super) async fn ensure_free(conn: &mut PgConnection, zone: DnsZoneId) -> Result<()> {
    match queries::get(conn, zone).await?.filter(Signing::was_shown) {
        Some(signing) if signing.off_asked_at.is_some() => Err(Error::conflict("DNSSEC is being turned off. Delete the zone after that.")),
        Some(_) => Err(Error::conflict("Turn DNSSEC off first. Resolvers may still have the DS record of this domain.")),
        None => Ok(()),
    }
}

/// Whether a zone is signed.
pub(super) async fn is_signed(conn: &mut PgConnection, zone: DnsZoneId) -> Result<bool> {
    Ok(queries::get(conn, zone).await?.is_some())
}

/// DNSSEC of a zone with these records, for its page.
pub(super) async fn view(conn: &mut PgConnection, zone: &Zone, records: &[DnsRecord]) -> Result<Option<DnssecView>> {
    let signing = queries::get(conn, zone.id).await?;
    signing.map(|signing| rules::view(&zone.name, &signing, records)).transpose()
}

/// The key that signs a zone and the one that is to take its place, if there is one, as name servers get them.
pub(super) async fn keys(services: &Services, conn: &mut PgConnection, zone: DnsZoneId) -> Result<Option<(ZoneKey, Option<ZoneKey>)>> {
    let Some(found) = queries::sealed(conn, zone).await? else { return Ok(None) };
    let key = |public: String, sealed: &[u8]| {
        let private = secrets::open(&services.key, zone, sealed)?;
        Ok::<_, Error>(ZoneKey { public: ZoneKeyText::new(public).map_err(anyhow::Error::from)?, private })
    };
    let next = found.next_public_key.zip(found.next_sealed_key).map(|(public, sealed)| key(public, &sealed)).transpose()?;
    Ok(Some((key(found.public_key, &found.sealed_key)?, next)))
}

/// Gives the keys of a zone to the one that takes its place under another account.
pub(super) async fn hand_over(services: &Services, conn: &mut PgConnection, from: DnsZoneId, to: &Zone) -> Result<()> {
    rollover::queries::hand_over_drops(&mut *conn, from, to.id).await?;
    let Some(found) = queries::sealed(&mut *conn, from).await? else { return Ok(()) };
    let anew = |sealed: &[u8]| secrets::seal(&services.key, to.id, secrets::open(&services.key, from, sealed)?.expose());
    let next = found.next_sealed_key.as_deref().map(anew).transpose()?;
    rollover::queries::hand_over(&mut *conn, Uuid::now_v7(), (from, to), &anew(&found.sealed_key)?, next.as_deref()).await?;
    Ok(touch(conn, DnsSigning::NAME, to.id.0, services.now()).await?)
}

/// The keys of a zone whose signing has ended: name servers may drop these and no others.
pub(super) async fn dropped(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<ZoneKeyText>> {
    let dropped = queries::dropped(conn, zone).await?;
    Ok(dropped.into_iter().map(ZoneKeyText::new).collect::<Result<Vec<_>, _>>().map_err(anyhow::Error::from)?)
}

/// A new serial, which brings the zone to all name servers.
async fn publish(services: &Services, conn: &mut PgConnection, zone: &Zone) -> Result<()> {
    zones::set_published(&mut *conn, zone.id, next_serial(zone.serial(), services.now()), &zone.name_servers).await?;
    Ok(touch_servers(conn, zone.id, services.now()).await?)
}

/// Ends what was asked to be turned off: the key goes, and with the next serial the signatures.
async fn finish_off(services: &Services, tx: &mut SystemTx, zone: &Zone, signing: &Signing) -> Result<()> {
    queries::drop_key(tx.conn(), zone.id).await?;
    publish(services, tx.conn(), zone).await?;
    tx.record(event(zone, "DNSSEC turned off", signing.key_tag()?));
    Ok(())
}

fn event(zone: &Zone, summary: &str, key_tag: u16) -> AuditEvent {
    let event = AuditEvent::new(AuditAction::DnsChanged, "dns_zone", zone.id, &zone.name).in_tenant(zone.tenant_id);
    event.after(json!({ "summary": summary, "key_tag": key_tag }))
}

/// What the parent has, for the row and for people.
fn texts(found: &[DsRecord]) -> Vec<String> {
    let mut texts: Vec<String> = found.iter().map(rules::text).collect();
    texts.sort();
    texts
}
