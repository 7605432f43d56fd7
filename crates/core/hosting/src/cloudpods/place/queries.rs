//! Statements about capacity.

use model::{
    Time,
    administration::servers::Capability,
    ids::{CloudPodId, ServerId},
};
use sqlx::PgConnection;

/// What a server may promise.
#[derive(sqlx::FromRow)]
pub(super) struct Whole {
    pub(super) cpu_millis: i32,
    pub(super) memory_mb: i32,
    pub(super) disk_mb: i32,
    pub(super) max_pods: i32,
}

/// What its pods were promised.
#[derive(sqlx::FromRow)]
pub(super) struct Taken {
    pub(super) pods: i64,
    pub(super) cpu_millis: i64,
    pub(super) memory_mb: i64,
    pub(super) disk_mb: i64,
}

/// Servers in service that can carry it, the emptiest first; one that was not seen since `silent` comes last.
pub(super) async fn candidates(conn: &mut PgConnection, capability: Capability, region: &str, silent: Time) -> Result<Vec<ServerId>, sqlx::Error> {
    sqlx::query_scalar(
        "select s.id
           from servers s join server_capabilities c on c.server_id = s.id and c.capability = $1 and c.ready
           left join (select p.server_id, sum(greatest(q.memory_mb, q.reserved_memory_mb)) as memory_mb
                        from cloud_pods p join cloud_pod_quotas q on q.tenant_id = p.tenant_id and q.cloud_pod_id = p.id
                       where p.status <> 'DELETED' group by p.server_id) taken on taken.server_id = s.id
          where s.status = 'ACTIVE' and ($2 = 'any' or s.region = $2)
          order by coalesce(s.last_seen_at < $3, true), coalesce(taken.memory_mb, 0)::float8 / greatest(s.memory_mb, 1), s.id
          limit 200",
    )
    .bind(capability)
    .bind(region)
    .bind(silent)
    .fetch_all(conn)
    .await
}

/// Locks the server against every other placement; nothing when it is not in service any more.
pub(super) async fn lock(conn: &mut PgConnection, server: ServerId) -> Result<Option<Whole>, sqlx::Error> {
    sqlx::query_as("select cpu_millis, memory_mb, disk_mb, max_pods from servers where id = $1 and status = 'ACTIVE' for no key update")
        .bind(server)
        .fetch_optional(conn)
        .await
}

pub(super) async fn taken(conn: &mut PgConnection, server: ServerId) -> Result<Taken, sqlx::Error> {
    sqlx::query_as(
        "select count(*) as pods, coalesce(sum(greatest(q.cpu_millis, q.reserved_cpu_millis)), 0)::bigint as cpu_millis,
                coalesce(sum(greatest(q.memory_mb, q.reserved_memory_mb)), 0)::bigint as memory_mb,
                coalesce(sum(greatest(q.disk_mb, q.reserved_disk_mb)), 0)::bigint as disk_mb
           from cloud_pods p join cloud_pod_quotas q on q.tenant_id = p.tenant_id and q.cloud_pod_id = p.id
          where (p.server_id = $1 or p.moving_to = $1) and p.status <> 'DELETED'",
    )
    .bind(server)
    .fetch_one(conn)
    .await
}

pub(super) async fn take(conn: &mut PgConnection, pod: CloudPodId, server: ServerId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update cloud_pods p set server_id = s.id, region = s.region, status = 'PROVISIONING'
           from servers s where s.id = $2 and p.id = $1",
    )
    .bind(pod)
    .bind(server)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn release(conn: &mut PgConnection, pod: CloudPodId) -> Result<(), sqlx::Error> {
    sqlx::query("update cloud_pods set server_id = null, status = 'FAILED' where id = $1").bind(pod).execute(conn).await?;
    Ok(())
}
