//! SQL of the dashboard. Every list has a limit.

use model::{
    Time,
    administration::{provisioning::JobStatus, servers::ServerStatus},
    billing::mismatches::MismatchKind,
    ids::{CloudPodId, JobId, ServerId},
    money::Currency,
};
use sqlx::{FromRow, PgConnection, Result};

/// The plain figures.
#[derive(FromRow)]
pub struct Counts {
    pub users: i64,
    pub customers: i64,
    pub servers_active: i64,
    pub servers: i64,
    pub jobs_waiting: i64,
    pub jobs_running: i64,
    pub jobs_failed: i64,
    pub workers: i64,
    pub queue_delay_ms: Option<i64>,
}

/// Reads the plain figures. Workers report by PostgreSQL's own clock.
pub async fn counts(conn: &mut PgConnection, since: Time) -> Result<Counts> {
    sqlx::query_as(
        "select (select count(*) from users) as users,
                (select count(*) from tenants where status = 'ACTIVE') as customers,
                (select count(*) from servers where status = 'ACTIVE') as servers_active,
                (select count(*) from servers where status <> 'RETIRED') as servers,
                (select count(*) from jobs where status = 'queued') as jobs_waiting,
                (select count(*) from jobs where status in ('running', 'unwinding')) as jobs_running,
                (select count(*) from jobs where status in ('undone', 'stuck') and finished_at >= $1) as jobs_failed,
                (select count(*) from apalis.workers where last_seen > now() - interval '30 seconds') as workers,
                (select (extract(epoch from avg(started_at - created_at)) * 1000)::bigint
                   from jobs where started_at >= $1 and attempt <= 1) as queue_delay_ms",
    )
    .bind(since)
    .fetch_one(conn)
    .await
}

/// Monthly revenue by currency: a yearly price counts a twelfth, and the sum is rounded once, half away from zero.
pub async fn revenue(conn: &mut PgConnection) -> Result<Vec<(Currency, i64)>> {
    sqlx::query_as(
        "select currency,
                round(sum(price::numeric * quantity * case billing_cycle when 'MONTHLY' then 12 else 1 end) / 12)::bigint
           from subscriptions where status in ('ACTIVE', 'PAST_DUE') group by currency order by 2 desc, currency limit 20",
    )
    .fetch_all(conn)
    .await
}

/// Pods that are not deleted, by state.
pub async fn pods_by_status(conn: &mut PgConnection) -> Result<Vec<(String, i64)>> {
    sqlx::query_as("select status, count(*) from cloud_pods where status <> 'DELETED' group by status order by count(*) desc, status")
        .fetch_all(conn)
        .await
}

/// Money against servers.
#[derive(FromRow)]
pub struct MoneyRow {
    pub paid_runs: i64,
    pub paid_failing: i64,
    pub in_work: i64,
    pub paid_suspended: i64,
    pub runs_unpaid: i64,
}

/// Every subscription of a plan that is active, or overdue for a short time, counts once, by the newest pod that it still has: the pod runs, or a job is at work
/// on it, or the customer pays for nothing.
pub async fn money(conn: &mut PgConnection) -> Result<MoneyRow> {
    sqlx::query_as(
        "select count(*) filter (where state = 'runs') as paid_runs,
                count(*) filter (where state = 'work') as in_work,
                count(*) filter (where state = 'suspended') as paid_suspended,
                count(*) filter (where state = 'fails') as paid_failing,
                (select count(*) from cloud_pods c join subscriptions s on s.tenant_id = c.tenant_id and s.id = c.subscription_id
                  where c.status = 'RUNNING' and s.status not in ('TRIALING', 'ACTIVE', 'PAST_DUE')) as runs_unpaid
           from (
             select case when pod.status = 'RUNNING' then 'runs'
                         when pod.status in ('SUSPENDING', 'SUSPENDED', 'UNSUSPENDING') then 'suspended'
                         when pod.busy then 'work' else 'fails' end as state
               from subscriptions s
               join products p on p.id = s.product_id and p.type = 'CLOUDPOD'
               left join lateral (
                 select c.status,
                        exists (select from jobs j where j.subject_kind = 'cloud_pod' and j.subject_id = c.id
                                   and j.status in ('queued', 'running', 'unwinding')) as busy
                   from cloud_pods c
                  where c.tenant_id = s.tenant_id and c.subscription_id = s.id and c.status <> 'DELETED'
                  order by c.id desc limit 1
               ) pod on true
              where s.status in ('ACTIVE', 'PAST_DUE')
           ) each",
    )
    .fetch_one(conn)
    .await
}

