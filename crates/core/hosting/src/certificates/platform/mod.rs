//! Certificates of the platform itself: one with a wildcard for the names that sites get below its domain, and the panel's own.
//!
//! - All sites below the platform's domain share one certificate, so that no number of sites uses up what a CA issues for a domain in a week. It is
//!   renewed once, in advance; each site takes the new one in a job of its own, which asks no CA.
//! - It is issued only where staff have delegated the ACME zone. Without it, and where it could not be renewed in time, each site has its own.
//! - Its key stands on every web server, as a key of a wildcard can pass for every name below it wherever it stands. Names of customers' domains are
//!   never in it. Where the panel's own name is below the platform's domain, there is none: no web server can pass for the panel.
//! - The panel's own is issued where the panel serves HTTPS itself. Every process of the panel answers the CA, and takes the certificate from here.
//! - What works is never dropped: an order that fails changes nothing but what is said about it.

mod issue;
mod queries;
mod reconcile;

pub(super) use queries::{SealedKeys, Shared};
pub(super) use reconcile::PlatformCertificates;

use super::{RECONCILER, rules};
use crate::{
    cloudpods::{open_site_key, seal_site_key},
    dns::acme_zone,
    domains::panel_host,
};
use adapters::{acme::Authorities, dns::Dns};
use db::{AuditEvent, PlatformRead, PlatformTx, SystemTx};
use engine::{
    Error, Result, Services,
    reconcile::{ReconcileError, Reconciler, touch},
    secrets::MasterKey,
    settings::Settings,
};
use model::{
    Time,
    audit_action::AuditAction,
    hosting::certificates::{DnsSetup, PlatformCertificateKind as Kind, PlatformCertificateRow},
    permission::{SslManage, SslRead},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// The name by which the panel is reached, where it serves HTTPS itself.
pub struct PanelName(pub String);

/// What the panel shows its visitors.
#[derive(Clone, PartialEq, Eq)]
pub struct ShownPanelCertificate {
    /// The chain in PEM.
    pub chain: String,
    /// Its key in PEM.
    pub key: String,
    /// SHA-256 of the certificate in hex.
    pub fingerprint: String,
    /// Whether a visitor from outside was seen to get it, or one before it.
    pub is_verified: bool,
}

/// The id of each: it seals its key and names it to the reconciler.
const fn id_of(kind: Kind) -> Uuid {
    match kind {
        Kind::Sites => Uuid::from_u128(1),
        Kind::Panel => Uuid::from_u128(2),
    }
}

/// The wildcard for names of sites.
fn wildcard(settings: &Settings) -> String {
    format!("*.{}", settings.base_domain)
}

/// Whether names of sites can share a certificate: their domain is not everybody's, and the wildcard would not be for the panel too.
pub fn can_share(settings: &Settings) -> bool {
    acme_zone::zone_name(settings).is_some() && !rules::is_covered(panel_host(settings), &[wildcard(settings)])
}

/// The shared certificate, where sites can be given it now.
pub(super) async fn shared(services: &Services, conn: &mut PgConnection) -> sqlx::Result<Option<Shared>> {
    if !can_share(&services.settings) {
        return Ok(None);
    }
    let wildcard = wildcard(&services.settings);
    let found = queries::shared(conn, Kind::Sites).await?;
    Ok(found.filter(|one| one.covers.contains(&wildcard) && rules::can_be_shared(one.not_before, one.not_after, services.now())))
}

/// Those of these names that the shared certificate is for, where sites can be given it now.
pub(super) async fn shared_names(services: &Services, names: &[String]) -> Result<Vec<String>, ReconcileError> {
    let mut tx = services.db.system_read("certificates").await?;
    let found = shared(services, tx.conn()).await?;
    tx.finish().await?;
    Ok(covered(found.as_ref(), names))
}

/// Those of these names that a shared certificate is for.
pub(super) fn covered(shared: Option<&Shared>, names: &[String]) -> Vec<String> {
    let is_in = |name: &&String| shared.is_some_and(|shared| rules::is_covered(name, &shared.covers));
    names.iter().filter(is_in).cloned().collect()
}

/// The key of the shared certificate, sealed for the row of a site.
pub(super) fn seal_for(key: &MasterKey, shared: &Shared, certificate: Uuid) -> Result<Vec<u8>> {
    seal_site_key(key, certificate, &open_site_key(key, id_of(Kind::Sites), &shared.sealed_key)?)
}

/// What the panel is to show for its name; nothing before it has a certificate for it.
///
/// # Errors
/// When PostgreSQL does not answer, or the key cannot be opened.
pub async fn panel_certificate(services: &Services) -> Result<Option<ShownPanelCertificate>> {
    let Some(name) = services.find::<PanelName>() else { return Ok(None) };
    let mut tx = services.db.system_read("panel certificate").await?;
    let found = queries::shown(tx.conn(), Kind::Panel).await?;
    tx.finish().await?;
    let Some(found) = found.filter(|found| rules::is_covered(&name.0, &found.covers)) else { return Ok(None) };
    let key = open_site_key(&services.key, id_of(Kind::Panel), &found.sealed_key)?;
    Ok(Some(ShownPanelCertificate { chain: found.chain, key, fingerprint: found.fingerprint, is_verified: found.is_verified }))
}

/// The answers to CAs that ask the panel itself over HTTP: token and answer of each.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn challenge_answers(services: &Services) -> Result<Vec<(String, String)>> {
    let mut tx = services.db.system_read("panel certificate").await?;
    let answers = queries::challenges(tx.conn()).await?;
    tx.finish().await?;
    Ok(answers)
}

