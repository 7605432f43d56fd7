//! Jobs as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use model::permission::{JobsManage, JobsRead};
use model::{
    administration::provisioning::{JobPage, JobRow},
    ids::JobId,
    page::{Page, PageRequest},
};
use server_fn::codec::Json;

/// Jobs, newest first.
#[server(prefix = "/api/admin/provisioning/jobs", endpoint = "list", input = Json)]
pub async fn list_jobs(request: PageRequest) -> Result<Page<JobRow>, AppError> {
    Ok(mpanel_core::administration::provisioning::list(&mut app_door::platform::<JobsRead>().await?, &request).await?)
}

/// One job with its steps and the first part of its log.
#[server(prefix = "/api/admin/provisioning/jobs", endpoint = "get", input = Json)]
pub async fn read_job(id: JobId) -> Result<JobPage, AppError> {
    Ok(mpanel_core::administration::provisioning::get(&mut app_door::platform::<JobsRead>().await?, id).await?)
}

/// Cancels a job: what is done is undone.
#[server(prefix = "/api/admin/provisioning/jobs", endpoint = "cancel", input = Json)]
pub async fn cancel_job(id: JobId) -> Result<(), AppError> {
    let tx = app_door::platform::<JobsManage>().await?;
    Ok(mpanel_core::administration::provisioning::cancel(&app_door::services()?, tx, id).await?)
}

/// Starts an ended job again.
#[server(prefix = "/api/admin/provisioning/jobs", endpoint = "retry", input = Json)]
pub async fn retry_job(id: JobId) -> Result<(), AppError> {
    let tx = app_door::platform::<JobsManage>().await?;
    Ok(mpanel_core::administration::provisioning::retry(&app_door::services()?, tx, id).await?)
}

/// Jobs of one tenant, newest first.
#[server(prefix = "/api/tenant/provisioning/jobs", endpoint = "list", input = Json)]
pub async fn list_own_jobs(slug: String, request: PageRequest) -> Result<Page<JobRow>, AppError> {
    Ok(mpanel_core::administration::provisioning::list_own(&mut app_door::tenant::<JobsRead>(&slug).await?, &request).await?)
}

/// One job of a tenant.
#[server(prefix = "/api/tenant/provisioning/jobs", endpoint = "get", input = Json)]
pub async fn read_own_job(slug: String, id: JobId) -> Result<JobPage, AppError> {
    Ok(mpanel_core::administration::provisioning::get_own(&mut app_door::tenant::<JobsRead>(&slug).await?, id).await?)
}
