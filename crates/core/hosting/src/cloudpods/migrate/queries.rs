//! Statements of moves.

use super::drain::Guest;
use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    administration::servers::{Capability, ServerStatus},
    hosting::cloudpods::Limits,
    ids::{CloudPodId, ServerId, TenantId},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// A server that can take a pod.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods) struct Candidate {
    pub(in crate::cloudpods) id: ServerId,
    pub(in crate::cloudpods) name: String,
    pub(in crate::cloudpods) region: String,
    pub(in crate::cloudpods) free_memory_mb: i64,
    pub(in crate::cloudpods) free_disk_mb: i64,
}

/// Servers in service other than this one that are reached in the same way, have the capabilities and room, and hold nothing of the pod; the
/// emptiest first.
pub(in crate::cloudpods) async fn candidates(
    conn: &mut PgConnection,
    (pod, from): (CloudPodId, ServerId),
    capabilities: &[Capability],
    limits: Limits,
) -> Result<Vec<Candidate>, sqlx::Error> {
    sqlx::query_as(
        "select s.id, s.name, s.region, s.memory_mb - taken.memory_mb as free_memory_mb, s.disk_mb - taken.disk_mb as free_disk_mb
           from servers s join servers now on now.id = $2 and now.driver = s.driver
           cross join lateral (
             select count(*) as pods, coalesce(sum(greatest(q.cpu_millis, q.reserved_cpu_millis)), 0)::bigint as cpu_millis,
                    coalesce(sum(greatest(q.memory_mb, q.reserved_memory_mb)), 0)::bigint as memory_mb,
                    coalesce(sum(greatest(q.disk_mb, q.reserved_disk_mb)), 0)::bigint as disk_mb
               from cloud_pods p join cloud_pod_quotas q on q.tenant_id = p.tenant_id and q.cloud_pod_id = p.id
              where (p.server_id = s.id or p.moving_to = s.id) and p.status <> 'DELETED') taken
          where s.status = 'ACTIVE' and s.id <> $2
            and not exists (select from unnest($3::text[]) needed
                             where not exists (select from server_capabilities c where c.server_id = s.id and c.capability = needed and c.ready))
            and taken.pods < s.max_pods and taken.cpu_millis + $4 <= s.cpu_millis
            and taken.memory_mb + $5 <= s.memory_mb and taken.disk_mb + $6 <= s.disk_mb
            and not exists (select from pod_remains r where r.cloud_pod_id = $1 and r.server_id = s.id and r.removed_at is null)
          order by taken.memory_mb::float8 / greatest(s.memory_mb, 1), s.id
          limit 50",
    )
    .bind(pod)
    .bind(from)
    .bind(capabilities.iter().map(|one| one.as_str()).collect::<Vec<_>>())
    .bind(i64::from(limits.cpu_millis))
    .bind(i64::from(limits.memory_mb))
    .bind(i64::from(limits.disk_mb))
    .fetch_all(conn)
    .await
}

/// Keeps room for the pod on a server, or gives it up.
pub(in crate::cloudpods) async fn set_moving_to(conn: &mut PgConnection, pod: CloudPodId, to: Option<ServerId>) -> Result<(), sqlx::Error> {
    sqlx::query("update cloud_pods set moving_to = $2 where id = $1").bind(pod).bind(to).execute(conn).await?;
    Ok(())
}

/// The pod is on another server now; `moving_to` is where room is kept from now on. Answers whether that is news.
pub(in crate::cloudpods) async fn set_server(
    conn: &mut PgConnection,
    pod: CloudPodId,
    server: ServerId,
    moving_to: Option<ServerId>,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "update cloud_pods p set server_id = s.id, region = s.region, moving_to = $3 from servers s where s.id = $2 and p.id = $1 and p.server_id <> $2",
    )
    .bind(pod)
    .bind(server)
    .bind(moving_to)
    .execute(conn)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// Notes that something of the pod is left on a server. Answers with its key.
