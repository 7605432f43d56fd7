//! Limits that were changed on a server become what the pod should have.

use super::{
    super::{
        place,
        queries::PodFacts,
        reconcile::{queries as reconcile, touch_pod},
    },
    queries,
};
use db::AuditEvent;
use engine::{Services, reconcile::ReconcileError};
use model::{audit_action::AuditAction, hosting::cloudpods::Limits, ids::ServerId};
use serde_json::json;

/// Takes the limits over that the pod was found to have. They are applied by the job that applies any limits, which replaces what was changed by
/// hand with what says the same. Answers with why they are not adopted, for people.
pub(in crate::cloudpods) async fn adopt(
    services: &Services,
    pod: &PodFacts,
    server: ServerId,
    found: wire::spec::Limits,
) -> Result<Result<(), String>, ReconcileError> {
    let figure = |figure: u32| i32::try_from(figure).unwrap_or(i32::MAX);
    let to = Limits {
        cpu_millis: figure(found.cpu_millis),
        memory_mb: figure(found.memory_mb),
        disk_mb: figure(found.disk_mb),
        tasks: figure(found.tasks),
        ..pod.limits()
    };
    if let Err(invalid) = found.check() {
        return Ok(Err(format!("{invalid}")));
    }
    let mut tx = services.db.system("reconciler").await?;
    super::pods::lock(tx.conn(), pod.id).await?;
    if reconcile::has_unfinished_job(tx.conn(), pod.id).await? {
        return Ok(Err("a job of this CloudPod is in progress".to_owned()));
    }
    if pod.limits().max(to) != pod.limits() && !place::has_room(tx.conn(), server, pod.limits(), pod.limits().max(to)).await? {
        return Ok(Err("the server has no room for them".to_owned()));
    }
    if !queries::adopt_limits(tx.conn(), pod.id, pod.limits(), to).await? {
        return Ok(Err("other limits have been ordered".to_owned()));
    }
    touch_pod(tx.conn(), pod.id, services.now()).await?;
    let event = AuditEvent::new(AuditAction::CloudpodLimitsAdopted, "cloud_pod", pod.id, &*pod.name).in_tenant(pod.tenant_id);
    tx.record(event.before(json!({ "limits": pod.limits() })).after(json!({ "limits": to })));
    tx.commit_progress().await?;
    Ok(Ok(()))
}
