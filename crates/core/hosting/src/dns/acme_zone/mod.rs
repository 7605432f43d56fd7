//! The ACME zone: `acme` below the platform's own domain, kept on our name servers alone.
//!
//! - It has nothing but answers to certificate authorities. Whoever keeps the DNS of a name elsewhere points `_acme-challenge` of that name to a
//!   label of this zone (CNAME), once; from then on the name is proved here. The platform does the same for its own domain.
//! - A label is that of one domain of one account. Another account that proves the domain later has another label, and what was pointed to the former
//!   one proves nothing for it; the former account proves nothing any more, since the domain is not its own.
//! - Answers belong to a job or to a certificate of the platform, and go with it.
//! - The platform's domain is delegated by staff, where its DNS is: `acme` to our name servers. Until then nothing is proved here.

mod queries;
mod reconcile;
mod rules;

pub(super) use reconcile::AcmeZoneServers;

use super::publisher::{self, ZoneNameServer};
use crate::domains::registrable;
use adapters::dns::Dns;
use engine::{
    Services,
    reconcile::{ReconcileError, Reconciler, touch_on_servers},
    settings::Settings,
};
use model::{Time, ids::DomainId};
use rules::next_serial;
use sqlx::PgConnection;
use uuid::Uuid;
use wire::DomainName;

/// Label of the zone below the platform's domain.
pub(crate) const LABEL: &str = "acme";
/// Label of the platform's own names.
pub(crate) const PLATFORM: &str = "platform";
/// What an authority looks up, before the name that is to be proved.
const PREFIX: &str = "_acme-challenge.";

/// Name of the zone; nothing where the platform's domain cannot have one, such as `localhost`, which is everybody's.
pub(crate) fn zone_name(settings: &Settings) -> Option<String> {
    if settings.base_domain == "localhost" || settings.base_domain.ends_with(".localhost") {
        return None;
    }
    DomainName::new(format!("{LABEL}.{}", settings.base_domain)).ok().map(|name| name.as_str().to_owned())
}

/// Label of a domain.
fn label(domain: DomainId) -> String {
    format!("d{}", domain.0.simple())
}

/// Where `_acme-challenge` of the names of a domain is to point.
pub(crate) fn target_of(settings: &Settings, domain: DomainId) -> Option<String> {
    Some(format!("{}.{}", label(domain), zone_name(settings)?))
}

/// Where `_acme-challenge` of the platform's own domain is to point.
pub(crate) fn platform_target(settings: &Settings) -> Option<String> {
    Some(format!("{PLATFORM}.{}", zone_name(settings)?))
}

/// The name that is looked up for one that is to be proved, which may have a wildcard.
pub(crate) fn record_of(name: &str) -> String {
    format!("{PREFIX}{}", name.strip_prefix("*.").unwrap_or(name))
}

/// Sees that the zone is there and names the name servers that there are; says their names, none where there is no name server.
pub(crate) async fn ensure(services: &Services) -> Result<Vec<String>, ReconcileError> {
    let Some(name) = zone_name(&services.settings) else { return Ok(Vec::new()) };
    let now = services.now();
    let mut tx = services.db.system("dns").await?;
    let name_servers = super::queries::name_servers(tx.conn()).await?;
    if name_servers.is_empty() {
        tx.finish().await?;
        return Ok(name_servers);
    }
    let zone = queries::ensure(tx.conn(), &name, next_serial(0, now), &name_servers, now).await?;
    let has_ended = queries::delete_ended(tx.conn()).await?;
    let is_newer = has_ended || zone.name_servers != name_servers;
    if is_newer {
        queries::set_published(tx.conn(), &zone.name, next_serial(zone.serial(), now), &name_servers).await?;
    }
    let has_others = queries::remove_others(tx.conn(), &zone.name, now).await?;
    if queries::ensure_servers(tx.conn(), &zone.name).await? || is_newer || has_others {
        touch(tx.conn(), now).await?;
    }
    tx.commit_progress().await?;
    Ok(name_servers)
}

