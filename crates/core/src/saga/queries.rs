//! Statements of the runner. A claim is (worker, attempt): both must still be true for a write to count.

use model::{
    Time,
    administration::provisioning::{JobKind, JobStatus, StepStatus},
    ids::{CloudPodId, JobId, TenantId},
};
use serde_json::Value;
use sqlx::PgConnection;

/// A job as its runner holds it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct JobRecord {
    pub(super) id: JobId,
    pub(super) kind: JobKind,
    pub(super) payload: Value,
    pub(super) status: JobStatus,
    pub(super) error: Option<String>,
    pub(super) tenant_id: Option<TenantId>,
    pub(super) cloud_pod_id: Option<CloudPodId>,
    pub(super) attempt: i32,
    pub(super) deadline_at: Time,
    pub(super) cancel_requested_at: Option<Time>,
    pub(super) run_after: Time,
    pub(super) started_at: Option<Time>,
}

/// A step as its runner holds it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct StepRecord {
    pub(super) seq: i32,
    pub(super) name: String,
    pub(super) status: StepStatus,
    pub(super) output: Option<Value>,
    pub(super) error: Option<String>,
    pub(super) attempt: i32,
    pub(super) started_at: Option<Time>,
    pub(super) finished_at: Option<Time>,
}

impl StepRecord {
    /// Whether the step has said that it wants to wait, and nothing has begun it since.
    pub(super) fn is_waited_out(&self) -> bool {
        self.status == StepStatus::Running && self.attempt == 0
    }
}

/// Takes a job that is due and that nobody holds, or whose worker went silent. `started_at` comes as it was before.
pub(super) async fn claim(conn: &mut PgConnection, job: JobId, worker: &str, now: Time, stale: f64) -> Result<Option<JobRecord>, sqlx::Error> {
    sqlx::query_as(
        "update jobs j set worker = $2, heartbeat_at = now(), attempt = j.attempt + 1,
                status = case when j.status = 'queued' then 'running' else j.status end,
                started_at = coalesce(j.started_at, $3)
           from jobs old
          where j.id = $1 and old.id = j.id and j.status in ('queued', 'running', 'unwinding') and j.run_after <= $3
            and (j.worker is null or j.heartbeat_at is null or j.heartbeat_at < now() - make_interval(secs => $4))
         returning j.id, j.kind, j.payload, j.status, j.error, j.tenant_id, j.cloud_pod_id, j.attempt, j.deadline_at,
                   j.cancel_requested_at, j.run_after, old.started_at",
    )
    .bind(job)
    .bind(worker)
    .bind(now)
    .bind(stale)
    .fetch_optional(conn)
    .await
}

/// Renews a claim and locks the job's row until the transaction ends. Nothing when the claim is lost; else whether a
/// person wants to cancel.
pub(super) async fn hold(conn: &mut PgConnection, job: JobId, worker: &str, attempt: i32) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar(
        "update jobs set heartbeat_at = now() where id = $1 and worker = $2 and attempt = $3 returning cancel_requested_at is not null",
    )
    .bind(job)
    .bind(worker)
    .bind(attempt)
    .fetch_optional(conn)
    .await
}

/// Writes what the runner has decided about the job; `worker` nothing gives the claim back.
pub(super) async fn store_job(conn: &mut PgConnection, job: &JobRecord, worker: Option<&str>, finished_at: Option<Time>) -> Result<(), sqlx::Error> {
    sqlx::query("update jobs set status = $2, error = $3, deadline_at = $4, run_after = $5, worker = $6, finished_at = $7 where id = $1")
        .bind(job.id)
        .bind(job.status)
        .bind(&job.error)
        .bind(job.deadline_at)
        .bind(job.run_after)
        .bind(worker)
        .bind(finished_at)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn steps(conn: &mut PgConnection, job: JobId) -> Result<Vec<StepRecord>, sqlx::Error> {
    sqlx::query_as("select seq, name, status, output, error, attempt, started_at, finished_at from job_steps where job_id = $1 order by seq")
        .bind(job)
        .fetch_all(conn)
        .await
}

pub(super) async fn store_step(conn: &mut PgConnection, job: JobId, step: &StepRecord) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update job_steps set status = $3, output = $4, error = $5, attempt = $6, started_at = $7, finished_at = $8
          where job_id = $1 and seq = $2",
    )
    .bind(job)
    .bind(step.seq)
    .bind(step.status)
    .bind(&step.output)
    .bind(&step.error)
    .bind(step.attempt)
    .bind(step.started_at)
    .bind(step.finished_at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_events(conn: &mut PgConnection, job: JobId, at: Time, levels: &[&str], messages: &[&str]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into job_events (job_id, at, level, message)
         select $1, $2, line.level, line.message
           from unnest($3::text[], $4::text[]) with ordinality line (level, message, place) order by line.place",
    )
    .bind(job)
    .bind(at)
    .bind(levels)
    .bind(messages)
    .execute(conn)
    .await?;
    Ok(())
}

/// A new job. Nothing when there is one with this key.
#[allow(clippy::too_many_arguments)]
pub(super) async fn insert_job(
    conn: &mut PgConnection,
    id: JobId,
    tenant: Option<TenantId>,
    kind: JobKind,
    key: &str,
    payload: &Value,
    actor: &Value,
    cloud_pod: Option<CloudPodId>,
    now: Time,
    deadline_at: Time,
) -> Result<Option<JobId>, sqlx::Error> {
    sqlx::query_scalar(
        "insert into jobs (id, tenant_id, kind, idempotency_key, payload, actor, cloud_pod_id, run_after, created_at, deadline_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
         on conflict (idempotency_key) do nothing returning id",
    )
    .bind(id)
    .bind(tenant)
    .bind(kind)
    .bind(key)
    .bind(payload)
    .bind(actor)
    .bind(cloud_pod)
    .bind(now)
    .bind(deadline_at)
    .fetch_optional(conn)
    .await
}

pub(super) async fn job_by_key(conn: &mut PgConnection, key: &str) -> Result<JobId, sqlx::Error> {
    sqlx::query_scalar("select id from jobs where idempotency_key = $1").bind(key).fetch_one(conn).await
}

pub(super) async fn insert_steps(conn: &mut PgConnection, job: JobId, names: &[&str], titles: &[&str]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into job_steps (job_id, seq, name, title)
         select $1, step.place::integer, step.name, step.title
           from unnest($2::text[], $3::text[]) with ordinality step (name, title, place)",
    )
    .bind(job)
    .bind(names)
    .bind(titles)
    .execute(conn)
    .await?;
    Ok(())
}

/// Jobs that are due, that nobody works on, and for which no wake-up is on its way: the notice was lost, the worker died,
/// or the time has come.
pub(super) async fn stranded(conn: &mut PgConnection, queue: &str, now: Time, stale: f64) -> Result<Vec<JobId>, sqlx::Error> {
    sqlx::query_scalar(
        "select j.id from jobs j
          where j.status in ('queued', 'running', 'unwinding') and j.run_after <= $2
            and (j.worker is null or j.heartbeat_at is null or j.heartbeat_at < now() - make_interval(secs => $3))
            and not exists (
              select from apalis.jobs w
               where w.job_type = $1 and w.job = convert_to(to_json(j.id::text)::text, 'UTF8')
                 and (w.status = 'Pending' or (w.status = 'Queued' and w.lock_at > now() - make_interval(secs => $3))
                      or (w.status = 'Failed' and w.attempts < w.max_attempts and w.run_at > now())))
          order by j.run_after limit 200",
    )
    .bind(queue)
    .bind(now)
    .bind(stale)
    .fetch_all(conn)
    .await
}
