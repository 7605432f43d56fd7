//! Statements of the runner. A claim is (worker, attempt): both must still be true for a write to count.

use super::{enqueue::Subject, job_log::Line, progress_writer::ProgressUpdate};
use model::{
    Time,
    administration::provisioning::{JobStatus, StepStatus},
    ids::{JobId, ServerId, TenantId},
};
use serde_json::Value;
use sqlx::{FromRow, PgConnection, Row};
use std::collections::HashSet;

/// A job as its runner holds it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct JobRecord {
    pub(super) id: JobId,
    pub(super) kind: String,
    #[sqlx(rename = "job_title")]
    pub(super) title: String,
    pub(super) version: i32,
    pub(super) payload: Value,
    #[sqlx(rename = "job_status")]
    pub(super) status: JobStatus,
    #[sqlx(rename = "job_error")]
    pub(super) error: Option<String>,
    pub(super) tenant_id: Option<TenantId>,
    pub(super) subject_kind: Option<String>,
    pub(super) subject_id: Option<uuid::Uuid>,
    #[sqlx(rename = "job_attempt")]
    pub(super) attempt: i32,
    pub(super) deadline_at: Time,
    pub(super) cancel_requested_at: Option<Time>,
    pub(super) run_after: Time,
    /// Nothing was written about it yet but that it is there, and who has claimed it.
    pub(super) is_first: bool,
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
    pub(super) fn is_sleeping(&self) -> bool {
        self.status == StepStatus::Running && self.attempt == 0
    }

    /// The same as PostgreSQL takes it: what a server says may hold anything.
    pub(super) fn storable(self) -> Self {
        Self { output: self.output.map(db::storable), error: self.error.map(db::storable_text), ..self }
    }
}

/// Claims those of the jobs that are due and that nobody holds, or whose worker went silent; with their steps in order. What somebody else
/// has locked at this moment is not claimed. Nor is a job that was changed between the read and the lock: its row is at another place by
/// then, and its steps, which come with the read, may be old. The status is left for what is written next: so no index is written here. It is
/// asked for by what it is not: asked for what it is, PostgreSQL read the index of all that are not done, to take one.
pub(super) async fn claim(
    conn: &mut PgConnection,
    worker: &str,
    jobs: &[JobId],
    now: Time,
    claim_timeout: f64,
) -> Result<Vec<(JobRecord, Vec<StepRecord>)>, sqlx::Error> {
    let rows = sqlx::query(
        "with free as (
           select id, ctid from jobs
            where id = any($2) and status not in ('done', 'undone', 'stuck') and run_after <= $3
              and (worker is null or heartbeat_at is null or heartbeat_at < now() - make_interval(secs => $4))
              for update skip locked),
         taken as (
           update jobs job
              set worker = $1, attempt = job.attempt + 1, heartbeat_at = now()
             from free where job.id = free.id and job.ctid = free.ctid
           returning job.id, job.kind, job.title job_title, job.version, job.payload, job.status job_status, job.error job_error, job.tenant_id,
                     job.subject_kind, job.subject_id,
                     job.attempt job_attempt, job.deadline_at, job.cancel_requested_at, job.run_after,
                     job.started_at is null is_first)
         select taken.*, step.seq, step.name, step.status, step.output, step.error, step.attempt, step.started_at, step.finished_at
           from taken left join job_steps step on step.job_id = taken.id
          order by taken.id, step.seq",
    )
    .bind(worker)
    .bind(jobs)
    .bind(now)
    .bind(claim_timeout)
    .fetch_all(conn)
    .await?;
    let mut taken: Vec<(JobRecord, Vec<StepRecord>)> = Vec::new();
    for row in &rows {
        let id: JobId = row.try_get("id")?;
        if taken.last().is_none_or(|(job, _)| job.id != id) {
            taken.push((JobRecord::from_row(row)?, Vec::new()));
        }
        if let (Some((_, steps)), Some(_)) = (taken.last_mut(), row.try_get::<Option<i32>, _>("seq")?) {
            steps.push(StepRecord::from_row(row)?);
        }
    }
    Ok(taken)
}

/// Renews a claim and locks the job's row until the transaction ends. Nothing when the claim is lost; else whether a
/// person wants to cancel.
pub(super) async fn lock_claimed(conn: &mut PgConnection, job: JobId, worker: &str, attempt: i32) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar(
        "update jobs set heartbeat_at = now() where id = $1 and worker = $2 and attempt = $3 returning cancel_requested_at is not null",
    )
    .bind(job)
    .bind(worker)
    .bind(attempt)
    .fetch_optional(conn)
    .await
}

