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

/// Lifts a reason. The site comes back online when it was the last one.
#[operation("/api/admin/hosting/cloudpods", "unsuspend", platform(CloudpodsManage))]
pub async fn unsuspend_pod(id: CloudPodId, reason: SuspensionReason) -> Result<(), AppError> {
    Ok(core_hosting::suspensions::unsuspend(&app_auth::services()?, tx, id, reason).await?)
}
