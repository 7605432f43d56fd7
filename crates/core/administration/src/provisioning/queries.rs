//! Statements of provisioning. A tenant sees no servers, so it has statements of its own where they are joined.

use super::view::{EventRecord, JobRecord, JobRowRecord, StepRecord};
use model::{administration::provisioning::JobStatus, ids::JobId};
use sqlx::PgConnection;
use uuid::Uuid;

/// Jobs by state; figures beyond 31 bits would be a job a second for decades.
pub(super) async fn by_state(conn: &mut PgConnection) -> Result<Vec<(JobStatus, i32)>, sqlx::Error> {
    sqlx::query_as("select status, count(*)::int from jobs group by status").fetch_all(conn).await
}

pub(super) async fn list(
    conn: &mut PgConnection,
    (before, after, limit): (Option<Uuid>, Option<Uuid>, i64),
    state: Option<JobStatus>,
    search: Option<&str>,
) -> Result<Vec<JobRowRecord>, sqlx::Error> {
    sqlx::query_as(
        "with page as (
           (select id from jobs
             where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4)
               and ($5::text is null or position(lower($5) in lower(subject_name)) > 0)
             order by id desc limit $3)
           union all
           (select id from jobs
             where id > $2 and ($4::text is null or status = $4)
               and ($5::text is null or position(lower($5) in lower(subject_name)) > 0)
             order by id limit $3))
         select j.id, j.kind, j.title, j.subject_name, t.name as tenant_name, j.status, j.created_at, j.started_at, j.finished_at,
                (select s.title from job_steps s where s.job_id = j.id and s.status in ('running', 'undoing', 'failed') order by s.seq desc limit 1) as step
           from page join jobs j using (id) left join tenants t on t.id = j.tenant_id
          order by j.id desc",
    )
    .bind(before)
    .bind(after)
    .bind(limit)
    .bind(state)
    .bind(search)
    .fetch_all(conn)
    .await
}

/// Jobs about an object, newest first.
pub(super) async fn about(conn: &mut PgConnection, (kind, id): (&str, Uuid), limit: i64) -> Result<Vec<JobRowRecord>, sqlx::Error> {
    sqlx::query_as(
        "select j.id, j.kind, j.title, j.subject_name, t.name as tenant_name, j.status, j.created_at, j.started_at, j.finished_at,
                (select s.title from job_steps s where s.job_id = j.id and s.status in ('running', 'undoing', 'failed') order by s.seq desc limit 1) as step
           from jobs j left join tenants t on t.id = j.tenant_id
          where j.subject_kind = $1 and j.subject_id = $2 order by j.id desc limit $3",
    )
    .bind(kind)
    .bind(id)
    .bind(limit)
    .fetch_all(conn)
    .await
}

pub(super) async fn get(conn: &mut PgConnection, job: JobId) -> Result<Option<JobRecord>, sqlx::Error> {
    sqlx::query_as(
        "select j.id, j.kind, j.title, j.subject_name, t.name as tenant_name, j.status, j.created_at, j.started_at, j.finished_at,
                j.tenant_id, j.subject_kind, j.subject_id, j.server_id, s.name as server_name, j.actor, j.error, j.attempt, j.deadline_at,
                j.cancel_requested_at, j.run_after, j.worker, j.heartbeat_at
           from jobs j left join tenants t on t.id = j.tenant_id
           left join servers s on s.id = j.server_id
          where j.id = $1",
    )
    .bind(job)
    .fetch_optional(conn)
    .await
}

/// The same for a tenant: neither server nor worker.
pub(super) async fn get_own(conn: &mut PgConnection, job: JobId) -> Result<Option<JobRecord>, sqlx::Error> {
    sqlx::query_as(
        "select j.id, j.kind, j.title, j.subject_name, t.name as tenant_name, j.status, j.created_at, j.started_at, j.finished_at,
                j.tenant_id, j.subject_kind, j.subject_id, null::uuid as server_id, null::text as server_name, j.actor, j.error, j.attempt, j.deadline_at,
                j.cancel_requested_at, j.run_after, null::text as worker, j.heartbeat_at
           from jobs j left join tenants t on t.id = j.tenant_id
          where j.id = $1",
    )
    .bind(job)
    .fetch_optional(conn)
    .await
}

pub(super) async fn steps(conn: &mut PgConnection, job: JobId) -> Result<Vec<StepRecord>, sqlx::Error> {
    sqlx::query_as("select seq, title, status, error, attempt, started_at, finished_at from job_steps where job_id = $1 order by seq limit 100")
        .bind(job)
        .fetch_all(conn)
        .await
}

/// Jobs about the same object that were created after this one, until an hour after its end, oldest first: what it has led to, such as the certificate
/// of a CloudPod that was created. A tenant sees its own alone.
pub(super) async fn later(conn: &mut PgConnection, job: JobId) -> Result<Vec<JobRowRecord>, sqlx::Error> {
    sqlx::query_as(
        "select j.id, j.kind, j.title, j.subject_name, t.name as tenant_name, j.status, j.created_at, j.started_at, j.finished_at,
                (select s.title from job_steps s where s.job_id = j.id and s.status in ('running', 'undoing', 'failed') order by s.seq desc limit 1) as step
           from jobs this join jobs j on j.subject_kind = this.subject_kind and j.subject_id = this.subject_id and j.id > this.id
           left join tenants t on t.id = j.tenant_id
          where this.id = $1 and (this.finished_at is null or j.created_at <= this.finished_at + interval '1 hour')
          order by j.id limit 5",
    )
    .bind(job)
    .fetch_all(conn)
    .await
}

/// Lines of a job behind the one with this number, oldest first.
pub(super) async fn events(conn: &mut PgConnection, job: JobId, after: i64) -> Result<Vec<EventRecord>, sqlx::Error> {
    sqlx::query_as("select id, at, level, message from job_events where job_id = $1 and id > $2 order by id limit 500")
        .bind(job)
        .bind(after)
        .fetch_all(conn)
        .await
}

/// A job by its buyer's token: what [`get_own`] shows, and nothing without the token.
pub(super) async fn of_buyer(conn: &mut PgConnection, job: JobId, follow_hash: &[u8]) -> Result<Option<JobRecord>, sqlx::Error> {
    sqlx::query_as(
        "select id, kind, title, subject_kind, subject_id, subject_name, tenant_name, status, created_at, started_at, finished_at, tenant_id, server_id, server_name,
                actor, error, attempt, deadline_at, cancel_requested_at, run_after, worker, heartbeat_at
           from followed_job($1, $2)",
    )
    .bind(job)
    .bind(follow_hash)
    .fetch_optional(conn)
    .await
}

pub(super) async fn buyer_steps(conn: &mut PgConnection, job: JobId, follow_hash: &[u8]) -> Result<Vec<StepRecord>, sqlx::Error> {
    sqlx::query_as("select seq, title, status, error, attempt, started_at, finished_at from followed_steps($1, $2) order by seq")
        .bind(job)
        .bind(follow_hash)
        .fetch_all(conn)
        .await
}

pub(super) async fn buyer_events(conn: &mut PgConnection, job: JobId, follow_hash: &[u8], after: i64) -> Result<Vec<EventRecord>, sqlx::Error> {
    sqlx::query_as("select id, at, level, message from followed_events($1, $2, $3) order by id")
        .bind(job)
        .bind(follow_hash)
        .bind(after)
        .fetch_all(conn)
        .await
}
