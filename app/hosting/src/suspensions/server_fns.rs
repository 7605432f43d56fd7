//! Suspensions as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{hosting::suspensions::SuspensionReason, ids::CloudPodId};

/// Suspends a CloudPod for a reason. Its site goes offline, its data is kept.
#[operation("/api/admin/hosting/cloudpods", "suspend", platform(CloudpodsManage))]
pub async fn suspend_pod(id: CloudPodId, reason: SuspensionReason, note: String) -> Result<(), AppError> {
    Ok(core_hosting::suspensions::suspend(&app_auth::services()?, tx, id, reason, &note).await?)
}

/// What suspending a CloudPod would close, by its server's own plan.
#[operation("/api/admin/hosting/cloudpods", "preview_suspension", platform(CloudpodsManage))]
pub async fn preview_suspension(id: CloudPodId) -> Result<Vec<String>, AppError> {
    Ok(core_hosting::suspensions::preview(&app_auth::services()?, tx, id).await?)
}

/// Previews what lifting a reason would bring back online on the server; nothing while other reasons are left.
#[operation("/api/admin/hosting/cloudpods", "preview_unsuspend", platform(CloudpodsManage))]
pub async fn preview_unsuspend(id: CloudPodId, reason: SuspensionReason) -> Result<Vec<String>, AppError> {
    Ok(core_hosting::suspensions::preview_unsuspend(&app_auth::services()?, tx, id, reason).await?)
}

/// Lifts a reason. The site comes back online when it was the last one.
#[operation("/api/admin/hosting/cloudpods", "unsuspend", platform(CloudpodsManage))]
pub async fn unsuspend_pod(id: CloudPodId, reason: SuspensionReason) -> Result<(), AppError> {
    Ok(core_hosting::suspensions::unsuspend(&app_auth::services()?, tx, id, reason).await?)
}