pub(in crate::cloudpods) async fn add_remains(
    conn: &mut PgConnection,
    (tenant, pod, server): (TenantId, CloudPodId, ServerId),
    kind: &str,
    due_at: Time,
    now: Time,
) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar(
        "insert into pod_remains (id, tenant_id, cloud_pod_id, server_id, kind, due_at, created_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (cloud_pod_id, server_id) where removed_at is null do update set kind = excluded.kind, due_at = excluded.due_at
         returning id",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(pod)
    .bind(server)
    .bind(kind)
    .bind(due_at)
    .bind(now)
    .fetch_one(conn)
    .await
}

/// Nothing of the pod is left there; by its place.
pub(in crate::cloudpods) async fn drop_remains(conn: &mut PgConnection, pod: CloudPodId, server: ServerId, now: Time) -> Result<(), sqlx::Error> {
    sqlx::query("update pod_remains set removed_at = $3 where cloud_pod_id = $1 and server_id = $2 and removed_at is null")
        .bind(pod)
        .bind(server)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Name and status of a server, locked.
pub(super) async fn lock_server(conn: &mut PgConnection, server: ServerId) -> Result<Option<(String, ServerStatus)>, sqlx::Error> {
    sqlx::query_as("select name, status from servers where id = $1 for no key update").bind(server).fetch_optional(conn).await
}

/// How many jobs that drain a server go on, and how many there ever were.
pub(super) async fn drains(conn: &mut PgConnection, server: ServerId) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "select count(*) filter (where status in ('queued', 'running', 'unwinding')), count(*) from jobs
          where subject_kind = 'server' and subject_id = $1 and kind = 'DRAIN_SERVER'",
    )
    .bind(server)
    .fetch_one(conn)
    .await
}

/// Pods on a server, running or suspended; whether a job of them goes on, and whether one was to move them since then.
pub(super) async fn guests(conn: &mut PgConnection, server: ServerId, since: Time) -> Result<Vec<Guest>, sqlx::Error> {
    sqlx::query_as(
        "select p.id, p.name,
                exists (select from jobs j where j.subject_kind = 'cloud_pod' and j.subject_id = p.id
                           and j.status in ('queued', 'running', 'unwinding')) as is_busy,
                exists (select from jobs j where j.subject_kind = 'cloud_pod' and j.subject_id = p.id and j.kind = 'MIGRATE_CLOUDPOD'
                           and j.status in ('queued', 'running', 'unwinding')) as is_moving,
                exists (select from jobs j where j.subject_kind = 'cloud_pod' and j.subject_id = p.id and j.kind = 'MIGRATE_CLOUDPOD'
                           and j.created_at >= $2) as is_tried
           from cloud_pods p
          where p.server_id = $1 and p.status in ('RUNNING', 'SUSPENDING', 'SUSPENDED', 'UNSUSPENDING', 'PROVISIONING')
          order by p.id limit 2000",
    )
    .bind(server)
    .bind(since)
    .fetch_all(conn)
    .await
}

/// What is left of a pod on a server.
#[derive(sqlx::FromRow)]
pub(super) struct Left {
    pub(super) pod: CloudPodId,
    pub(super) name: String,
    pub(super) server: ServerId,
    pub(super) due_at: Time,
    /// Whether it sends visitors on.
    pub(super) is_forward: bool,
    /// Where the pod is now.
    pub(super) home: Option<ServerId>,
    /// Whether the pod itself is there, or on its way there.
    pub(super) is_home: bool,
}

pub(super) async fn left(conn: &mut PgConnection, key: Uuid) -> Result<Option<Left>, sqlx::Error> {
    sqlx::query_as(
        "select p.id as pod, p.name, r.server_id as server, r.due_at, r.kind = 'FORWARD' as is_forward,
                case when p.status <> 'DELETED' then p.server_id end as home,
                coalesce(p.server_id = r.server_id, false) or coalesce(p.moving_to = r.server_id, false) as is_home
           from pod_remains r join cloud_pods p on p.tenant_id = r.tenant_id and p.id = r.cloud_pod_id
          where r.id = $1 and r.removed_at is null",
    )
    .bind(key)
    .fetch_optional(conn)
    .await
}

pub(super) async fn all_left(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
    sqlx::query_as(
        "select id as key, server_id as server from pod_remains where removed_at is null and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}
