//! Statements about what pods may use.

use model::{
    hosting::cloudpods::{Limits, PodObservation},
    ids::{CloudPodId, SubscriptionId},
};
use sqlx::{PgConnection, types::Json};

/// What a pod may use from now on; its server has that already when nothing changes that it is told. Nothing is reserved for it any more.
pub(in crate::cloudpods) async fn set_quota(conn: &mut PgConnection, pod: CloudPodId, limits: Limits) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update cloud_pod_quotas
            set cpu_millis = $2, memory_mb = $3, disk_mb = $4, tasks = $5, sleep_after_minutes = $6, sleep_is_optional = $7, network = $8,
                max_sites = $9,
                is_applied = is_applied and (cpu_millis, memory_mb, disk_mb, tasks, sleep_is_optional, network) = ($2, $3, $4, $5, $7, $8)
                             and sleep_after_minutes is not distinct from $6,
                reserved_cpu_millis = null, reserved_memory_mb = null, reserved_disk_mb = null
          where cloud_pod_id = $1",
    )
    .bind(pod)
    .bind(limits.cpu_millis)
    .bind(limits.memory_mb)
    .bind(limits.disk_mb)
    .bind(limits.tasks)
    .bind(limits.sleep.map(|rule| rule.after_minutes))
    .bind(limits.sleep.is_some_and(|rule| rule.is_optional))
    .bind(limits.network)
    .bind(limits.sites)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps this much free for a pod on its server; nothing for what it has.
pub(in crate::cloudpods) async fn set_reserved(conn: &mut PgConnection, pod: CloudPodId, limits: Option<Limits>) -> Result<(), sqlx::Error> {
    sqlx::query("update cloud_pod_quotas set reserved_cpu_millis = $2, reserved_memory_mb = $3, reserved_disk_mb = $4 where cloud_pod_id = $1")
        .bind(pod)
        .bind(limits.map(|limits| limits.cpu_millis))
        .bind(limits.map(|limits| limits.memory_mb))
        .bind(limits.map(|limits| limits.disk_mb))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that its server has these limits, if they are still what was ordered. Answers whether that is news.
pub(in crate::cloudpods) async fn set_quota_applied(conn: &mut PgConnection, pod: CloudPodId, limits: Limits) -> Result<bool, sqlx::Error> {
    let noted = sqlx::query(
        "update cloud_pod_quotas set is_applied = true
          where cloud_pod_id = $1 and not is_applied
            and (cpu_millis, memory_mb, disk_mb, tasks, sleep_is_optional, network) = ($2, $3, $4, $5, $7, $8)
            and sleep_after_minutes is not distinct from $6",
    )
    .bind(pod)
    .bind(limits.cpu_millis)
    .bind(limits.memory_mb)
    .bind(limits.disk_mb)
    .bind(limits.tasks)
    .bind(limits.sleep.map(|rule| rule.after_minutes))
    .bind(limits.sleep.is_some_and(|rule| rule.is_optional))
    .bind(limits.network)
    .execute(conn)
    .await?;
    Ok(noted.rows_affected() > 0)
}

pub(in crate::cloudpods) async fn set_plan_code(conn: &mut PgConnection, pod: CloudPodId, plan_code: &str) -> Result<(), sqlx::Error> {
    sqlx::query("update cloud_pods set plan_code = $2 where id = $1").bind(pod).bind(plan_code).execute(conn).await?;
    Ok(())
}

/// Where the pods of a subscription stand; anywhere when it has none.
pub(in crate::cloudpods) async fn region(conn: &mut PgConnection, subscription: SubscriptionId) -> Result<String, sqlx::Error> {
    sqlx::query_scalar(
        "select coalesce((select region from cloud_pods where subscription_id = $1 and status <> 'DELETED' order by id limit 1), 'any')",
    )
    .bind(subscription)
    .fetch_one(conn)
    .await
}

/// What was measured of a pod last.
pub(in crate::cloudpods) async fn observed(conn: &mut PgConnection, pod: CloudPodId) -> Result<Option<PodObservation>, sqlx::Error> {
    let found: Option<Json<PodObservation>> = sqlx::query_scalar("select observed from cloud_pods where id = $1").bind(pod).fetch_one(conn).await?;
    Ok(found.map(|Json(observed)| observed))
}