/// A job that did not do what it was for.
#[derive(FromRow)]
pub struct BrokenJob {
    pub id: JobId,
    pub title: String,
    pub subject_name: String,
    pub status: JobStatus,
    pub error: Option<String>,
    pub finished_at: Option<Time>,
}

/// Stuck jobs, and jobs that were undone since then without anybody asking for it. A job whose pod has failed is told with
/// the pod. The first condition is the one that the indexes know.
pub async fn broken_jobs(conn: &mut PgConnection, since: Time) -> Result<Vec<BrokenJob>> {
    sqlx::query_as(
        "select j.id, j.title, j.subject_name, j.status, j.error, j.finished_at
           from jobs j left join cloud_pods c on j.subject_kind = 'cloud_pod' and c.id = j.subject_id
          where (j.status = 'stuck' or (j.status = 'undone' and j.finished_at >= $1))
            and (j.status = 'stuck' or (j.cancel_requested_at is null and c.status is distinct from 'FAILED'))
          order by (j.status = 'stuck') desc, j.id desc limit 20",
    )
    .bind(since)
    .fetch_all(conn)
    .await
}

/// A pod that could not be made.
#[derive(FromRow)]
pub struct FailedPod {
    pub id: CloudPodId,
    pub name: String,
    pub tenant_name: String,
    pub error: Option<String>,
    pub since: Time,
}

/// Failed pods with the reason of their last job. A pod whose job is stuck is told with the job.
pub async fn failed_pods(conn: &mut PgConnection) -> Result<Vec<FailedPod>> {
    sqlx::query_as(
        "select c.id, c.name, t.name as tenant_name, job.error, coalesce(job.finished_at, c.created_at) as since
           from cloud_pods c
           join tenants t on t.id = c.tenant_id
           left join lateral (
             select j.error, j.finished_at, j.status from jobs j
              where j.subject_kind = 'cloud_pod' and j.subject_id = c.id order by j.id desc limit 1
           ) job on true
          where c.status = 'FAILED' and job.status is distinct from 'stuck'
          order by c.id desc limit 20",
    )
    .fetch_all(conn)
    .await
}

/// A server that is not known to be well.
#[derive(FromRow)]
pub struct TroubledServer {
    pub id: ServerId,
    pub name: String,
    pub status: ServerStatus,
    pub last_seen_at: Option<Time>,
    pub pods: i64,
}

/// Servers in quarantine, and servers in service that have been silent since then.
pub async fn troubled_servers(conn: &mut PgConnection, silent_since: Time) -> Result<Vec<TroubledServer>> {
    sqlx::query_as(
        "select s.id, s.name, s.status, s.last_seen_at,
                (select count(*) from cloud_pods c where c.server_id = s.id and c.status <> 'DELETED') as pods
           from servers s
          where s.status = 'QUARANTINED'
             or (s.status in ('ACTIVE', 'DRAINING') and (s.last_seen_at is null or s.last_seen_at < $1))
          order by (s.status = 'QUARANTINED') desc, s.name limit 20",
    )
    .bind(silent_since)
    .fetch_all(conn)
    .await
}

/// Mail that was given up.
#[derive(FromRow)]
pub struct FailedMail {
    pub mails: i64,
    pub since: Option<Time>,
}

/// Mail of that time that was given up.
pub async fn failed_mail(conn: &mut PgConnection, since: Time) -> Result<FailedMail> {
    sqlx::query_as("select count(*) as mails, min(created_at) as since from outgoing_mail where status = 'FAILED' and created_at >= $1")
        .bind(since)
        .fetch_one(conn)
        .await
}

/// Mismatches between billing and infrastructure, of a kind.
#[derive(FromRow)]
pub struct Mismatches {
    pub kind: MismatchKind,
    pub count: i64,
    pub since: Time,
}

/// Mismatches that hold, by kind.
pub async fn mismatches(conn: &mut PgConnection) -> Result<Vec<Mismatches>> {
    sqlx::query_as(
        "select kind, count(*) as count, min(since) as since from mismatches
          where cleared_at is null and confirmed_at is not null group by kind order by kind limit 20",
    )
    .fetch_all(conn)
    .await
}
