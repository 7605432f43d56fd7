//! Templates: the records that a service needs, against those of a zone. They reach the zone as changes that are previewed and applied as all others.

use super::{
    queries::Zone,
    read,
    rules::{names, templates},
};
use crate::cloudpods;
use db::TenantRead;
use engine::{Error, Result};
use model::{
    hosting::dns::{DnsTemplate, TemplateView},
    ids::{DomainId, TenantId},
    permission::DnsRead,
};
use sqlx::PgConnection;
use std::net::IpAddr;
use wire::DomainName;

/// Compares all templates that a zone can use with its records.
///
/// # Errors
/// Not found when the domain has no zone.
pub async fn list_templates(tx: &mut impl TenantRead<DnsRead>, id: DomainId) -> Result<Vec<TemplateView>> {
    let tenant = tx.tenant();
    let found = read::own(tx.conn(), tenant, id).await?;
    let records = super::queries::records(tx.conn(), found.id).await?;
    let sites = sites(tx.conn(), tenant, &found).await?;
    let usable = DnsTemplate::ALL.iter().filter(|template| **template != DnsTemplate::CloudPods || !sites.is_empty());
    Ok(usable.map(|template| templates::compare(*template, &found.name, &records, &sites, None)).collect())
}

/// Compares a template with a zone's records; `word` is what it needs to know, if anything.
///
/// # Errors
/// Not found when the domain has no zone; on field `word`.
pub async fn compare_template(tx: &mut impl TenantRead<DnsRead>, id: DomainId, template: DnsTemplate, word: &str) -> Result<TemplateView> {
    let tenant = tx.tenant();
    let found = read::own(tx.conn(), tenant, id).await?;
    let records = super::queries::records(tx.conn(), found.id).await?;
    let sites = sites(tx.conn(), tenant, &found).await?;
    let word = word.trim().to_ascii_lowercase();
    let word = word.split('.').next().unwrap_or_default();
    let is_label = DomainName::new(format!("{word}.example")).is_ok();
    if template.word_label().is_some() && !is_label {
        return Err(Error::field("word", "Enter the first part of the name that Microsoft shows, such as example-com."));
    }
    Ok(templates::compare(template, &found.name, &records, &sites, template.word_label().map(|_| word)))
}

/// The names in a zone that lead to CloudPods, with their addresses.
async fn sites(conn: &mut PgConnection, tenant: TenantId, zone: &Zone) -> Result<Vec<(String, IpAddr)>> {
    let sites = cloudpods::names::of_tenant(conn, tenant, &zone.name).await?;
    let site = |name: &str, address: Option<String>| Some((names::below(&zone.name, name).to_owned(), address?.parse().ok()?));
    Ok(sites.into_iter().filter_map(|one| site(&one.name, one.address)).collect())
}
