//! Another key for a signed zone (RFC 6781 §4.1.2, double signature).
//!
//! - All name servers sign with both keys before the next one's DS record is shown, and resolvers have forgotten answers that only the old one has
//!   signed before it is to be entered: whichever DS record a resolver has, it validates.
//! - The old key goes only after the parent was seen to have the next one's DS record and none of the old one's, at its own name servers, for as long
//!   as a resolver can keep it; and not before resolvers have forgotten what the old one alone has signed, whenever the DS records were changed. Until
//!   then both sign; nothing is lost by waiting.
//! - It can be cancelled until the DS record was shown.

pub(super) mod queries;

use super::{
    super::{
        change,
        queries::{self as zones, Zone},
    },
    DnsSigning, event, publish, queries as keys, rules, secrets,
};
use adapters::dns::new_zone_key;
use db::{SystemTx, TenantTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
};
use keys::Signing;
use model::{Time, hosting::dns::DnssecStatus, ids::DomainId, permission::DnsWrite};

/// Starts to replace the key of a signed zone by a new one.
///
/// # Errors
/// Not found; a conflict if the zone is not signed, is being turned off, or has a next key already, or while the parent has no DS record of its key.
pub async fn start_rollover(services: &Services, tx: TenantTx<DnsWrite>, id: DomainId) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let key = new_zone_key()?;
    let mut tx = services.db.system(caller).await?;
    let zone = change::lock_own(&mut tx, tenant, id).await?;
    let signing = keys::lock(tx.conn(), zone.id).await?.ok_or_else(|| Error::conflict("DNSSEC is not on for this zone."))?;
    if signing.next_public_key.is_some() {
        return Err(Error::conflict("The key is being replaced already."));
    }
    match signing.status(&zone.name)? {
        DnssecStatus::Secured => {}
        DnssecStatus::TurningOff => return Err(Error::conflict("DNSSEC is being turned off.")),
        _ => return Err(Error::conflict("The parent zone doesn't have the DS record of the current key. Enter that one first.")),
    }
    let sealed = secrets::seal(&services.key, zone.id, &key.private)?;
    if !queries::start(tx.conn(), zone.id, &key.public, &sealed, services.now()).await? {
        return Err(Error::conflict("The key is being replaced already."));
    }
    publish(services, tx.conn(), &zone).await?;
    touch(tx.conn(), DnsSigning::NAME, zone.id.0, services.now()).await?;
    Ok(tx.commit(event(&zone, "DNSSEC key is to be replaced", rules::key_tag(&rules::point(&key.public)?))).await?)
}

/// Keeps the key of a zone that is being replaced.
///
/// # Errors
/// Not found; a conflict if it is not being replaced, or once the next one's DS record was shown: it can be at the parent.
pub async fn cancel_rollover(services: &Services, tx: TenantTx<DnsWrite>, id: DomainId) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let zone = change::lock_own(&mut tx, tenant, id).await?;
    let signing = keys::lock(tx.conn(), zone.id).await?.filter(|signing| signing.next_public_key.is_some());
    let signing = signing.ok_or_else(|| Error::conflict("The key is not being replaced."))?;
    if signing.next_shown_at.is_some() || signing.has_next_ds(&zone.name)? {
        return Err(Error::conflict("The DS record of the new key was shown already, so the parent zone may have it. Complete the replacement."));
    }
    queries::cancel(tx.conn(), zone.id).await?;
    publish(services, tx.conn(), &zone).await?;
    touch(tx.conn(), DnsSigning::NAME, zone.id.0, services.now()).await?;
    Ok(tx.commit(event(&zone, "DNSSEC key stays", signing.key_tag()?)).await?)
}

/// Notes what was just seen of a zone whose key is being replaced. `is_served` says whether all name servers return the next key, where all of them
/// have answered; `is_known`, whether the parent was looked up. Ends the replacement once no resolver needs the old key.
pub(super) async fn advance(services: &Services, tx: &mut SystemTx, zone: &Zone, is_served: Option<bool>, is_known: bool) -> Result<()> {
    let Some(signing) = keys::get(tx.conn(), zone.id).await?.filter(|signing| signing.next_public_key.is_some()) else { return Ok(()) };
    let now = services.now();
    let served_at = match is_served {
        Some(true) => signing.next_served_at.or(Some(now)),
        Some(false) => None,
        None => signing.next_served_at,
    };
    if served_at != signing.next_served_at {
        queries::set_served(tx.conn(), zone.id, served_at).await?;
    }
    if !is_known {
        return Ok(());
    }
    let only_at: Option<Time> = if signing.has_only_next_ds(&zone.name)? { signing.next_only_at.or(Some(now)) } else { None };
    if only_at != signing.next_only_at {
        queries::set_only(tx.conn(), zone.id, only_at).await?;
    }
    // A server without the next key would be left with none.
    let longest = rules::longest_ttl(&zones::records(tx.conn(), zone.id).await?);
    let ends_at = Signing { next_only_at: only_at, next_served_at: served_at, ..signing.clone() }.old_key_until(longest);
    if ends_at.is_some_and(|at| at <= now) {
        queries::finish(tx.conn(), zone.id).await?;
        publish(services, tx.conn(), zone).await?;
        let next = signing.next_public_key.as_deref().unwrap_or_default();
        tx.record(event(zone, "DNSSEC key replaced", rules::key_tag(&rules::point(next)?)));
    }
    Ok(())
}