/// What a renewal has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeartbeatResult {
    /// The claim is renewed and the lines are written.
    Renewed {
        /// Whether a person wants to cancel.
        cancel: bool,
    },
    /// Somebody has the row locked at this moment: the step itself, or a person. Nothing is written.
    Busy,
    /// The claim is lost.
    Lost,
}

/// Renews a claim and adds lines. Waits for nobody who has the job's row.
pub(super) async fn heartbeat(
    conn: &mut PgConnection,
    job: JobId,
    worker: &str,
    attempt: i32,
    at: Time,
    lines: &[Line],
) -> Result<HeartbeatResult, sqlx::Error> {
    let (cancel, holds): (Option<bool>, bool) = sqlx::query_as(
        "with held as (
           update jobs set heartbeat_at = now()
            where id = (select id from jobs where id = $1 and worker = $2 and attempt = $3 for update skip locked)
           returning id, cancel_requested_at is not null cancel),
         said as (
           insert into job_events (job_id, at, level, message)
           select held.id, $4, line.level, line.message
             from held, unnest($5::text[], $6::text[]) with ordinality line (level, message, place) order by line.place)
         select (select cancel from held), exists (select from jobs where id = $1 and worker = $2 and attempt = $3)",
    )
    .bind(job)
    .bind(worker)
    .bind(attempt)
    .bind(at)
    .bind(map_column(lines, |line| line.level.as_str()))
    .bind(map_column(lines, |line| line.message.as_str()))
    .fetch_one(conn)
    .await?;
    Ok(match (cancel, holds) {
        (Some(cancel), _) => HeartbeatResult::Renewed { cancel },
        (None, true) => HeartbeatResult::Busy,
        (None, false) => HeartbeatResult::Lost,
    })
}

/// Writes what the runner has decided about jobs, the steps that have changed and the lines, in one statement: the time of a job that does
/// little is the time of its statements. Answers whose claim held, with its attempt; about the others nothing is written.
pub(super) async fn store_progress(conn: &mut PgConnection, worker: &str, updates: &[ProgressUpdate]) -> Result<HashSet<(JobId, i32)>, sqlx::Error> {
    let steps: Vec<(JobId, &StepRecord)> = updates.iter().flat_map(|update| update.steps.iter().map(|step| (update.job, step))).collect();
    let lines: Vec<(&ProgressUpdate, &Line)> = updates.iter().flat_map(|update| update.lines.iter().map(move |line| (update, line))).collect();
    let held: Vec<(JobId, i32)> = sqlx::query_as(
        "with held as (
           update jobs j
              set heartbeat_at = now(), started_at = coalesce(j.started_at, new.at), status = new.status, error = new.error, deadline_at = new.deadline_at,
                  run_after = new.run_after, worker = case when new.keeps then $1 end, finished_at = new.finished_at
             from unnest($2::uuid[], $3::integer[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::boolean[],
                         $9::timestamptz[], $22::timestamptz[])
                    new (id, attempt, status, error, deadline_at, run_after, keeps, finished_at, at)
            where j.id = new.id and j.worker = $1 and j.attempt = new.attempt
           returning j.id, j.attempt),
         written as (
           update job_steps step
              set status = new.status, output = new.output, error = new.error, attempt = new.attempt,
                  started_at = new.started_at, finished_at = new.finished_at
             from held, unnest($10::uuid[], $11::integer[], $12::text[], $13::jsonb[], $14::text[], $15::integer[], $16::timestamptz[], $17::timestamptz[])
                    new (job, seq, status, output, error, attempt, started_at, finished_at)
            where step.job_id = held.id and new.job = held.id and step.seq = new.seq),
         said as (
           insert into job_events (job_id, at, level, message)
           select held.id, line.at, line.level, line.message
             from held, unnest($18::uuid[], $19::timestamptz[], $20::text[], $21::text[]) with ordinality line (job, at, level, message, place)
            where line.job = held.id order by line.place)
         select id, attempt from held",
    )
    .bind(worker)
    .bind(map_column(updates, |update| update.job))
    .bind(map_column(updates, |update| update.attempt))
    .bind(map_column(updates, |update| update.status.as_str()))
    .bind(map_column(updates, |update| update.error.as_deref()))
    .bind(map_column(updates, |update| update.deadline_at))
    .bind(map_column(updates, |update| update.run_after))
    .bind(map_column(updates, |update| update.keep_claim))
    .bind(map_column(updates, |update| update.finished_at))
    .bind(map_column(&steps, |(job, _)| *job))
    .bind(map_column(&steps, |(_, step)| step.seq))
    .bind(map_column(&steps, |(_, step)| step.status.as_str()))
    .bind(map_column(&steps, |(_, step)| step.output.as_ref()))
    .bind(map_column(&steps, |(_, step)| step.error.as_deref()))
    .bind(map_column(&steps, |(_, step)| step.attempt))
    .bind(map_column(&steps, |(_, step)| step.started_at))
    .bind(map_column(&steps, |(_, step)| step.finished_at))
    .bind(map_column(&lines, |(update, _)| update.job))
    .bind(map_column(&lines, |(update, _)| update.at))
    .bind(map_column(&lines, |(_, line)| line.level.as_str()))
    .bind(map_column(&lines, |(_, line)| line.message.as_str()))
    .bind(map_column(updates, |update| update.at))
    .fetch_all(conn)
    .await?;
    Ok(held.into_iter().collect())
}

