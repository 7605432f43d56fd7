//! Statements that cancel and retry jobs.

use model::{
    Time,
    administration::provisioning::{JobStatus, StepStatus},
    ids::{JobId, TenantId},
};
use sqlx::PgConnection;

/// What cancelling and retrying must know; locks the job's row, so no worker writes meanwhile.
#[derive(sqlx::FromRow)]
pub(super) struct LockedJob {
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) version: i32,
    pub(super) status: JobStatus,
    pub(super) tenant_id: Option<TenantId>,
    pub(super) subject_name: String,
    pub(super) subject_kind: Option<String>,
    pub(super) subject_id: Option<uuid::Uuid>,
    pub(super) cancel_requested_at: Option<Time>,
    pub(super) payload: serde_json::Value,
    pub(super) turned_back: bool,
    pub(super) allowance: f64,
}

pub(super) async fn lock(conn: &mut PgConnection, job: JobId) -> Result<Option<LockedJob>, sqlx::Error> {
    sqlx::query_as(
        "select j.kind, j.title, j.version, j.status, j.tenant_id, j.subject_name, j.subject_kind, j.subject_id, j.cancel_requested_at, j.payload,
                exists (select from job_steps s where s.job_id = j.id and s.status in ('undoing', 'undone')) as turned_back,
                greatest(extract(epoch from j.deadline_at - coalesce(j.started_at, j.created_at)), 60)::float8 as allowance
           from jobs j where j.id = $1 for no key update",
    )
    .bind(job)
    .fetch_optional(conn)
    .await
}

/// Whether another job about the same object goes on.
pub(super) async fn is_subject_busy(conn: &mut PgConnection, job: JobId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select exists (
           select from jobs this join jobs other
             on other.subject_kind = this.subject_kind and other.subject_id = this.subject_id and other.tenant_id is not distinct from this.tenant_id
            where this.id = $1 and other.id <> this.id and other.status in ('queued', 'running', 'unwinding'))",
    )
    .bind(job)
    .fetch_one(conn)
    .await
}

pub(super) async fn step_states(conn: &mut PgConnection, job: JobId) -> Result<Vec<(String, StepStatus)>, sqlx::Error> {
    sqlx::query_as("select name, status from job_steps where job_id = $1 order by seq limit 100").bind(job).fetch_all(conn).await
}

/// A cancel is heard at once, also by a job that sleeps.
pub(super) async fn request_cancel(conn: &mut PgConnection, job: JobId, now: Time) -> Result<(), sqlx::Error> {
    sqlx::query("update jobs set cancel_requested_at = $2, run_after = least(run_after, $2) where id = $1").bind(job).bind(now).execute(conn).await?;
    Ok(())
}

/// Starts an ended job again.
pub(super) async fn restart(conn: &mut PgConnection, job: JobId, status: JobStatus, now: Time, deadline_at: Time) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update jobs set status = $2, error = null, run_after = $3, deadline_at = $4, cancel_requested_at = null, worker = null,
                finished_at = null
          where id = $1",
    )
    .bind(job)
    .bind(status)
    .bind(now)
    .bind(deadline_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// All steps from the beginning.
pub(super) async fn reset_steps(conn: &mut PgConnection, job: JobId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update job_steps set status = 'waiting', output = null, error = null, attempt = 0, started_at = null, finished_at = null
          where job_id = $1",
    )
    .bind(job)
    .execute(conn)
    .await?;
    Ok(())
}

/// The step that did not work gets all its tries again; what is done stays done.
pub(super) async fn refresh_steps(conn: &mut PgConnection, job: JobId) -> Result<(), sqlx::Error> {
    sqlx::query("update job_steps set attempt = 0, finished_at = null where job_id = $1 and status in ('running', 'failed', 'undoing')")
        .bind(job)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn say(conn: &mut PgConnection, job: JobId, at: Time, message: &str) -> Result<(), sqlx::Error> {
    sqlx::query("insert into job_events (job_id, at, level, message) values ($1, $2, 'warn', $3)")
        .bind(job)
        .bind(at)
        .bind(message)
        .execute(conn)
        .await?;
    Ok(())
}
