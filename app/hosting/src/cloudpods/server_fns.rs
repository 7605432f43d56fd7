//! CloudPods as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::cloudpods::{PodRow, PodView},
    ids::{CloudPodId, JobId},
    page::{Page, PageRequest},
};

/// Pods of all customers, newest first.
#[operation("/api/admin/hosting/cloudpods", "list", platform(CloudpodsRead))]
pub async fn list_pods(request: PageRequest) -> Result<Page<PodRow>, AppError> {
    Ok(mpanel_core::hosting::cloudpods::list(&mut tx, &request).await?)
}

/// One pod.
#[operation("/api/admin/hosting/cloudpods", "get", platform(CloudpodsRead))]
pub async fn read_pod(id: CloudPodId) -> Result<PodView, AppError> {
    Ok(mpanel_core::hosting::cloudpods::get(&mut tx, id).await?)
}

/// Starts to take a pod away. The name must be typed.
#[operation("/api/admin/hosting/cloudpods", "delete", platform(CloudpodsDelete))]
pub async fn delete_pod(id: CloudPodId, confirm_name: String) -> Result<JobId, AppError> {
    Ok(mpanel_core::hosting::cloudpods::delete(&app_auth::services()?, tx, id, &confirm_name).await?)
}

/// Pods of one tenant, newest first.
#[operation("/api/tenant/hosting/cloudpods", "list", tenant(CloudpodsRead))]
pub async fn list_own_pods(slug: String, request: PageRequest) -> Result<Page<PodRow>, AppError> {
    Ok(mpanel_core::hosting::cloudpods::list_own(&mut tx, &request).await?)
}

/// One pod of a tenant.
#[operation("/api/tenant/hosting/cloudpods", "get", tenant(CloudpodsRead))]
pub async fn read_own_pod(slug: String, id: CloudPodId) -> Result<PodView, AppError> {
    Ok(mpanel_core::hosting::cloudpods::get_own(&mut tx, id).await?)
}
