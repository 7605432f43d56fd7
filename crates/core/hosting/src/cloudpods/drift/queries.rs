//! Statements about pods that differ from their plan.

use model::{
    Time,
    hosting::cloudpods::{DriftPolicy, Limits},
    ids::CloudPodId,
};
use sqlx::PgConnection;

/// What staff chose for a pod.
pub(in crate::cloudpods) async fn policy(conn: &mut PgConnection, pod: CloudPodId) -> sqlx::Result<Option<DriftPolicy>> {
    Ok(sqlx::query_scalar("select drift_policy from cloud_pods where id = $1").bind(pod).fetch_optional(conn).await?.flatten())
}

pub(super) async fn set_policy(conn: &mut PgConnection, pod: CloudPodId, policy: Option<DriftPolicy>) -> sqlx::Result<()> {
    sqlx::query("update cloud_pods set drift_policy = $2 where id = $1").bind(pod).bind(policy).execute(conn).await?;
    Ok(())
}

/// What a pod should have from now on, unless others were ordered meanwhile or are being paid for. Its server is still to apply them.
pub(super) async fn adopt_limits(conn: &mut PgConnection, pod: CloudPodId, from: Limits, to: Limits) -> sqlx::Result<bool> {
    let adopted = sqlx::query(
        "update cloud_pod_quotas set cpu_millis = $6, memory_mb = $7, disk_mb = $8, tasks = $9, is_applied = false
          where cloud_pod_id = $1 and is_applied and reserved_memory_mb is null and (cpu_millis, memory_mb, disk_mb, tasks) = ($2, $3, $4, $5)",
    )
    .bind(pod)
    .bind(from.cpu_millis)
    .bind(from.memory_mb)
    .bind(from.disk_mb)
    .bind(from.tasks)
    .bind(to.cpu_millis)
    .bind(to.memory_mb)
    .bind(to.disk_mb)
    .bind(to.tasks)
    .execute(conn)
    .await?;
    Ok(adopted.rows_affected() > 0)
}

/// A pod that staff are told about.
#[derive(sqlx::FromRow)]
pub(super) struct Drifted {
    pub(super) id: CloudPodId,
    pub(super) name: String,
    pub(super) differences: Vec<String>,
}

/// Pods on a server that have differed since then, and that staff have not been told about. Those that are repaired have jobs that tell.
pub(super) async fn untold(conn: &mut PgConnection, reconciler: &str, since: Time, default: DriftPolicy) -> sqlx::Result<Vec<Drifted>> {
    sqlx::query_as(
        "select p.id, p.name, r.differences from reconciliations r join cloud_pods p on p.id = r.key
          where r.name = $1 and r.differs_since <= $2 and p.drift_alerted_at is null and coalesce(p.drift_policy, $3) <> 'HEAL'
            and p.status in ('RUNNING', 'SUSPENDED') and p.moving_to is null
            and not exists (select from jobs j where j.subject_kind = 'cloud_pod' and j.subject_id = p.id and j.status in ('queued', 'running', 'unwinding'))
          order by p.name limit 1000",
    )
    .bind(reconciler)
    .bind(since)
    .bind(default)
    .fetch_all(conn)
    .await
}

pub(super) async fn note_told(conn: &mut PgConnection, pods: &[CloudPodId], at: Time) -> sqlx::Result<()> {
    sqlx::query("update cloud_pods set drift_alerted_at = $2 where id = any($1)").bind(pods).bind(at).execute(conn).await?;
    Ok(())
}

/// Those that do not differ any more, are gone, or are repaired from now on: staff are told anew when they differ again.
pub(super) async fn forget_settled(conn: &mut PgConnection, reconciler: &str, default: DriftPolicy) -> sqlx::Result<()> {
    sqlx::query(
        "update cloud_pods p set drift_alerted_at = null
          where p.drift_alerted_at is not null
            and (coalesce(p.drift_policy, $2) = 'HEAL'
                 or not exists (select from reconciliations r where r.name = $1 and r.key = p.id and r.differs_since is not null))",
    )
    .bind(reconciler)
    .bind(default)
    .execute(conn)
    .await?;
    Ok(())
}
