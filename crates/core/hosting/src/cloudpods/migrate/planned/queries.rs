//! Statements of planned moves.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    actor::Actor,
    administration::provisioning::JobStatus,
    hosting::cloudpods::PlannedMoveView,
    ids::{CloudPodId, JobId, ServerId, TenantId},
};
use sqlx::{PgConnection, Result, types::Json};
use uuid::Uuid;

/// A move that has not ended.
#[derive(sqlx::FromRow)]
pub(super) struct Planned {
    pub(super) tenant_id: TenantId,
    pub(super) pod: CloudPodId,
    pub(super) pod_name: String,
    pub(super) server_id: ServerId,
    pub(super) asked_by: Json<Actor>,
    pub(super) wait_seconds: i32,
    pub(super) created_at: Time,
    pub(super) due_at: Option<Time>,
    pub(super) job_id: Option<JobId>,
    /// How far that job is.
    pub(super) job_status: Option<JobStatus>,
}

/// A move that has not ended, locked until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Option<Planned>> {
    sqlx::query_as(
        "select m.tenant_id, m.cloud_pod_id as pod, p.name as pod_name, m.server_id, m.asked_by, m.wait_seconds, m.created_at, m.due_at, m.job_id,
                (select j.status from jobs j where j.id = m.job_id) as job_status
           from planned_moves m join cloud_pods p on p.tenant_id = m.tenant_id and p.id = m.cloud_pod_id
          where m.id = $1 and m.ended_at is null for no key update of m",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// The move of a pod that has not ended.
pub(super) async fn of_pod(conn: &mut PgConnection, pod: CloudPodId) -> Result<Option<Uuid>> {
    sqlx::query_scalar("select id from planned_moves where cloud_pod_id = $1 and ended_at is null").bind(pod).fetch_optional(conn).await
}

/// Plans a move. False if one is planned already.
pub(super) async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    (tenant, pod, server): (TenantId, CloudPodId, ServerId),
    asked_by: &Actor,
    wait_seconds: i32,
    now: Time,
) -> Result<bool> {
    let made = sqlx::query(
        "insert into planned_moves (id, tenant_id, cloud_pod_id, server_id, asked_by, wait_seconds, created_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (cloud_pod_id) where ended_at is null do nothing",
    )
    .bind(id)
    .bind(tenant)
    .bind(pod)
    .bind(server)
    .bind(Json(asked_by))
    .bind(wait_seconds)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(made.rows_affected() == 1)
}

pub(super) async fn set_due(conn: &mut PgConnection, id: Uuid, at: Time) -> Result<()> {
    sqlx::query("update planned_moves set due_at = $2 where id = $1").bind(id).bind(at).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_job(conn: &mut PgConnection, id: Uuid, job: JobId) -> Result<()> {
    sqlx::query("update planned_moves set job_id = $2 where id = $1").bind(id).bind(job).execute(conn).await?;
    Ok(())
}

/// Ends a planned move; `failure` says why it did not begin.
pub(super) async fn end(conn: &mut PgConnection, id: Uuid, failure: Option<&str>, now: Time) -> Result<()> {
    sqlx::query("update planned_moves set failure = left($2, 500), ended_at = $3 where id = $1")
        .bind(id)
        .bind(failure)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ViewRow {
    server_id: ServerId,
    server_name: String,
    created_at: Time,
    due_at: Option<Time>,
    job_id: Option<JobId>,
    failure: Option<String>,
}

/// The last planned move of a pod, while it has not ended or if it could not begin.
pub(super) async fn latest(conn: &mut PgConnection, pod: CloudPodId) -> Result<Option<PlannedMoveView>> {
    let found: Option<ViewRow> = sqlx::query_as(
        "select last.server_id, s.name as server_name, last.created_at, last.due_at, last.job_id, last.failure
           from (select * from planned_moves where cloud_pod_id = $1 order by id desc limit 1) last join servers s on s.id = last.server_id
          where last.ended_at is null or last.failure is not null",
    )
    .bind(pod)
    .fetch_optional(conn)
    .await?;
    let view = |row: ViewRow| PlannedMoveView {
        server: row.server_id,
        server_name: row.server_name,
        planned_at: row.created_at,
        due_at: row.due_at,
        job: row.job_id,
        failure: row.failure,
    };
    Ok(found.map(view))
}

/// Moves that have not ended, after this key.
pub(super) async fn open(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from planned_moves where ended_at is null and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}
