//! Statements of scheduled jobs and what they came to.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    hosting::cron_jobs::CronRun,
    ids::{CloudPodId, TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result, types::Json};
use uuid::Uuid;

/// What the last runs of a site's jobs came to, by their keys.
pub(super) async fn runs(conn: &mut PgConnection, site: WebsiteId) -> Result<Vec<(String, Json<CronRun>)>> {
    sqlx::query_as(
        "select job, jsonb_build_object('started_at', started_at, 'ended_at', ended_at, 'exit_code', exit_code, 'timed_out', timed_out, 'output', output)
           from site_job_runs where website_id = $1 order by job limit 50",
    )
    .bind(site)
    .fetch_all(conn)
    .await
}

/// Running pods on a server with a site that has jobs, after this key.
pub(super) async fn pods_with_jobs(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select p.id as key, p.server_id as server from cloud_pods p
          where p.status = 'RUNNING' and p.server_id is not null and ($1::uuid is null or p.id > $1)
            and exists (select from websites w where w.tenant_id = p.tenant_id and w.cloud_pod_id = p.id and w.status = 'ACTIVE' and w.config ? 'jobs')
          order by p.id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// When the last run ended that is known of a pod's jobs, by its server's clock.
pub(super) async fn last_end(conn: &mut PgConnection, pod: CloudPodId) -> Result<Option<Time>> {
    sqlx::query_scalar(
        "select max(r.ended_at) from site_job_runs r join websites w on w.tenant_id = r.tenant_id and w.id = r.website_id where w.cloud_pod_id = $1",
    )
    .bind(pod)
    .fetch_one(conn)
    .await
}

/// When a job of a pod was last started by hand since this time that is not known to have run since. Servers tell times in whole seconds.
pub(super) async fn awaited(conn: &mut PgConnection, pod: CloudPodId, since: Time) -> Result<Option<Time>> {
    sqlx::query_scalar(
        "select max(m.at) from site_job_marks m
           join websites w on w.tenant_id = m.tenant_id and w.cloud_pod_id = $1 and w.config -> 'jobs' @> jsonb_build_array(jsonb_build_object('key', m.job))
          where m.kind = 'STARTED' and m.at > $2
            and not exists (select from site_job_runs r
                             where r.tenant_id = w.tenant_id and r.website_id = w.id and r.job = m.job and r.ended_at >= date_trunc('second', m.at))",
    )
    .bind(pod)
    .bind(since)
    .fetch_one(conn)
    .await
}

/// Stores what a run came to. Answers with whether people were told that the job fails since it last succeeded, if the run is news.
pub(super) async fn store(conn: &mut PgConnection, (tenant, site): (TenantId, Uuid), job: &str, run: &CronRun) -> Result<Option<bool>> {
    sqlx::query_scalar(
        "insert into site_job_runs as r (id, tenant_id, website_id, job, started_at, ended_at, exit_code, timed_out, output)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (website_id, job) do update
            set started_at = excluded.started_at, ended_at = excluded.ended_at, exit_code = excluded.exit_code, timed_out = excluded.timed_out,
                output = excluded.output, is_told = r.is_told and (excluded.exit_code <> 0 or excluded.timed_out)
          where r.started_at is distinct from excluded.started_at or r.ended_at is distinct from excluded.ended_at
         returning r.is_told",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(site)
    .bind(job)
    .bind(run.started_at)
    .bind(run.ended_at)
    .bind(run.exit_code)
    .bind(run.timed_out)
    .bind(&run.output)
    .fetch_optional(conn)
    .await
}

/// People were told that a job fails.
pub(super) async fn set_told(conn: &mut PgConnection, site: Uuid, job: &str) -> Result<()> {
    sqlx::query("update site_job_runs set is_told = true where website_id = $1 and job = $2").bind(site).bind(job).execute(conn).await?;
    Ok(())
}

/// A job was started by hand.
pub(super) const STARTED: &str = "STARTED";
/// People were told that a job fails.
pub(super) const TOLD: &str = "TOLD";

/// Whether a job has such a mark since the first time, and how many an account's jobs have since the second one.
pub(super) async fn marks(
    conn: &mut PgConnection,
    (tenant, job): (TenantId, &str),
    kind: &str,
    (of_job, of_all): (Time, Time),
) -> Result<(bool, i64)> {
    sqlx::query_as(
        "select coalesce(bool_or(job = $2 and at > $4), false), count(*) filter (where at > $5) from site_job_marks where tenant_id = $1 and kind = $3",
    )
    .bind(tenant)
    .bind(job)
    .bind(kind)
    .bind(of_job)
    .bind(of_all)
    .fetch_one(conn)
    .await
}

/// Marks a job, and deletes what is older than a day.
pub(super) async fn mark(conn: &mut PgConnection, (tenant, job): (TenantId, &str), kind: &str, now: Time) -> Result<()> {
    sqlx::query(
        "with old as (delete from site_job_marks where tenant_id = $2 and at < $5::timestamptz - interval '1 day')
         insert into site_job_marks (id, tenant_id, job, kind, at) values ($1, $2, $3, $4, $5)",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(job)
    .bind(kind)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes what jobs came to that a site does not have any more.
pub(in crate::cloudpods) async fn forget_others(conn: &mut PgConnection, site: WebsiteId) -> Result<()> {
    sqlx::query(
        "delete from site_job_runs r using websites w
          where w.id = $1 and r.tenant_id = w.tenant_id and r.website_id = w.id
            and not exists (select from jsonb_array_elements(coalesce(w.config -> 'jobs', '[]')) j where j ->> 'key' = r.job)",
    )
    .bind(site)
    .execute(conn)
    .await?;
    Ok(())
}

/// Addresses of the members of an account who may change its sites; where there are none, the one that it is billed at.
pub(super) async fn people(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "with members as (select u.email from tenant_users m join users u on u.id = m.user_id and u.status = 'ACTIVE'
                           where m.tenant_id = $1 and exists (select from role_permissions p where p.role = m.role and p.permission = 'websites:write')
                           order by m.created_at, u.id limit 20)
         select email from members union all select t.billing_email from tenants t where t.id = $1 and not exists (select from members) limit 20",
    )
    .bind(tenant)
    .fetch_all(conn)
    .await
}

/// The account's name in addresses of its pages.
pub(super) async fn slug(conn: &mut PgConnection, tenant: TenantId) -> Result<String> {
    sqlx::query_scalar("select slug from tenants where id = $1").bind(tenant).fetch_one(conn).await
}
