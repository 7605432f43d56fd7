//! Certificates, as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::certificates::CertificateRow,
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

/// Returns the certificate of a CloudPod's site; nothing where no certificates are issued.
#[operation("/api/admin/ssl/certificates", "of_pod", platform(SslRead))]
pub async fn read_pod_certificate(pod: CloudPodId) -> Result<Option<CertificateRow>, AppError> {
    Ok(core_hosting::certificates::of_pod(&app_auth::services()?, &mut tx, pod).await?)
}

/// Returns the certificate of the site of a tenant's CloudPod; nothing where no certificates are issued.
#[operation("/api/tenant/ssl/certificates", "of_pod", tenant(SslRead))]
pub async fn read_own_pod_certificate(slug: String, pod: CloudPodId) -> Result<Option<CertificateRow>, AppError> {
    Ok(core_hosting::certificates::of_own_pod(&app_auth::services()?, &mut tx, pod).await?)
}
