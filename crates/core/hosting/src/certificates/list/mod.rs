//! Lists and pages of certificates.

mod queries;

use super::wildcards;
use adapters::acme::Authorities;
use db::{Keyset, PlatformRead, TenantRead};
use engine::{Error, Result, Services};
use model::{
    hosting::certificates::{CertificateRow, CertificateStatus},
    ids::{CertificateId, CloudPodId},
    page::{Page, PageRequest},
    permission::SslRead,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Whether there is a CA that issues certificates; customers are shown nothing of them otherwise.
pub fn are_issued(services: &Services) -> bool {
    services.find::<Authorities>().is_some()
}

/// Certificates of all customers, newest first. `state` is a [`CertificateStatus`]; `search` looks in the names.
///
/// # Errors
/// When the cursor or the state is not known.
pub async fn list(services: &Services, tx: &mut impl PlatformRead<SslRead>, request: &PageRequest) -> Result<Page<CertificateRow>> {
    page(services, tx.conn(), request).await
}

/// The certificates of the open tenant's sites, as [`list`]. None where no CA is configured.
///
/// # Errors
/// As [`list`].
pub async fn list_own(services: &Services, tx: &mut impl TenantRead<SslRead>, request: &PageRequest) -> Result<Page<CertificateRow>> {
    if !are_issued(services) {
        return Ok(Page::empty());
    }
    page(services, tx.conn(), request).await
}

/// Those that the caller can see.
async fn page(services: &Services, conn: &mut PgConnection, request: &PageRequest) -> Result<Page<CertificateRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let word = request.state.as_deref().filter(|word| !word.is_empty());
    let state: Option<CertificateStatus> = word.map(str::parse).transpose().map_err(|_| Error::field("state", "Unknown status filter."))?;
    let search = request.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let rows = queries::list(conn, (keyset.before, keyset.after, keyset.limit()), state, search, services.now()).await?;
    Ok(keyset.page(rows.into_iter().map(CertificateRow::from).collect(), |row: &CertificateRow| row.id.0))
}

/// One certificate.
///
/// # Errors
/// When there is no such certificate.
pub async fn get(services: &Services, tx: &mut impl PlatformRead<SslRead>, id: CertificateId) -> Result<CertificateRow> {
    let row = queries::get(tx.conn(), id, services.now()).await?;
    row.map(CertificateRow::from).ok_or_else(|| Error::not_found("Certificate"))
}

/// The certificates of a CloudPod's sites, the first site first. None where no CA is configured, or the sites were not looked at yet.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn of_pod(services: &Services, tx: &mut impl PlatformRead<SslRead>, pod: CloudPodId) -> Result<Vec<CertificateRow>> {
    if !are_issued(services) {
        return Ok(Vec::new());
    }
    Ok(queries::of_pod(tx.conn(), pod, services.now()).await?.into_iter().map(CertificateRow::from).collect())
}

/// One certificate of the open tenant.
///
/// # Errors
/// When this tenant has no such certificate.
pub async fn get_own(services: &Services, tx: &mut impl TenantRead<SslRead>, id: CertificateId) -> Result<CertificateRow> {
    let row = queries::get(tx.conn(), id, services.now()).await?;
    let mut row = row.map(CertificateRow::from).ok_or_else(|| Error::not_found("Certificate"))?;
    let domains = super::queries::proved_domains(tx.conn(), row.tenant).await?;
    row.wildcard_choices = wildcards::choices(&row.state.names, &domains);
    Ok(row)
}

/// The same as [`of_pod`] of the open tenant's.
///
/// # Errors
/// As [`of_pod`]; not found when the pod is not this tenant's.
pub async fn of_own_pod(services: &Services, tx: &mut impl TenantRead<SslRead>, pod: CloudPodId) -> Result<Vec<CertificateRow>> {
    if !queries::has_pod(tx.conn(), pod).await? {
        return Err(Error::not_found("CloudPod"));
    }
    if !are_issued(services) {
        return Ok(Vec::new());
    }
    Ok(queries::of_pod(tx.conn(), pod, services.now()).await?.into_iter().map(CertificateRow::from).collect())
}
