//! Statements of how much is deployed at once, in an hour, and kept of it.

use model::{
    Time,
    ids::{CloudPodId, DeployId, JobId, WebsiteId},
};
use sqlx::{PgConnection, Result};

/// How many deploys a site had since then, and all sites of its pod.
pub(in crate::cloudpods) async fn count_since(conn: &mut PgConnection, site: WebsiteId, since: Time) -> Result<(i64, i64)> {
    sqlx::query_as(
        "select count(*) filter (where d.website_id = $1), count(*)
           from websites own join websites w on w.tenant_id = own.tenant_id and w.cloud_pod_id = own.cloud_pod_id
           join deploys d on d.tenant_id = w.tenant_id and d.website_id = w.id
          where own.id = $1 and d.created_at > $2",
    )
    .bind(site)
    .bind(since)
    .fetch_one(conn)
    .await
}

/// When the last deploy of a push ended that a pod has had since then.
pub(in crate::cloudpods) async fn push_ended(conn: &mut PgConnection, pod: CloudPodId, since: Time) -> Result<Option<Time>> {
    sqlx::query_scalar(
        "select max(coalesce(j.finished_at, d.finished_at))
           from websites w join deploys d on d.tenant_id = w.tenant_id and d.website_id = w.id join jobs j on j.id = d.job_id
          where w.cloud_pod_id = $1 and d.trigger = 'PUSH' and coalesce(j.finished_at, d.finished_at) > $2",
    )
    .bind(pod)
    .bind(since)
    .fetch_one(conn)
    .await
}

/// Takes a place among the builds: nothing where so many others are built at this moment, in all or of its account, otherwise how often it was
/// begun. A place is held while its job is at work.
pub(in crate::cloudpods) async fn begin_build(conn: &mut PgConnection, id: DeployId, (most, most_of_tenant): (i64, i64)) -> Result<Option<i32>> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.builds', 0))").execute(&mut *conn).await?;
    sqlx::query_scalar(
        "with others as (select o.tenant_id from deploys o join jobs j on j.id = o.job_id where o.building and o.id <> $1 and j.status = 'running')
         update deploys d set building = true, builds = d.builds + 1
          where d.id = $1 and (select count(*) from others) < $2
            and (select count(*) from others where others.tenant_id = d.tenant_id) < $3
         returning d.builds",
    )
    .bind(id)
    .bind(most)
    .bind(most_of_tenant)
    .fetch_optional(conn)
    .await
}

/// Jobs of a site's deploys that its page does not show any more.
pub(in crate::cloudpods) async fn past_jobs(conn: &mut PgConnection, site: WebsiteId) -> Result<Vec<JobId>> {
    sqlx::query_scalar("select job_id from deploys where website_id = $1 and job_id is not null order by number desc offset 30 limit 30")
        .bind(site)
        .fetch_all(conn)
        .await
}

/// Whether a deploy of this site goes on: it reads the site's source, which is not to change meanwhile.
pub(in crate::cloudpods) async fn is_deploying(conn: &mut PgConnection, site: WebsiteId) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from deploys d join jobs j on j.id = d.job_id
                         where d.website_id = $1 and j.status in ('queued', 'running', 'unwinding'))",
    )
    .bind(site)
    .fetch_one(conn)
    .await
}

/// Whether what a deploy makes live is on its server.
pub(in crate::cloudpods) async fn is_on_server(conn: &mut PgConnection, deploy: DeployId) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from deploys d join deploys built on built.website_id = d.website_id and built.release = d.release
                         where d.id = $1 and built.trigger <> 'ROLLBACK' and built.is_on_disk)",
    )
    .bind(deploy)
    .fetch_one(conn)
    .await
}
