//! SQL of servers.

use super::rules::{Capacity, Checked};
use db::Keyset;
use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    administration::servers::{Capability, CapabilityView, ServerDriver, ServerRow, ServerStatus},
    ids::ServerId,
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;
use wire::probe::ProbeReport;

/// A server in a list, with what its pods have taken.
#[derive(sqlx::FromRow)]
pub(super) struct Listed {
    id: ServerId,
    name: String,
    region: String,
    address: String,
    status: ServerStatus,
    status_reason: String,
    driver: ServerDriver,
    last_seen_at: Option<Time>,
    memory_mb: i32,
    disk_mb: i32,
    cpu_millis: i32,
    pods: i64,
    taken_memory: i64,
    taken_disk: i64,
    taken_cpu: i64,
}

impl Listed {
    /// As the list shows it.
    pub fn row(self) -> ServerRow {
        ServerRow {
            id: self.id,
            name: self.name,
            region: self.region,
            address: self.address,
            status: self.status,
            status_reason: Some(self.status_reason).filter(|reason| !reason.is_empty()),
            driver: self.driver,
            pods: self.pods,
            memory_mb: (self.taken_memory, i64::from(self.memory_mb)),
            disk_mb: (self.taken_disk, i64::from(self.disk_mb)),
            cpu_millis: (self.taken_cpu, i64::from(self.cpu_millis)),
            last_seen_at: self.last_seen_at,
        }
    }
}

/// What only the server's own page and its use cases need.
#[derive(sqlx::FromRow)]
pub(super) struct Whole {
    pub name: String,
    pub address: String,
    pub site_address: String,
    pub status: ServerStatus,
    pub driver: ServerDriver,
    pub max_pods: i32,
    pub host_key: Option<String>,
    pub node_version: Option<String>,
    pub probe: Option<Json<ProbeReport>>,
    pub enrolled_at: Option<Time>,
}

pub(super) async fn page(
    conn: &mut PgConnection,
    keyset: &Keyset<Uuid>,
    status: Option<ServerStatus>,
    search: Option<&str>,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as::<_, Listed>(
        "with chosen as (
           (select id from servers
             where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4)
               and ($5::text is null or strpos(lower(name || ' ' || address || ' ' || region), lower($5)) > 0)
             order by id desc limit $3)
           union all
           (select id from servers
             where id > $2 and ($4::text is null or status = $4)
               and ($5::text is null or strpos(lower(name || ' ' || address || ' ' || region), lower($5)) > 0)
             order by id asc limit $3)
         )
         select s.id, s.name, s.region, s.address, s.status, s.status_reason, s.driver, s.last_seen_at,
                s.memory_mb, s.disk_mb, s.cpu_millis, t.pods, t.taken_memory, t.taken_disk, t.taken_cpu
           from chosen join servers s using (id)
           cross join lateral (
             select count(*) as pods, coalesce(sum(q.memory_mb), 0)::bigint as taken_memory,
                    coalesce(sum(q.disk_mb), 0)::bigint as taken_disk, coalesce(sum(q.cpu_millis), 0)::bigint as taken_cpu
               from cloud_pods p join cloud_pod_quotas q on q.cloud_pod_id = p.id
              where p.server_id = s.id and p.status <> 'DELETED') t
          order by s.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(status)
    .bind(search)
    .fetch_all(conn)
    .await
}

