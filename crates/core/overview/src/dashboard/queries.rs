//! SQL of the dashboard. Every list has a limit.

use model::{
    Time,
    administration::{provisioning::JobStatus, servers::ServerStatus},
    ids::{CloudPodId, InvoiceId, JobId, ServerId},
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

/// Pods that are not deleted, by state.
pub async fn pods_by_status(conn: &mut PgConnection) -> Result<Vec<(String, i64)>> {
    sqlx::query_as("select status, count(*) from cloud_pods where status <> 'DELETED' group by status order by count(*) desc, status")
        .fetch_all(conn)
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

/// A pod that differs from its plan.
#[derive(FromRow)]
pub struct DriftedPod {
    pub id: CloudPodId,
    pub name: String,
    pub differences: Vec<String>,
    pub since: Option<Time>,
}

/// Pods that staff were told about because they differ from their plan, the longest first.
pub async fn drifted_pods(conn: &mut PgConnection) -> Result<Vec<DriftedPod>> {
    sqlx::query_as(
        "select c.id, c.name, r.differences, r.differs_since as since
           from cloud_pods c join reconciliations r on r.name = 'cloudpod' and r.key = c.id
          where c.drift_alerted_at is not null and r.differs_since is not null and c.status in ('RUNNING', 'SUSPENDED')
          order by r.differs_since, c.id limit 20",
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

/// A payment that came twice or was too large, or a refund that failed: what is account credit now, and the page of its document.
#[derive(FromRow)]
pub struct OddMoney {
    pub invoice_id: InvoiceId,
    pub number: String,
    pub tenant_name: String,
    pub is_refund: bool,
    pub amount: i64,
    pub currency: Currency,
    pub since: Option<Time>,
}

/// Payments of that time of which the invoice did not need all, and refunds of that time that failed.
pub async fn odd_money(conn: &mut PgConnection, since: Time) -> Result<Vec<OddMoney>> {
    sqlx::query_as(
        "select * from (
           select p.invoice_id, i.number, t.name as tenant_name, false as is_refund, p.excess as amount, p.currency, p.settled_at as since
             from payments p
             join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
             join tenants t on t.id = p.tenant_id
            where p.excess > 0 and p.settled_at >= $1
           union all
           select r.credit_note_id, i.number, t.name, true, r.amount, r.currency, r.settled_at
             from refunds r
             join invoices i on i.tenant_id = r.tenant_id and i.id = r.credit_note_id
             join tenants t on t.id = r.tenant_id
            where r.status = 'FAILED' and r.settled_at >= $1) odd
          order by since desc limit 20",
    )
    .bind(since)
    .fetch_all(conn)
    .await
}

/// A payment that its cardholder disputes.
#[derive(FromRow)]
pub struct Disputed {
    pub invoice_id: InvoiceId,
    pub number: String,
    pub tenant_name: String,
    pub amount: i64,
    pub currency: Currency,
    pub reason: String,
    pub is_lost: bool,
    pub respond_by: Option<Time>,
    pub since: Time,
}

/// Disputes that are open, and those that were lost since then.
pub async fn disputes(conn: &mut PgConnection, since: Time) -> Result<Vec<Disputed>> {
    sqlx::query_as(
        "select p.invoice_id, i.number, t.name as tenant_name, d.amount, d.currency, d.reason, d.status = 'LOST' as is_lost, d.respond_by,
                coalesce(d.settled_at, d.created_at) as since
           from disputes d
           join payments p on p.tenant_id = d.tenant_id and p.id = d.payment_id
           join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
           join tenants t on t.id = d.tenant_id
          where d.status = 'OPEN' or (d.status = 'LOST' and d.settled_at >= $1)
          order by d.respond_by, d.id limit 20",
    )
    .bind(since)
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
