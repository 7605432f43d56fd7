//! Asking for a pod's end.

use super::{
    give_way::{self, Urgent},
    jobs::DeleteCloudpod,
    participants, queries,
    reconcile::queries as reconcile,
    request::subject,
    rules,
};
use db::{AuditEvent, PlatformTx, SystemTx};
use engine::{
    error::{Error, Result},
    saga::{self, JobMeta, Saga},
    services::Services,
};
use model::{
    Time,
    actor::Actor,
    audit_action::AuditAction,
    hosting::cloudpods::PodStatus,
    ids::{CloudPodId, JobId, SubscriptionId},
    permission::CloudpodsDelete,
};
use sqlx::PgConnection;

/// Starts the job that takes the pod offline, keeps its data for the grace period, and then leaves nothing.
/// `typed_name` is what the person typed to confirm.
///
/// # Errors
/// A field error on `confirm_name` when another name was typed; a conflict when the pod is not in a state to be deleted.
pub async fn delete(services: &Services, mut tx: PlatformTx<CloudpodsDelete>, pod: CloudPodId, typed_name: &str) -> Result<JobId> {
    queries::lock(tx.conn(), pod).await?;
    let facts = queries::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    if typed_name.trim() != facts.name {
        return Err(Error::field("confirm_name", format!("Type {} to delete this CloudPod.", facts.name)));
    }
    if let Some(reason) = rules::why_not_delete(facts.status) {
        return Err(Error::conflict(reason));
    }
    if reconcile::has_unfinished_job(tx.conn(), pod).await? {
        let caller = tx.caller().clone();
        tx.finish().await?;
        return Err(give_way::refusal(services, caller, pod).await?);
    }
    if facts.moving_to.is_some() {
        return Err(Error::conflict("The migration of this CloudPod needs attention. Retry or roll back its job first."));
    }
    let actor = tx.caller().actor.clone();
    let (job, [enqueued, requested]) = request(services, tx.conn(), pod, &facts, actor).await?;
    tx.record(enqueued);
    tx.commit(requested).await?;
    Ok(job)
}

/// Starts the deletion of the CloudPods of a subscription that ended then: of those for which none was started since, so that a person who cancels
/// one has the last word. Answers with the names of those that are left.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn delete_of_subscription(services: &Services, tx: &mut SystemTx, subscription: SubscriptionId, ended_at: Time) -> Result<Vec<String>> {
    let mut left = Vec::new();
    for (pod, _, _, status) in queries::lock_of_subscription(tx.conn(), subscription).await? {
        if matches!(status, PodStatus::Failed | PodStatus::Deleting | PodStatus::Held) {
            continue;
        }
        let Some(facts) = queries::facts(tx.conn(), pod).await? else { continue };
        let is_begun = reconcile::has_job_since(tx.conn(), pod, DeleteCloudpod::KIND, ended_at).await?;
        let is_busy = reconcile::has_unfinished_job(tx.conn(), pod).await?;
        if is_busy {
            give_way::give_way(services, tx, pod, Urgent::Request).await?;
        }
        // Of a pod whose move needs attention something is on two servers, and the deletion clears one.
        if facts.moving_to.is_some() || is_begun || rules::why_not_delete(facts.status).is_some() || is_busy {
            left.push(facts.name);
            continue;
        }
        let actor = tx.caller().actor.clone();
        let (_, events) = request(services, tx.conn(), pod, &facts, actor).await?;
        for event in events {
            tx.record(event);
        }
    }
    Ok(left)
}

/// Enqueues the job of a pod that may be deleted. Answers with it, and the events to record.
async fn request(
    services: &Services,
    conn: &mut PgConnection,
    pod: CloudPodId,
    facts: &queries::PodFacts,
    actor: Actor,
) -> Result<(JobId, [AuditEvent; 2])> {
    let saga = DeleteCloudpod {
        pod,
        round: reconcile::count_jobs(&mut *conn, pod, DeleteCloudpod::KIND).await? + 1,
        was: facts.status,
        grace_seconds: services.settings.grace.num_seconds(),
        participants: participants::names(services),
    };
    let meta = JobMeta { actor, tenant: Some(facts.tenant_id), subject: Some(subject(pod, &facts.name)) };
    let job = saga::enqueue(&mut *conn, services.now(), &saga, meta).await?.job;
    engine::saga::set_server(conn, job, facts.server_id).await?;
    let enqueued = AuditEvent::new(AuditAction::JobEnqueued, "job", job, format!("Delete CloudPod {}", facts.name)).in_tenant(facts.tenant_id);
    let requested = AuditEvent::new(AuditAction::CloudpodDeletionRequested, "cloud_pod", pod, &facts.name)
        .in_tenant(facts.tenant_id)
        .before(serde_json::json!({ "status": facts.status }))
        .after(serde_json::json!({ "job": job }));
    Ok((job, [enqueued, requested]))
}
