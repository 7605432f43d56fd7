//! Wildcards that customers choose, and what names need whose DNS is kept elsewhere.

mod queries;

use super::{platform, queries as certificates, request::begin_own};
use crate::{cloudpods, dns::acme_zone, domains::registrable};
use adapters::acme::Authorities;
use chrono::TimeDelta;
use db::{AuditEvent, TenantTx};
use engine::{Error, Result, Services, reconcile::touch};
use futures::future::join_all;
use model::{
    audit_action::AuditAction,
    hosting::certificates::DnsSetup,
    ids::{CertificateId, DomainId},
    permission::{SslManage, SslRead},
};
use std::time::Duration;

/// Most wildcards of a site's certificate.
const MAX_WILDCARDS: usize = 10;
/// Changes of a certificate's wildcards in an hour: each may order another one.
const MAX_CHANGES: i64 = 10;
/// Most names that are looked up in DNS for one page.
const MAX_LOOKUPS: usize = 10;
/// Longest that a page waits for DNS.
const LOOKUP_MOST: Duration = Duration::from_secs(10);

/// The wildcards that a site's certificate can be for: each with a name of the site one level below, at or below a domain that the account has proved.
pub(super) fn choices(names: &[String], domains: &[(DomainId, String)]) -> Vec<String> {
    let is_below = |name: &str, domain: &str| name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let is_proved = |name: &str| domains.iter().any(|(_, domain)| name == domain || is_below(name, domain));
    let above = names.iter().filter_map(|name| name.split_once('.')).map(|(_, above)| above).filter(|above| is_proved(above));
    let mut choices: Vec<String> = above.map(|above| format!("*.{above}")).collect();
    choices.sort();
    choices.dedup();
    choices
}

/// Has the certificate of a site of the open tenant be for a wildcard, or no longer. It is issued as soon as the wildcard can be proved by DNS; the one
/// in use stays until then.
///
/// # Errors
/// Not found; on field `wildcard`; a conflict when no CA is configured; too many when they were changed too often in an hour.
pub async fn set_wildcard(services: &Services, tx: TenantTx<SslManage>, id: CertificateId, wildcard: &str, is_on: bool) -> Result<()> {
    let tenant = tx.tenant();
    let mut tx = begin_own(services, tx, id).await?;
    if services.find::<Authorities>().is_none() {
        return Err(Error::conflict("No certificate authority is configured."));
    }
    let site = certificates::site_of(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Certificate"))?;
    let site = cloudpods::served_site(tx.conn(), site).await?.ok_or_else(|| Error::conflict("The CloudPod is not online."))?;
    cloudpods::lock_pod(tx.conn(), site.pod).await?;
    let held = certificates::of_site(tx.conn(), site.id).await?.ok_or_else(|| Error::not_found("Certificate"))?;
    let domains = certificates::proved_domains(tx.conn(), tenant).await?;
    let wildcard = wildcard.trim().to_lowercase();
    let mut wildcards = held.wildcards.clone();
    wildcards.retain(|one| *one != wildcard);
    if is_on {
        if !choices(&site.names, &domains).contains(&wildcard) {
            return Err(Error::field("wildcard", "The site needs a name below this wildcard, of a domain that you have connected and verified."));
        }
        if wildcards.len() >= MAX_WILDCARDS {
            return Err(Error::field("wildcard", format!("A certificate can be for {MAX_WILDCARDS} wildcards.")));
        }
        wildcards.push(wildcard.clone());
        wildcards.sort();
    }
    if wildcards != held.wildcards {
        if queries::count_changes(tx.conn(), id, services.now() - TimeDelta::hours(1)).await? >= MAX_CHANGES {
            return Err(Error::too_many(format!("The wildcards of a certificate can be changed {MAX_CHANGES} times in an hour. Try again later.")));
        }
        queries::set(tx.conn(), id, &wildcards).await?;
        touch(tx.conn(), super::RECONCILER, site.id, services.now()).await?;
        let name = site.names.first().cloned().unwrap_or_else(|| site.pod_name.clone());
        let event = AuditEvent::new(AuditAction::SslWildcardChanged, "certificate", id, name).in_tenant(tenant);
        let event = event.before(serde_json::json!({ "wildcards": held.wildcards })).after(serde_json::json!({ "wildcards": wildcards }));
        return Ok(tx.commit(event).await?);
    }
    Ok(tx.finish().await?)
}

/// The records by which names are proved whose DNS is kept elsewhere, and whether DNS has them. None where no certificates are issued, and where our
/// name servers do not answer for the zone that the records point to.
///
/// # Errors
/// Not found; when PostgreSQL does not answer; unavailable when DNS does not.
pub async fn check_setup(services: &Services, mut tx: TenantTx<SslRead>, id: CertificateId) -> Result<Vec<DnsSetup>> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    certificates::site_of(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Certificate"))?;
    tx.finish().await?;
    if services.find::<Authorities>().is_none() {
        return Ok(Vec::new());
    }
    let mut tx = services.db.system_read(caller).await?;
    let site = certificates::site_of(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Certificate"))?;
    let site = cloudpods::served_site(tx.conn(), site).await?;
    let domains = certificates::proved_domains(tx.conn(), tenant).await?;
    let zones = queries::zones(tx.conn(), tenant).await?;
    tx.finish().await?;
    let Some(site) = site else { return Ok(Vec::new()) };
    let platform = platform::shared_names(services, &site.names).await.map_err(anyhow::Error::from)?;
    let choices = choices(&site.names, &domains);
    // The record of a wildcard is that of the name above it.
    let apart = choices.iter().filter(|wildcard| !site.names.iter().any(|name| wildcard.strip_prefix("*.") == Some(name)));
    let mut wanted = Vec::new();
    for name in site.names.iter().chain(apart).filter(|name| !platform.contains(name)).take(MAX_LOOKUPS) {
        let above = registrable(name.strip_prefix("*.").unwrap_or(name));
        let domain = domains.iter().find(|(_, domain)| domain == above && !zones.contains(domain));
        wanted.extend(domain.and_then(|(domain, _)| acme_zone::target_of(&services.settings, *domain)).map(|target| (name, target)));
    }
    let lookups = join_all(wanted.iter().map(|(name, target)| acme_zone::points_to(services, name, target)));
    let asked = tokio::time::timeout(LOOKUP_MOST, futures::future::join(acme_zone::is_delegated(services), lookups)).await;
    let (is_delegated, seen) = asked.map_err(|_| Error::unavailable("DNS did not answer. Try again in a moment."))?;
    if !is_delegated.map_err(anyhow::Error::from)? {
        return Ok(Vec::new());
    }
    let row = |((name, target), is_seen): ((&String, String), bool)| DnsSetup {
        name: acme_zone::record_of(name),
        kind: "CNAME".to_owned(),
        values: vec![target],
        is_seen,
    };
    Ok(wanted.into_iter().zip(seen).map(row).collect())
}
