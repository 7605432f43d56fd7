//! Reading zones.

use super::{
    aliases,
    queries::{self, Domain, Zone},
    rules::{file, zone},
    signing,
};
use crate::domains;
use db::{Keyset, PlatformRead, TenantRead};
use engine::{Error, Result, error::Errors};
use model::{
    hosting::{
        dns::{DnsRecord, ZoneContent, ZoneServer, ZoneVersionRow, ZoneView},
        domains::DomainStatus,
    },
    ids::{DomainId, TenantId},
    page::{Page, PageRequest},
    permission::DnsRead,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// The zone of a domain.
///
/// # Errors
/// Not found when there is no such domain.
pub async fn get(tx: &mut impl PlatformRead<DnsRead>, id: DomainId) -> Result<ZoneView> {
    view(tx.conn(), None, id).await
}

/// The zone of a domain of the tenant.
///
/// # Errors
/// Not found, also when the domain belongs to another account.
pub async fn get_own(tx: &mut impl TenantRead<DnsRead>, id: DomainId) -> Result<ZoneView> {
    let tenant = tx.tenant();
    view(tx.conn(), Some(tenant), id).await
}

/// Whether staff can read the zone of this domain. Reads no records.
///
/// # Errors
/// Not found when there is no such domain.
pub async fn find(tx: &mut impl PlatformRead<DnsRead>, id: DomainId) -> Result<()> {
    queries::domain(tx.conn(), None, id).await?.map(drop).ok_or_else(|| Error::not_found("Domain"))
}

/// Whether the tenant can read the zone of this domain. Reads no records.
///
/// # Errors
/// Not found, also when the domain belongs to another account.
pub async fn find_own(tx: &mut impl TenantRead<DnsRead>, id: DomainId) -> Result<()> {
    let tenant = tx.tenant();
    queries::domain(tx.conn(), Some(tenant), id).await?.map(drop).ok_or_else(|| Error::not_found("Domain"))
}

/// Names of our name servers, sorted.
pub(crate) async fn name_servers(conn: &mut PgConnection) -> Result<Vec<String>> {
    Ok(queries::name_servers(conn).await?)
}

/// Whether a domain has a zone.
pub(crate) async fn has_zone(conn: &mut PgConnection, id: DomainId) -> Result<bool> {
    Ok(queries::has_zone(conn, id).await?)
}

async fn view(conn: &mut PgConnection, tenant: Option<TenantId>, id: DomainId) -> Result<ZoneView> {
    let domain = queries::domain(conn, tenant, id).await?.ok_or_else(|| Error::not_found("Domain"))?;
    let zone = match queries::of_domain(conn, id).await? {
        Some(zone) => {
            let records = queries::records(conn, zone.id).await?;
            Some(ZoneContent {
                serial: zone.serial(),
                version: zone.version,
                servers: servers(queries::servers(conn, zone.id).await?, tenant.is_none()),
                dnssec: signing::view(conn, &zone, &records).await?,
                aliases: aliases::views(conn, zone.id).await?,
                records,
            })
        }
        None => None,
    };
    let name_servers = queries::name_servers(conn).await?;
    Ok(ZoneView {
        domain: id,
        display_name: domains::display(&domain.name),
        obstacle: obstacle(&domain, &name_servers),
        name_servers,
        name: domain.name,
        zone,
    })
}

/// Hides a server's error message from customers.
fn servers(found: Vec<ZoneServer>, is_staff: bool) -> Vec<ZoneServer> {
    let plain = |error: String| match is_staff || error == queries::STALE {
        true => error,
        false => "Does not have the current version yet. It is retried automatically.".to_owned(),
    };
    found.into_iter().map(|server| ZoneServer { error: server.error.map(plain), ..server }).collect()
}

/// Why a domain cannot have a zone, for people.
pub(super) fn obstacle(domain: &Domain, name_servers: &[String]) -> Option<String> {
    let registrable = domains::registrable(&domain.name);
    if domain.status != DomainStatus::Verified {
        Some(format!("Verify {} first.", domains::display(&domain.name)))
    } else if registrable != domain.name {
        Some(format!("DNS is managed for the whole domain {}. Connect that one.", domains::display(registrable)))
    } else if name_servers.is_empty() {
        Some("DNS hosting is not available yet. Contact support.".to_owned())
    } else {
        None
    }
}

/// The zone of a domain of this tenant.
pub(super) async fn own(conn: &mut PgConnection, tenant: TenantId, id: DomainId) -> Result<Zone> {
    queries::domain(conn, Some(tenant), id).await?.ok_or_else(|| Error::not_found("Domain"))?;
    queries::of_domain(conn, id).await?.ok_or_else(|| Error::not_found("Zone"))
}

/// Returns a record as typed in the form in which the zone stores it.
///
/// # Errors
/// Not found when the domain has no zone; on the fields `name`, `ttl` and `value`.
pub async fn check_record(tx: &mut impl TenantRead<DnsRead>, id: DomainId, typed: &DnsRecord) -> Result<DnsRecord> {
    let tenant = tx.tenant();
    let found = own(tx.conn(), tenant, id).await?;
    zone::read(&found.name, typed).map_err(|faults| {
        let mut errors = Errors::default();
        faults.into_iter().for_each(|fault| errors.add(&fault.field, fault.message));
        errors.into_error()
    })
}

/// The zone as a zone file.
///
/// # Errors
/// Not found when the domain has no zone.
pub async fn export(tx: &mut impl TenantRead<DnsRead>, id: DomainId) -> Result<String> {
    let tenant = tx.tenant();
    let found = own(tx.conn(), tenant, id).await?;
    let records = queries::records(tx.conn(), found.id).await?;
    Ok(file::write(&found.name, found.serial(), &found.name_servers, &records))
}

/// The versions of a zone, newest first.
///
/// # Errors
/// Not found when the domain has no zone; when the cursor is not known.
pub async fn history(tx: &mut impl TenantRead<DnsRead>, id: DomainId, request: &PageRequest) -> Result<Page<ZoneVersionRow>> {
    let tenant = tx.tenant();
    let found = own(tx.conn(), tenant, id).await?;
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let rows = queries::versions(tx.conn(), found.id, (keyset.before, keyset.after, keyset.limit())).await?;
    Ok(keyset.page(rows, |row: &ZoneVersionRow| row.id))
}
