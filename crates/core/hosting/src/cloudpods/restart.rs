//! Asking for a restart of a pod's processes.

use super::{
    jobs::{self, RestartCloudpod},
    queries,
    reconcile::queries as reconcile,
    rules,
};
use db::{AuditEvent, Caller, PlatformTx, TenantTx};
use engine::{
    error::{Error, Result},
    saga::Saga,
    services::Services,
};
use model::{
    audit_action::AuditAction,
    hosting::cloudpods::Stack,
    ids::{CloudPodId, JobId, TenantId},
    permission::CloudpodsWrite,
};

/// Starts the job that restarts the services and the database of a pod; its visitors wait meanwhile.
///
/// # Errors
/// Not found; a conflict when the pod is not running, has no processes, or another job of it goes on.
pub async fn restart(services: &Services, tx: PlatformTx<CloudpodsWrite>, pod: CloudPodId) -> Result<JobId> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    request(services, caller, None, pod).await
}

/// [`restart`] of a pod of the open tenant's.
///
/// # Errors
/// As there; not found also when it is somebody else's.
pub async fn restart_own(services: &Services, tx: TenantTx<CloudpodsWrite>, pod: CloudPodId) -> Result<JobId> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    request(services, caller, Some(tenant), pod).await
}

async fn request(services: &Services, caller: Caller, tenant: Option<TenantId>, pod: CloudPodId) -> Result<JobId> {
    let mut tx = services.db.system(caller).await?;
    queries::lock(tx.conn(), pod).await?;
    let facts = queries::facts(tx.conn(), pod).await?;
    let facts = facts.filter(|facts| tenant.is_none_or(|tenant| facts.tenant_id == tenant)).ok_or_else(|| Error::not_found("CloudPod"))?;
    if let Some(reason) = rules::why_not_restart(facts.status, facts.desired_state, facts.sites.iter().any(|site| site.stack != Stack::Static)) {
        return Err(Error::conflict(reason));
    }
    if reconcile::has_unfinished_job(tx.conn(), pod).await? {
        return Err(Error::conflict("A job of this CloudPod is in progress. Wait until it has ended."));
    }
    let round = reconcile::count_jobs(tx.conn(), pod, RestartCloudpod::KIND).await? + 1;
    let job = jobs::start(services, &mut tx, &facts, &facts.name, &RestartCloudpod { pod, round }).await?;
    let event = AuditEvent::new(AuditAction::CloudpodRestartRequested, "cloud_pod", pod, &*facts.name).in_tenant(facts.tenant_id);
    tx.commit(event.after(serde_json::json!({ "job": job }))).await?;
    Ok(job)
}