/// One column of many rows.
fn map_column<'a, R, T>(rows: &'a [R], column: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(column).collect()
}

/// A job to be stored.
pub(super) struct NewJob<'a> {
    pub(super) id: JobId,
    pub(super) tenant: Option<TenantId>,
    pub(super) kind: &'a str,
    pub(super) title: &'a str,
    pub(super) version: i32,
    pub(super) key: &'a str,
    pub(super) payload: &'a Value,
    pub(super) actor: &'a Value,
    pub(super) subject: Option<&'a Subject>,
    pub(super) now: Time,
    pub(super) deadline_at: Time,
}

/// A new job. Nothing when there is one with this key.
pub(super) async fn insert_job(conn: &mut PgConnection, new: &NewJob<'_>) -> Result<Option<JobId>, sqlx::Error> {
    sqlx::query_scalar(
        "insert into jobs (id, tenant_id, kind, title, version, idempotency_key, payload, actor, subject_kind, subject_id, subject_name,
                          run_after, created_at, deadline_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)
         on conflict (idempotency_key) do nothing returning id",
    )
    .bind(new.id)
    .bind(new.tenant)
    .bind(new.kind)
    .bind(new.title)
    .bind(new.version)
    .bind(new.key)
    .bind(new.payload)
    .bind(new.actor)
    .bind(new.subject.map(|subject| subject.kind))
    .bind(new.subject.map(|subject| subject.id))
    .bind(new.subject.map_or("", |subject| subject.name.as_str()))
    .bind(new.now)
    .bind(new.deadline_at)
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
pub(super) async fn stranded(conn: &mut PgConnection, queue: &str, now: Time, claim_timeout: f64) -> Result<Vec<JobId>, sqlx::Error> {
    sqlx::query_scalar(
        "select j.id from jobs j
          where j.status in ('queued', 'running', 'unwinding') and j.run_after <= $2
            and (j.worker is null or j.heartbeat_at is null or j.heartbeat_at < now() - make_interval(secs => $3))
            and j.id not in (
              select (convert_from(w.job, 'UTF8')::json #>> '{}')::uuid from apalis.jobs w
               where w.job_type = $1
                 and (w.status = 'Pending' or (w.status = 'Queued' and w.lock_at > now() - make_interval(secs => $3))
                      or (w.status = 'Failed' and w.attempts < w.max_attempts and w.run_at > now())))
          order by j.run_after limit 200",
    )
    .bind(queue)
    .bind(now)
    .bind(claim_timeout)
    .fetch_all(conn)
    .await
}

/// Says at which server a job works, or that it works at none.
pub async fn set_server(conn: &mut PgConnection, job: JobId, server: Option<ServerId>) -> sqlx::Result<()> {
    sqlx::query("update jobs set server_id = $2 where id = $1").bind(job).bind(server).execute(conn).await?;
    Ok(())
}

/// A job that sleeps goes on at once: what it waits for may have come.
pub async fn hasten(conn: &mut PgConnection, job: JobId, now: Time) -> sqlx::Result<()> {
    sqlx::query("update jobs set run_after = least(run_after, $2) where id = $1 and status in ('queued', 'running')")
        .bind(job)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets what those of these jobs have said that have ended.
pub async fn forget_lines(conn: &mut PgConnection, jobs: &[JobId]) -> sqlx::Result<()> {
    sqlx::query("delete from job_events e using jobs j where j.id = e.job_id and j.id = any($1) and j.status in ('done', 'undone', 'stuck')")
        .bind(jobs)
        .execute(conn)
        .await?;
    Ok(())
}
