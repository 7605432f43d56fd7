//! Certificates, as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::certificates::{CertificateRow, DnsSetup, Hsts, PlatformCertificateKind, PlatformCertificateRow},
    ids::{CertificateId, CloudPodId, JobId},
    page::{Page, PageRequest},
};

/// Lists the certificates of all customers' sites, newest first.
#[operation("/api/admin/ssl/certificates", "list", platform(SslRead))]
pub async fn list_certificates(request: PageRequest) -> Result<Page<CertificateRow>, AppError> {
    Ok(core_hosting::certificates::list(&app_auth::services()?, &mut tx, &request).await?)
}

/// Returns one certificate.
#[operation("/api/admin/ssl/certificates", "get", platform(SslRead))]
pub async fn read_certificate(id: CertificateId) -> Result<CertificateRow, AppError> {
    Ok(core_hosting::certificates::get(&app_auth::services()?, &mut tx, id).await?)
}

/// Starts the job that issues or renews a certificate now. The one in use stays until visitors were seen to get the new one.
#[operation("/api/admin/ssl/certificates", "issue", platform(SslManage))]
pub async fn issue_certificate(id: CertificateId) -> Result<JobId, AppError> {
    Ok(core_hosting::certificates::issue(&app_auth::services()?, tx, id).await?)
}

/// Returns the certificates of the platform itself: the one that names below its domain share, and the panel's; with the DNS records that they need.
#[operation("/api/admin/ssl/platform", "list", platform(SslRead))]
pub async fn list_platform_certificates() -> Result<Vec<PlatformCertificateRow>, AppError> {
    Ok(core_hosting::certificates::list_platform(&app_auth::services()?, tx).await?)
}

/// Issues or renews a certificate of the platform now. The one in use stays until the new one is issued.
#[operation("/api/admin/ssl/platform", "issue", platform(SslManage))]
pub async fn issue_platform_certificate(kind: PlatformCertificateKind) -> Result<(), AppError> {
    Ok(core_hosting::certificates::issue_platform(&app_auth::services()?, tx, kind).await?)
}

/// Returns the certificates of a CloudPod's sites; none where no certificates are issued.
#[operation("/api/admin/ssl/certificates", "of_pod", platform(SslRead))]
pub async fn read_pod_certificates(pod: CloudPodId) -> Result<Vec<CertificateRow>, AppError> {
    Ok(core_hosting::certificates::of_pod(&app_auth::services()?, &mut tx, pod).await?)
}

/// Lists the certificates of a tenant's sites, newest first; none where no certificates are issued.
#[operation("/api/tenant/ssl/certificates", "list", tenant(SslRead))]
pub async fn list_own_certificates(slug: String, request: PageRequest) -> Result<Page<CertificateRow>, AppError> {
    Ok(core_hosting::certificates::list_own(&app_auth::services()?, &mut tx, &request).await?)
}

/// Returns the certificates of the sites of a tenant's CloudPod; none where no certificates are issued.
#[operation("/api/tenant/ssl/certificates", "of_pod", tenant(SslRead))]
pub async fn read_own_pod_certificates(slug: String, pod: CloudPodId) -> Result<Vec<CertificateRow>, AppError> {
    Ok(core_hosting::certificates::of_own_pod(&app_auth::services()?, &mut tx, pod).await?)
}

/// Returns one certificate of a tenant's sites.
#[operation("/api/tenant/ssl/certificates", "get", tenant(SslRead))]
pub async fn read_own_certificate(slug: String, id: CertificateId) -> Result<CertificateRow, AppError> {
    Ok(core_hosting::certificates::get_own(&app_auth::services()?, &mut tx, id).await?)
}

/// Starts the job that issues a new certificate for a tenant's site, in place of any other one.
#[operation("/api/tenant/ssl/certificates", "issue", tenant(SslManage))]
pub async fn issue_own_certificate(slug: String, id: CertificateId) -> Result<JobId, AppError> {
    Ok(core_hosting::certificates::issue_own(&app_auth::services()?, tx, id).await?)
}

/// Creates a key and a signing request (CSR) for all names of a tenant's site. The key stays in the panel; that of the former CSR is deleted.
#[operation("/api/tenant/ssl/certificates", "create_csr", tenant(SslManage))]
pub async fn create_certificate_csr(slug: String, id: CertificateId) -> Result<(), AppError> {
    Ok(core_hosting::certificates::create_csr(&app_auth::services()?, tx, id).await?)
}

/// Starts the job that takes a tenant's own certificate into use: the chain, the certificate itself first, and its key, both in PEM. Without a key,
/// the one of the current signing request (CSR) is used.
#[operation("/api/tenant/ssl/certificates", "install", tenant(SslManage))]
pub async fn install_certificate(slug: String, id: CertificateId, chain: String, key: String) -> Result<JobId, AppError> {
    Ok(core_hosting::certificates::install(&app_auth::services()?, tx, id, &chain, &key).await?)
}

/// Has the certificate of a tenant's site be for a wildcard, such as `*.example.org`, or no longer. It is issued once that can be verified by DNS.
#[operation("/api/tenant/ssl/certificates", "set_wildcard", tenant(SslManage))]
pub async fn set_certificate_wildcard(slug: String, id: CertificateId, wildcard: String, is_on: bool) -> Result<(), AppError> {
    Ok(core_hosting::certificates::set_wildcard(&app_auth::services()?, tx, id, &wildcard, is_on).await?)
}

/// Returns the DNS records by which names of a tenant's site are verified whose DNS is kept elsewhere, and whether DNS has them.
#[operation("/api/tenant/ssl/certificates", "check_setup", tenant(SslRead))]
pub async fn check_certificate_setup(slug: String, id: CertificateId) -> Result<Vec<DnsSetup>, AppError> {
    Ok(core_hosting::certificates::check_setup(&app_auth::services()?, tx, id).await?)
}

/// Starts the job that sets for how long browsers open a site only over HTTPS (HSTS).
#[operation("/api/tenant/ssl/certificates", "set_hsts", tenant(SslManage))]
pub async fn set_certificate_hsts(slug: String, id: CertificateId, hsts: Hsts) -> Result<JobId, AppError> {
    Ok(core_hosting::certificates::set_hsts(&app_auth::services()?, tx, id, hsts).await?)
}