/// The certificates of the platform, with what they need in DNS. None without a CA in the configuration.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn list_platform(services: &Services, mut tx: impl PlatformRead<SslRead>) -> Result<Vec<PlatformCertificateRow>> {
    if services.find::<Authorities>().is_none() {
        return Ok(Vec::new());
    }
    let mut rows = queries::list(tx.conn(), services.now()).await?;
    let name_servers = queries::name_servers(tx.conn()).await?;
    drop(tx);
    rows.retain(|row| is_set_up(services, row.kind));
    let mut shown = Vec::new();
    for row in rows {
        let setup = match row.kind {
            Kind::Sites => setup(services, &name_servers).await,
            Kind::Panel => Vec::new(),
        };
        shown.push(PlatformCertificateRow { kind: row.kind, state: row.state, setup });
    }
    Ok(shown)
}

fn is_set_up(services: &Services, kind: Kind) -> bool {
    match kind {
        Kind::Sites => can_share(&services.settings),
        Kind::Panel => services.find::<PanelName>().is_some(),
    }
}

/// What is to be set in the DNS of the platform's domain, and whether it is.
async fn setup(services: &Services, name_servers: &[String]) -> Vec<DnsSetup> {
    let settings = &services.settings;
    let (Some(zone), Some(target)) = (acme_zone::zone_name(settings), acme_zone::platform_target(settings)) else { return Vec::new() };
    if name_servers.is_empty() {
        return Vec::new();
    }
    let found = services.part::<dyn Dns>().name_servers(&zone).await.unwrap_or_default();
    let is_seen = !found.is_empty() && found.iter().all(|name| name_servers.contains(name));
    let is_alias = acme_zone::points_to(services, &settings.base_domain, &target).await;
    vec![
        DnsSetup { name: zone, kind: "NS".to_owned(), values: name_servers.to_vec(), is_seen },
        DnsSetup { name: acme_zone::record_of(&settings.base_domain), kind: "CNAME".to_owned(), values: vec![target], is_seen: is_alias },
    ]
}

/// Has a certificate of the platform issued anew, as soon as the reconciler comes to it. The one in use stays until then.
///
/// # Errors
/// A conflict when no CA is configured, or this certificate is not set up.
pub async fn issue_platform(services: &Services, tx: PlatformTx<SslManage>, kind: Kind) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    if services.find::<Authorities>().is_none() {
        return Err(Error::conflict("No certificate authority is configured."));
    }
    let mut tx = services.db.system(caller).await?;
    if !is_set_up(services, kind) || !queries::set_due(tx.conn(), kind, services.now()).await? {
        return Err(Error::conflict("This certificate is not set up yet."));
    }
    touch(tx.conn(), PlatformCertificates::NAME, id_of(kind), services.now()).await?;
    let event = AuditEvent::new(AuditAction::SslIssueRequested, "platform_certificate", id_of(kind), kind.title());
    Ok(tx.commit(event).await?)
}

/// Asks for a look at the sites that wait for the shared certificate.
async fn touch_sites(tx: &mut SystemTx, base: &str, now: Time) -> Result<(), sqlx::Error> {
    for site in queries::waiting_sites(tx.conn(), base).await? {
        touch(tx.conn(), RECONCILER, site, now).await?;
    }
    Ok(())
}
