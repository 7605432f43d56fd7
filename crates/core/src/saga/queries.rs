//! Statements of the runner. A claim is (worker, attempt): both must still be true for a write to count.

use super::log::Line;
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

/// What becomes of a job's row; `worker` nothing gives the claim back.
pub(super) struct Becomes<'a> {
    pub(super) job: &'a JobRecord,
    pub(super) worker: Option<&'a str>,
    pub(super) finished_at: Option<Time>,
}

/// Lines of a job's log, as PostgreSQL takes many at once.
pub(super) struct Lines<'a> {
    at: Time,
    levels: Vec<&'a str>,
    messages: Vec<&'a str>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(at: Time, lines: &'a [Line]) -> Self {
        let levels = lines.iter().map(|line| line.level.as_str()).collect();
        Self { at, levels, messages: lines.iter().map(|line| line.message.as_str()).collect() }
    }
}

/// Writes what the runner has decided about the job, the steps that have changed and the lines, in one statement: a step costs two of
/// these, and the time of a job that does little is the time of its statements. False, and nothing is written, when the claim is lost.
pub(super) async fn store(
    conn: &mut PgConnection,
    (worker, attempt): (&str, i32),
    becomes: Becomes<'_>,
    steps: &[&StepRecord],
    lines: &Lines<'_>,
) -> Result<bool, sqlx::Error> {
    let Becomes { job, worker: next, finished_at } = becomes;
    let held: Option<i32> = sqlx::query_scalar(
        "with held as (
           update jobs set heartbeat_at = now(), status = $4, error = $5, deadline_at = $6, run_after = $7, worker = $8, finished_at = $9
            where id = $1 and worker = $2 and attempt = $3 returning id),
         written as (
           update job_steps step
              set status = new.status, output = new.output, error = new.error, attempt = new.attempt,
                  started_at = new.started_at, finished_at = new.finished_at
             from held, unnest($10::integer[], $11::text[], $12::jsonb[], $13::text[], $14::integer[], $15::timestamptz[], $16::timestamptz[])
                    new (seq, status, output, error, attempt, started_at, finished_at)
            where step.job_id = held.id and step.seq = new.seq),
         said as (
           insert into job_events (job_id, at, level, message)
           select held.id, $17, line.level, line.message
             from held, unnest($18::text[], $19::text[]) with ordinality line (level, message, place) order by line.place)
         select 1 from held",
    )
    .bind(job.id)
    .bind(worker)
    .bind(attempt)
    .bind(job.status)
    .bind(&job.error)
    .bind(job.deadline_at)
    .bind(job.run_after)
    .bind(next)
    .bind(finished_at)
    .bind(of(steps, |step| step.seq))
    .bind(of(steps, |step| step.status.as_str()))
    .bind(of(steps, |step| step.output.as_ref()))
    .bind(of(steps, |step| step.error.as_deref()))
    .bind(of(steps, |step| step.attempt))
    .bind(of(steps, |step| step.started_at))
    .bind(of(steps, |step| step.finished_at))
    .bind(lines.at)
    .bind(&lines.levels)
    .bind(&lines.messages)
    .fetch_optional(conn)
    .await?;
    Ok(held.is_some())
}

fn of<'a, T>(steps: &[&'a StepRecord], column: impl Fn(&'a StepRecord) -> T) -> Vec<T> {
    steps.iter().map(|&step| column(step)).collect()
}

pub(super) async fn steps(conn: &mut PgConnection, job: JobId) -> Result<Vec<StepRecord>, sqlx::Error> {
    sqlx::query_as("select seq, name, status, output, error, attempt, started_at, finished_at from job_steps where job_id = $1 order by seq")
        .bind(job)
        .fetch_all(conn)
        .await
}

pub(super) async fn insert_events(conn: &mut PgConnection, job: JobId, lines: &Lines<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into job_events (job_id, at, level, message)
         select $1, $2, line.level, line.message
           from unnest($3::text[], $4::text[]) with ordinality line (level, message, place) order by line.place",
    )
    .bind(job)
    .bind(lines.at)
    .bind(&lines.levels)
    .bind(&lines.messages)
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