pub(super) async fn listed(conn: &mut PgConnection, id: ServerId) -> sqlx::Result<Option<Listed>> {
    sqlx::query_as::<_, Listed>(
        "select s.id, s.name, s.region, s.address, s.status, s.status_reason, s.driver, s.last_seen_at,
                s.memory_mb, s.disk_mb, s.cpu_millis, t.pods, t.taken_memory, t.taken_disk, t.taken_cpu
           from servers s
           cross join lateral (
             select count(*) as pods, coalesce(sum(q.memory_mb), 0)::bigint as taken_memory,
                    coalesce(sum(q.disk_mb), 0)::bigint as taken_disk, coalesce(sum(q.cpu_millis), 0)::bigint as taken_cpu
               from cloud_pods p join cloud_pod_quotas q on q.cloud_pod_id = p.id
              where p.server_id = s.id and p.status <> 'DELETED') t
          where s.id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

pub(super) async fn whole(conn: &mut PgConnection, id: ServerId) -> sqlx::Result<Option<Whole>> {
    sqlx::query_as::<_, Whole>(
        "select name, address, site_address, status, driver, max_pods, host_key, node_version, probe, enrolled_at
           from servers where id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

pub(super) async fn by_name(conn: &mut PgConnection, name: &str) -> sqlx::Result<Option<ServerId>> {
    sqlx::query_scalar("select id from servers where name = $1").bind(name).fetch_optional(conn).await
}

pub(super) async fn capabilities(conn: &mut PgConnection, id: ServerId) -> sqlx::Result<Vec<CapabilityView>> {
    let rows: Vec<(Capability, bool, String)> =
        sqlx::query_as("select capability, ready, missing from server_capabilities where server_id = $1 order by capability")
            .bind(id)
            .fetch_all(conn)
            .await?;
    let view = |(capability, ready, missing): (Capability, bool, String)| CapabilityView {
        capability,
        ready,
        missing: Some(missing).filter(|missing| !missing.is_empty()),
    };
    Ok(rows.into_iter().map(view).collect())
}

pub(super) async fn tags(conn: &mut PgConnection, id: ServerId) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("select tag from server_tags where server_id = $1 order by tag limit 100").bind(id).fetch_all(conn).await
}

pub(super) async fn insert(conn: &mut PgConnection, id: ServerId, server: &Checked, driver: ServerDriver, now: Time) -> sqlx::Result<()> {
    sqlx::query("insert into servers (id, name, region, address, site_address, driver, created_at) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(id)
        .bind(&server.name)
        .bind(&server.region)
        .bind(&server.address)
        .bind(&server.site_address)
        .bind(driver)
        .bind(now)
        .execute(&mut *conn)
        .await?;
    sqlx::query("insert into server_tags (server_id, tag) select $1::uuid, unnest($2::text[])").bind(id).bind(&server.tags).execute(conn).await?;
    Ok(())
}

/// True when the server waited for it.
pub(super) async fn take_into_service(conn: &mut PgConnection, id: ServerId, host_key: Option<&str>, now: Time) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update servers set status = 'ACTIVE', status_reason = '', host_key = $2, enrolled_at = $3, last_seen_at = $3
          where id = $1 and status in ('PENDING', 'QUARANTINED')",
    )
    .bind(id)
    .bind(host_key)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What a probe has found.
pub(super) async fn store_probe(
    conn: &mut PgConnection,
    id: ServerId,
    report: &ProbeReport,
    capacity: Capacity,
    capabilities: &[(Capability, bool, String)],
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "update servers set probe = $2, node_version = $3, node_sha256 = $4, cpu_millis = $5, memory_mb = $6, disk_mb = $7,
                max_pods = $8, last_seen_at = $9
          where id = $1",
    )
    .bind(id)
    .bind(Json(report))
    .bind(&report.version)
    .bind(&report.node_sha256)
    .bind(capacity.cpu_millis)
    .bind(capacity.memory_mb)
    .bind(capacity.disk_mb)
    .bind(capacity.max_pods)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    sqlx::query("delete from server_capabilities where server_id = $1").bind(id).execute(&mut *conn).await?;
    let words: Vec<&str> = capabilities.iter().map(|(capability, ..)| capability.as_str()).collect();
    let ready: Vec<bool> = capabilities.iter().map(|(_, ready, _)| *ready).collect();
    let missing: Vec<&str> = capabilities.iter().map(|(.., missing)| missing.as_str()).collect();
    sqlx::query(
        "insert into server_capabilities (server_id, capability, ready, missing)
         select $1::uuid, * from unnest($2::text[], $3::boolean[], $4::text[])",
    )
    .bind(id)
    .bind(&words)
    .bind(&ready)
    .bind(&missing)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many CloudPods are on a server or on their way to it, how many former ones have left something there, and whether it is a name server.
/// Locks it against becoming more of these.
pub(super) async fn used_by(conn: &mut PgConnection, id: ServerId) -> sqlx::Result<(i64, i64, bool)> {
    sqlx::query("select from servers where id = $1 for no key update").bind(id).execute(&mut *conn).await?;
    sqlx::query_as(
        "select (select count(*) from cloud_pods where (server_id = $1 or moving_to = $1) and status <> 'DELETED'),
                (select count(*) from pod_remains where server_id = $1 and removed_at is null),
                exists (select from nameservers where server_id = $1)",
    )
    .bind(id)
    .fetch_one(conn)
    .await
}

/// True when it was in the first state.
pub(super) async fn turn(conn: &mut PgConnection, id: ServerId, from: ServerStatus, to: ServerStatus, reason: &str) -> sqlx::Result<bool> {
    let done = sqlx::query("update servers set status = $3, status_reason = $4 where id = $1 and status = $2")
        .bind(id)
        .bind(from)
        .bind(to)
        .bind(reason)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Stops all work on a server that is in service; answers with its name and its pinned key. Nothing when it was stopped before.
pub(super) async fn quarantine(conn: &mut PgConnection, id: ServerId, reason: &str) -> sqlx::Result<Option<(String, Option<String>)>> {
    sqlx::query_as(
        "update servers set status = 'QUARANTINED', status_reason = $2
          where id = $1 and status in ('ACTIVE', 'DRAINING') returning name, host_key",
    )
    .bind(id)
    .bind(reason)
    .fetch_optional(conn)
    .await
}

pub(super) async fn set_seen(conn: &mut PgConnection, id: ServerId, now: Time) -> sqlx::Result<()> {
    sqlx::query("update servers set last_seen_at = $2 where id = $1 and (last_seen_at is null or last_seen_at < $2)")
        .bind(id)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn in_service(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, id as server from servers
          where status in ('ACTIVE', 'DRAINING') and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}