async fn touch(conn: &mut PgConnection, now: Time) -> Result<(), sqlx::Error> {
    let servers = queries::servers(conn).await?;
    touch_on_servers(conn, AcmeZoneServers::NAME, &servers, now).await
}

/// Whether DNS says that our name servers answer for the zone and nobody else does, and each of them does.
pub(crate) async fn is_delegated(services: &Services) -> Result<bool, ReconcileError> {
    let Some(zone) = zone_name(&services.settings) else { return Ok(false) };
    let own = match own_servers(services).await {
        Ok(own) => own,
        // One of them is not in service: it answers for nothing.
        Err(error) => {
            tracing::info!(%error, zone, "a name server of the ACME zone cannot be asked");
            return Ok(false);
        }
    };
    Ok(publisher::is_answered(services, &zone, &own).await)
}

/// Whether `_acme-challenge` of a name is an alias for this target, for every resolver that answers.
pub(crate) async fn points_to(services: &Services, name: &str, target: &str) -> bool {
    let record = record_of(name);
    let zone = registrable(name.strip_prefix("*.").unwrap_or(name));
    let answers = services.part::<dyn Dns>().lookup(zone, &record, "CNAME").await;
    let mut found = answers.iter().filter_map(|(_, answer)| answer.as_ref().ok()).peekable();
    found.peek().is_some()
        && found.all(|(found, _)| matches!(found.values.as_slice(), [one] if one.trim_end_matches('.').eq_ignore_ascii_case(target)))
}

/// Adds answers, each the whole name of its record in this zone and its text. False when there is no zone.
pub(crate) async fn put(services: &Services, conn: &mut PgConnection, owner: Uuid, answers: &[(String, String)]) -> Result<bool, sqlx::Error> {
    let Some(zone) = find(services, conn).await? else { return Ok(false) };
    let (now, mut is_new) = (services.now(), false);
    for (name, value) in answers {
        is_new |= queries::insert(conn, owner, name, value, now).await?;
    }
    if is_new {
        queries::set_published(conn, &zone.name, next_serial(zone.serial(), now), &zone.name_servers).await?;
        touch(conn, now).await?;
    }
    Ok(true)
}

/// Takes an owner's answers away.
pub(crate) async fn remove(services: &Services, conn: &mut PgConnection, owner: Uuid) -> Result<(), sqlx::Error> {
    let Some(zone) = find(services, conn).await? else { return Ok(()) };
    if queries::delete(conn, owner).await? {
        let now = services.now();
        queries::set_published(conn, &zone.name, next_serial(zone.serial(), now), &zone.name_servers).await?;
        touch(conn, now).await?;
    }
    Ok(())
}

async fn find(services: &Services, conn: &mut PgConnection) -> Result<Option<queries::Zone>, sqlx::Error> {
    let Some(name) = zone_name(&services.settings) else { return Ok(None) };
    Ok(queries::lock(conn, &name).await?.filter(|zone| zone.removed_at.is_none()))
}

/// Brings the zone to all of its name servers, and asks each of them for an owner's answers. Says which one does not have one yet.
pub(crate) async fn publish(services: &Services, owner: Uuid) -> Result<Option<String>, ReconcileError> {
    let mut tx = services.db.system_read("dns").await?;
    let answers = queries::of_owner(tx.conn(), owner).await?;
    tx.finish().await?;
    if answers.is_empty() {
        return Ok(None);
    }
    Ok(publisher::publish::<AcmeZoneServers>(services, &own_servers(services).await?, &answers).await)
}

/// Our name servers that are to have the zone.
async fn own_servers(services: &Services) -> Result<Vec<ZoneNameServer>, ReconcileError> {
    let mut tx = services.db.system_read("dns").await?;
    let mut own = Vec::new();
    for object in queries::servers(tx.conn()).await? {
        let Some(holder) = queries::holder(tx.conn(), object.key).await?.filter(|holder| !holder.goes()) else { continue };
        let names = (holder.name.unwrap_or_default(), holder.zone);
        own.push(ZoneNameServer::read(tx.conn(), object.key, names, (holder.server_id, holder.site_address)).await?);
    }
    tx.finish().await?;
    Ok(own)
}
