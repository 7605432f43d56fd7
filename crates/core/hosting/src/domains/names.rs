//! Names at and below domains: how they are read, and where they lead.

use super::queries;
use crate::cloudpods;
use db::{SystemTx, TenantTx};
use engine::{Error, Result, Services, settings::Settings};
use model::{
    hosting::domains::DomainStatus,
    ids::{DomainId, JobId, TenantId, WebsiteId},
    permission::DomainsWrite,
};
use wire::DomainName;

/// Lets a name at or below a proved domain lead to a site of the open account. `name` is the whole name, or what stands before the domain; `@`
/// or nothing is the domain itself. Returns the job, if its CloudPod is free for one now.
///
/// # Errors
/// Not found; on field `name` or `site`; a conflict while the domain is not proved.
pub async fn add_name(services: &Services, tx: TenantTx<DomainsWrite>, id: DomainId, name: &str, site: WebsiteId) -> Result<Option<JobId>> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let domain = queries::lock_own(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Domain"))?;
    if domain.status != DomainStatus::Verified {
        return Err(Error::conflict(format!("Verify {} first.", display(&domain.name))));
    }
    let name = at_or_below(name, &domain.name).map_err(|message| Error::field("name", message))?;
    let job = cloudpods::names::add(services, &mut tx, tenant, site, &name).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Lets a name no longer lead to a site of the open account. Returns the job, if its CloudPod is free for one now.
///
/// # Errors
/// Not found; a conflict when it is the CloudPod's main domain.
pub async fn remove_name(services: &Services, tx: TenantTx<DomainsWrite>, name: &str) -> Result<Option<JobId>> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let job = cloudpods::names::remove(services, &mut tx, tenant, name).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Whether a pod of this account can have this name as its main domain. Nobody proves the name, or one above it, until the transaction ends.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn is_free_for(tx: &mut SystemTx, tenant: TenantId, name: &str) -> Result<bool> {
    queries::lock_registrable(tx.conn(), registrable(name)).await?;
    Ok(queries::is_free_for(tx.conn(), tenant, name).await?)
}

/// A name as typed that a site of this account can have: one at or below a domain that the account has proved. Nobody else proves it until the
/// transaction ends.
///
/// # Errors
/// On field `domain`.
pub(crate) async fn proved_name(tx: &mut SystemTx, tenant: TenantId, typed: &str) -> Result<DomainName> {
    let name = read(typed).map_err(|message| Error::field("domain", message))?;
    let registrable = registrable(name.as_str());
    queries::lock_registrable(tx.conn(), registrable).await?;
    if !queries::is_proved_by(tx.conn(), tenant, name.as_str()).await? {
        return Err(Error::field("domain", format!("Connect and verify {} first.", display(registrable))));
    }
    Ok(name)
}

/// The platform's own names, and all below and above them: who has one of those could pass for us, or take our own sites.
pub fn is_ours(domain: &str, settings: &Settings) -> bool {
    let below = |name: &str, of: &str| name.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'));
    let panel = panel_host(settings);
    // Below a name without a dot, such as localhost, stands everybody's.
    let below_panel = panel.contains('.') && below(domain, panel);
    let base = settings.base_domain.as_str();
    domain == base || domain == panel || below(domain, base) || below_panel || below(base, domain) || below(panel, domain)
}

/// The name by which the panel is reached.
pub(crate) fn panel_host(settings: &Settings) -> &str {
    let rest = settings.public_url.split_once("://").map_or(settings.public_url.as_str(), |(_, rest)| rest);
    rest.split([':', '/']).next().unwrap_or_default()
}

/// A name as typed, as DNS has it; or what is wrong with it, for people. Letters of other scripts become punycode.
pub(crate) fn read(typed: &str) -> Result<DomainName, String> {
    let typed = typed.trim().trim_end_matches('.');
    let ascii = idna::domain_to_ascii_strict(typed).map_err(|_| "Enter a domain, for example northpier.example.".to_owned())?;
    DomainName::new(ascii).map_err(|refused| format!("Not a domain: {}.", refused.why))
}

/// A name as people write it. A label that is no punycode stays as it is.
pub(crate) fn display(name: &str) -> String {
    let label = |label: &str| match idna::domain_to_unicode(label) {
        (shown, Ok(())) => shown,
        (_, Err(_)) => label.to_owned(),
    };
    name.split('.').map(label).collect::<Vec<_>>().join(".")
}

/// What somebody registers: the label before the public suffix. The name itself where it has no such.
pub(crate) fn registrable(name: &str) -> &str {
    psl::domain_str(name).unwrap_or(name)
}

/// Whether names below it are registered by anybody, such as `co.uk`.
pub(crate) fn is_public_suffix(name: &str) -> bool {
    psl::suffix_str(name) == Some(name)
}

/// `www` or `www.northpier.example` below `northpier.example`; `@` or nothing is the domain itself.
fn at_or_below(typed: &str, domain: &str) -> Result<DomainName, String> {
    let typed = typed.trim().trim_end_matches('.');
    if typed.is_empty() || typed == "@" {
        return read(domain);
    }
    if let Ok(name) = read(typed)
        && (name.as_str() == domain || name.as_str().strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
    {
        return Ok(name);
    }
    read(&format!("{typed}.{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_people_write_it() {
        let read = |typed: &str| read(typed).map(|name| name.as_str().to_owned());
        assert_eq!(read(" Bakery.Example. ").as_deref(), Ok("bakery.example"));
        assert_eq!(read("bäckerei.example").as_deref(), Ok("xn--bckerei-5wa.example"));
        assert_eq!(display("xn--bckerei-5wa.example"), "bäckerei.example");
        for wrong in ["", "no dots", "a..example", "https://bakery.example", "192.0.2.7", "-a.example", "a_b.example/x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_part_of_a_name_stands_below_the_domain() {
        let name = |typed: &str| at_or_below(typed, "bakery.example").map(|name| name.as_str().to_owned());
        for (typed, whole) in [
            ("", "bakery.example"),
            ("@", "bakery.example"),
            ("www", "www.bakery.example"),
            ("WWW.bakery.example.", "www.bakery.example"),
            ("bakery.example", "bakery.example"),
            ("a.b", "a.b.bakery.example"),
            // Somebody else's name is read as one below.
            ("other.example", "other.example.bakery.example"),
            ("notbakery.example", "notbakery.example.bakery.example"),
        ] {
            assert_eq!(name(typed).as_deref(), Ok(whole), "{typed}");
        }
        assert!(name("*").is_err() && name("a b").is_err());
    }

    #[test]
    fn what_is_registered_stands_before_a_public_suffix() {
        assert_eq!(registrable("www.shop.bakery.co.uk"), "bakery.co.uk");
        assert_eq!(registrable("bakery.example"), "bakery.example");
        assert!(is_public_suffix("co.uk") && is_public_suffix("com") && !is_public_suffix("bakery.co.uk"));
    }
}
