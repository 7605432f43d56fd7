//! Jobs as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::provisioning::{JobPage, JobRow},
    ids::JobId,
    page::{Page, PageRequest},
};

/// Jobs, newest first.
#[operation("/api/admin/provisioning/jobs", "list", platform(JobsRead))]
pub async fn list_jobs(request: PageRequest) -> Result<Page<JobRow>, AppError> {
    Ok(mpanel_core::administration::provisioning::list(&mut tx, &request).await?)
}

/// One job with its steps and the first part of its log.
#[operation("/api/admin/provisioning/jobs", "get", platform(JobsRead))]
pub async fn read_job(id: JobId) -> Result<JobPage, AppError> {
    Ok(mpanel_core::administration::provisioning::get(&mut tx, id).await?)
}

/// Cancels a job: what is done is undone.
#[operation("/api/admin/provisioning/jobs", "cancel", platform(JobsManage))]
pub async fn cancel_job(id: JobId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::provisioning::cancel(&app_auth::services()?, tx, id).await?)
}

/// Starts an ended job again.
#[operation("/api/admin/provisioning/jobs", "retry", platform(JobsManage))]
pub async fn retry_job(id: JobId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::provisioning::retry(&app_auth::services()?, tx, id).await?)
}

/// Jobs of one tenant, newest first.
#[operation("/api/tenant/provisioning/jobs", "list", tenant(JobsRead))]
pub async fn list_own_jobs(slug: String, request: PageRequest) -> Result<Page<JobRow>, AppError> {
    Ok(mpanel_core::administration::provisioning::list_own(&mut tx, &request).await?)
}

/// One job of a tenant.
#[operation("/api/tenant/provisioning/jobs", "get", tenant(JobsRead))]
pub async fn read_own_job(slug: String, id: JobId) -> Result<JobPage, AppError> {
    Ok(mpanel_core::administration::provisioning::get_own(&mut tx, id).await?)
}
