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

/// When the last deploy of a push or of a new commit ended that a pod has had since then.
pub(in crate::cloudpods) async fn unasked_ended(conn: &mut PgConnection, pod: CloudPodId, since: Time) -> Result<Option<Time>> {
    sqlx::query_scalar(
        "select max(coalesce(j.finished_at, d.finished_at))
           from websites w join deploys d on d.tenant_id = w.tenant_id and d.website_id = w.id join jobs j on j.id = d.job_id
          where w.cloud_pod_id = $1 and d.trigger in ('PUSH', 'POLL') and coalesce(j.finished_at, d.finished_at) > $2",
    )
    .bind(pod)
    .bind(since)
    .fetch_one(conn)
    .await
}

/// Takes a place among the builds: nothing where so many others are built at this moment, in all or of its account, or wait for the places that are
/// left; otherwise how often it was begun. Those of the account with the fewest come first, and of these whoever has waited longest. A place is held
/// while its job is at work.
pub(in crate::cloudpods) async fn begin_build(
    conn: &mut PgConnection,
    id: DeployId,
    now: Time,
    (most, most_of_tenant): (i64, i64),
) -> Result<Option<i32>> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.builds', 0))").execute(&mut *conn).await?;
    sqlx::query("update deploys set waits_since = coalesce(waits_since, $2) where id = $1").bind(id).bind(now).execute(&mut *conn).await?;
    sqlx::query_scalar(
        "with built as (select o.tenant_id from deploys o join jobs j on j.id = o.job_id where o.building and o.id <> $1 and j.status = 'running'),
              waiting as (
                select o.id, o.waits_since,
                       (select count(*) from built where built.tenant_id = o.tenant_id)
                         + row_number() over (partition by o.tenant_id order by o.waits_since, o.id) - 1 as ahead
                  from deploys o left join jobs j on j.id = o.job_id
                 where o.waits_since is not null
                   and (o.id = $1 or (j.status in ('queued', 'running') and j.cancel_requested_at is null))),
              own as (select * from waiting where id = $1)
         update deploys d set building = true, builds = d.builds + 1, waits_since = null
           from own
          where d.id = $1 and own.ahead < $3
            and (select count(*) from built)
                + (select count(*) from waiting w where w.ahead < $3 and (w.ahead, w.waits_since, w.id) < (own.ahead, own.waits_since, own.id)) < $2
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

/// Whether a deploy of this site or of one of its previews goes on: it reads the site's source, which is not to change meanwhile.
pub(in crate::cloudpods) async fn is_deploying(conn: &mut PgConnection, site: WebsiteId) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from websites w join deploys d on d.tenant_id = w.tenant_id and d.website_id = w.id join jobs j on j.id = d.job_id
                         where (w.id = $1 or w.preview_of = $1) and j.status in ('queued', 'running', 'unwinding'))",
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
