//! CloudPods as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::cloudpods::{DriftPolicy, MigrationPreview, MigrationTarget, PlannedMoveView, PodRow, PodView},
    ids::{CloudPodId, JobId, ServerId},
    page::{Page, PageRequest},
};

/// Lists the CloudPods of all customers, newest first.
#[operation("/api/admin/hosting/cloudpods", "list", platform(CloudpodsRead))]
pub async fn list_pods(request: PageRequest) -> Result<Page<PodRow>, AppError> {
    Ok(core_hosting::cloudpods::list(&mut tx, &request).await?)
}

/// Returns one CloudPod.
#[operation("/api/admin/hosting/cloudpods", "get", platform(CloudpodsRead))]
pub async fn read_pod(id: CloudPodId) -> Result<PodView, AppError> {
    Ok(core_hosting::cloudpods::get(&app_auth::services()?, &mut tx, id).await?)
}

/// Starts the deletion of a CloudPod. `confirm_name` must match its name.
#[operation("/api/admin/hosting/cloudpods", "delete", platform(CloudpodsDelete))]
pub async fn delete_pod(id: CloudPodId, confirm_name: String) -> Result<JobId, AppError> {
    Ok(core_hosting::cloudpods::delete(&app_auth::services()?, tx, id, &confirm_name).await?)
}

/// Previews what deleting a CloudPod would remove from its server.
#[operation("/api/admin/hosting/cloudpods", "preview_delete", platform(CloudpodsManage))]
pub async fn preview_delete(id: CloudPodId) -> Result<Vec<String>, AppError> {
    Ok(core_hosting::cloudpods::preview_deletion(&app_auth::services()?, tx, id).await?)
}

/// Previews which units a restart of a CloudPod would restart on its server.
#[operation("/api/admin/hosting/cloudpods", "preview_restart", platform(CloudpodsWrite))]
pub async fn preview_restart(id: CloudPodId) -> Result<Vec<String>, AppError> {
    Ok(core_hosting::cloudpods::preview_restart(&app_auth::services()?, tx, id).await?)
}

/// Restarts the services and the database of a CloudPod. Visitors wait meanwhile.
#[operation("/api/admin/hosting/cloudpods", "restart", platform(CloudpodsWrite))]
pub async fn restart_pod(id: CloudPodId) -> Result<JobId, AppError> {
    Ok(core_hosting::cloudpods::restart(&app_auth::services()?, tx, id).await?)
}

/// Chooses what is done when a CloudPod differs from its plan. Without a policy the installation's default applies.
#[operation("/api/admin/hosting/cloudpods", "set_drift_policy", platform(ServersManage))]
pub async fn set_drift_policy(id: CloudPodId, policy: Option<DriftPolicy>) -> Result<(), AppError> {
    Ok(core_hosting::cloudpods::set_drift_policy(&app_auth::services()?, tx, id, policy).await?)
}

/// Servers that a CloudPod can be moved to, the emptiest first.
#[operation("/api/admin/hosting/cloudpods", "migration_targets", platform(ServersRead))]
pub async fn list_migration_targets(id: CloudPodId) -> Result<Vec<MigrationTarget>, AppError> {
    Ok(core_hosting::cloudpods::migration_targets(&mut tx, id).await?)
}

/// What moving a CloudPod to a server would do there, by that server's own plan.
#[operation("/api/admin/hosting/cloudpods", "preview_migration", platform(ServersRead))]
pub async fn preview_migration(id: CloudPodId, server: ServerId) -> Result<MigrationPreview, AppError> {
    Ok(core_hosting::cloudpods::preview_migration(&app_auth::services()?, tx, id, server).await?)
}

/// Moves a CloudPod to another server. It serves until it has arrived.
#[operation("/api/admin/hosting/cloudpods", "migrate", platform(ServersManage))]
pub async fn migrate_pod(id: CloudPodId, server: ServerId) -> Result<JobId, AppError> {
    Ok(core_hosting::cloudpods::migrate(&app_auth::services()?, tx, id, server).await?)
}

/// Plans the move of a CloudPod: lowers the TTLs of its addresses now, and moves it once resolvers have forgotten those of before.
#[operation("/api/admin/hosting/cloudpods", "plan_migration", platform(ServersManage))]
pub async fn plan_pod_migration(id: CloudPodId, server: ServerId) -> Result<(), AppError> {
    Ok(core_hosting::cloudpods::plan_migration(&app_auth::services()?, tx, id, server).await?)
}

/// Cancels the planned move of a CloudPod, and restores its TTLs.
#[operation("/api/admin/hosting/cloudpods", "cancel_planned_migration", platform(ServersManage))]
pub async fn cancel_planned_migration(id: CloudPodId) -> Result<(), AppError> {
    Ok(core_hosting::cloudpods::cancel_planned_migration(&app_auth::services()?, tx, id).await?)
}

/// Returns the planned move of a CloudPod.
#[operation("/api/admin/hosting/cloudpods", "planned_migration", platform(ServersRead))]
pub async fn read_planned_migration(id: CloudPodId) -> Result<Option<PlannedMoveView>, AppError> {
    Ok(core_hosting::cloudpods::planned_migration(&mut tx, id).await?)
}

/// Lists the CloudPods of a tenant, newest first.
#[operation("/api/tenant/hosting/cloudpods", "list", tenant(CloudpodsRead))]
pub async fn list_own_pods(slug: String, request: PageRequest) -> Result<Page<PodRow>, AppError> {
    Ok(core_hosting::cloudpods::list_own(&mut tx, &request).await?)
}

/// Returns one CloudPod of a tenant.
#[operation("/api/tenant/hosting/cloudpods", "get", tenant(CloudpodsRead))]
pub async fn read_own_pod(slug: String, id: CloudPodId) -> Result<PodView, AppError> {
    Ok(core_hosting::cloudpods::get_own(&mut tx, id).await?)
}

/// Restarts the services and the database of a tenant's CloudPod. Visitors wait meanwhile.
#[operation("/api/tenant/hosting/cloudpods", "restart", tenant(CloudpodsWrite))]
pub async fn restart_own_pod(slug: String, id: CloudPodId) -> Result<JobId, AppError> {
    Ok(core_hosting::cloudpods::restart_own(&app_auth::services()?, tx, id).await?)
}
