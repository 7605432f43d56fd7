//! CloudPods as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use model::permission::{CloudpodsDelete, CloudpodsRead};
use model::{
    hosting::cloudpods::{PodRow, PodView},
    ids::{CloudPodId, JobId},
    page::{Page, PageRequest},
};
use server_fn::codec::Json;

/// Pods of all customers, newest first.
#[server(prefix = "/api/admin/hosting/cloudpods", endpoint = "list", input = Json)]
pub async fn list_pods(request: PageRequest) -> Result<Page<PodRow>, AppError> {
    Ok(mpanel_core::hosting::cloudpods::list(&mut app_door::platform::<CloudpodsRead>().await?, &request).await?)
}

/// One pod.
#[server(prefix = "/api/admin/hosting/cloudpods", endpoint = "get", input = Json)]
pub async fn read_pod(id: CloudPodId) -> Result<PodView, AppError> {
    Ok(mpanel_core::hosting::cloudpods::get(&mut app_door::platform::<CloudpodsRead>().await?, id).await?)
}

/// Starts to take a pod away. The name must be typed.
#[server(prefix = "/api/admin/hosting/cloudpods", endpoint = "delete", input = Json)]
pub async fn delete_pod(id: CloudPodId, confirm_name: String) -> Result<JobId, AppError> {
    let tx = app_door::platform::<CloudpodsDelete>().await?;
    Ok(mpanel_core::hosting::cloudpods::delete(&app_door::services()?, tx, id, &confirm_name).await?)
}

/// Pods of one tenant, newest first.
#[server(prefix = "/api/tenant/hosting/cloudpods", endpoint = "list", input = Json)]
pub async fn list_own_pods(slug: String, request: PageRequest) -> Result<Page<PodRow>, AppError> {
    Ok(mpanel_core::hosting::cloudpods::list_own(&mut app_door::tenant::<CloudpodsRead>(&slug).await?, &request).await?)
}

/// One pod of a tenant.
#[server(prefix = "/api/tenant/hosting/cloudpods", endpoint = "get", input = Json)]
pub async fn read_own_pod(slug: String, id: CloudPodId) -> Result<PodView, AppError> {
    Ok(mpanel_core::hosting::cloudpods::get_own(&mut app_door::tenant::<CloudpodsRead>(&slug).await?, id).await?)
}
