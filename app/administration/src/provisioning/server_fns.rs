//! Jobs as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::provisioning::{JobPage, JobRow},
    ids::JobId,
    page::{Page, PageRequest},
};

/// Lists jobs, newest first.
#[operation("/api/admin/provisioning/jobs", "list", platform(JobsRead))]
pub async fn list_jobs(request: PageRequest) -> Result<Page<JobRow>, AppError> {
    Ok(core_administration::provisioning::list(&mut tx, &request).await?)
}

/// Returns one job with its steps and the beginning of its log.
#[operation("/api/admin/provisioning/jobs", "get", platform(JobsRead))]
pub async fn read_job(id: JobId) -> Result<JobPage, AppError> {
    Ok(core_administration::provisioning::get(&mut tx, id).await?)
}

/// Cancels a job and rolls back completed steps.
#[operation("/api/admin/provisioning/jobs", "cancel", platform(JobsManage))]
pub async fn cancel_job(id: JobId) -> Result<(), AppError> {
    Ok(core_administration::provisioning::cancel(&app_auth::services()?, tx, id).await?)
}

/// Retries a job that failed.
#[operation("/api/admin/provisioning/jobs", "retry", platform(JobsManage))]
pub async fn retry_job(id: JobId) -> Result<(), AppError> {
    Ok(core_administration::provisioning::retry(&app_auth::services()?, tx, id).await?)
}

/// Lists the jobs of a tenant, newest first.
#[operation("/api/tenant/provisioning/jobs", "list", tenant(JobsRead))]
pub async fn list_own_jobs(slug: String, request: PageRequest) -> Result<Page<JobRow>, AppError> {
    Ok(core_administration::provisioning::list_own(&mut tx, &request).await?)
}

/// Returns one job of a tenant.
#[operation("/api/tenant/provisioning/jobs", "get", tenant(JobsRead))]
pub async fn read_own_job(slug: String, id: JobId) -> Result<JobPage, AppError> {
    Ok(core_administration::provisioning::get_own(&mut tx, id).await?)
}
