//! Asking for a pod's end.

use super::{jobs::DeleteCloudpod, queries, reconcile::queries as reconcile, request::subject, rules};
use db::{AuditEvent, PlatformTx};
use engine::{
    error::{Error, Result},
    saga::{self, About, Saga},
    services::Services,
};
use model::{
    audit_action::AuditAction,
    ids::{CloudPodId, JobId},
    permission::CloudpodsDelete,
};

/// Starts the job that takes the pod offline, keeps its data for the grace period, and then leaves nothing.
/// `typed_name` is what the person typed to confirm.
///
/// # Errors
/// A field error on `name` when another name was typed; a conflict when the pod is not in a state to be deleted.
pub async fn delete(services: &Services, mut tx: PlatformTx<CloudpodsDelete>, pod: CloudPodId, typed_name: &str) -> Result<JobId> {
    queries::lock(tx.conn(), pod).await?;
    let facts = queries::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    if typed_name.trim() != facts.name {
        return Err(Error::field("name", format!("Type {} to delete this CloudPod.", facts.name)));
    }
    if let Some(reason) = rules::why_not_delete(facts.status) {
        return Err(Error::conflict(reason));
    }
    if reconcile::has_unfinished_job(tx.conn(), pod).await? {
        return Err(Error::conflict("A job of this CloudPod is in progress. Wait until it has ended."));
    }
    let saga = DeleteCloudpod {
        pod,
        round: reconcile::count_jobs(tx.conn(), pod, DeleteCloudpod::KIND).await? + 1,
        was: facts.status,
        grace_seconds: services.settings.grace.num_seconds(),
    };
    let about = About { actor: tx.caller().actor.clone(), tenant: Some(facts.tenant_id), subject: Some(subject(pod, &facts.name)) };
    let job = saga::enqueue(tx.conn(), services.now(), &saga, about).await?.job;
    queries::set_job_server(tx.conn(), job, facts.server_id).await?;
    tx.record(AuditEvent::new(AuditAction::JobEnqueued, "job", job, format!("Delete CloudPod {}", facts.name)).in_tenant(facts.tenant_id));
    let event = AuditEvent::new(AuditAction::CloudpodDeletionRequested, "cloud_pod", pod, facts.name)
        .in_tenant(facts.tenant_id)
        .before(serde_json::json!({ "status": facts.status }))
        .after(serde_json::json!({ "job": job }));
    tx.commit(event).await?;
    Ok(job)
}
