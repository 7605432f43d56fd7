//! Statements of deploys.

use super::change::New;
use model::{
    Time,
    hosting::{
        deploys::{DeployTrigger, SiteRelease},
        websites::SiteConfig,
    },
    ids::{CloudPodId, DeployId, JobId, TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result, types::Json};

/// The number of a site's next deploy.
pub(super) async fn next_number(conn: &mut PgConnection, site: WebsiteId) -> Result<i32> {
    sqlx::query_scalar("select coalesce(max(number), 0) + 1 from deploys where website_id = $1").bind(site).fetch_one(conn).await
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    (id, tenant, site): (DeployId, TenantId, WebsiteId),
    new: &New<'_>,
    started_by: &str,
    now: Time,
) -> Result<()> {
    sqlx::query(
        "insert into deploys (id, tenant_id, website_id, number, release, trigger, status, config, started_by, commit, subject, created_at, settings, upload)
         values ($1, $2, $3, $4, $5, $6, 'QUEUED', $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(id)
    .bind(tenant)
    .bind(site)
    .bind(new.number)
    .bind(new.release)
    .bind(new.trigger)
    .bind(Json(&new.config))
    .bind(started_by)
    .bind(new.commit)
    .bind(new.subject)
    .bind(now)
    .bind(new.settings.as_ref().map(Json))
    .bind(new.upload.as_ref().map(Json))
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn set_job(conn: &mut PgConnection, id: DeployId, job: JobId) -> Result<()> {
    sqlx::query("update deploys set job_id = $2 where id = $1").bind(id).bind(job).execute(conn).await?;
    Ok(())
}

/// The site of a deploy of this account.
pub(super) async fn site_of(conn: &mut PgConnection, tenant: TenantId, id: DeployId) -> Result<Option<WebsiteId>> {
    sqlx::query_scalar("select website_id from deploys where tenant_id = $1 and id = $2").bind(tenant).bind(id).fetch_optional(conn).await
}

/// A release that is on its server.
#[derive(sqlx::FromRow)]
pub(super) struct Built {
    pub(super) release: i32,
    pub(super) config: Json<SiteRelease>,
    pub(super) commit: Option<String>,
    pub(super) subject: Option<String>,
    /// What it was live with; nothing where that was not kept.
    pub(super) settings: Option<Json<SiteConfig>>,
}

/// The release that a deploy has built, if it was live once and is on the server.
pub(super) async fn release_of(conn: &mut PgConnection, id: DeployId) -> Result<Option<Built>> {
    sqlx::query_as(
        "select release, config, commit, subject, settings from deploys where id = $1 and trigger <> 'ROLLBACK' and status = 'SUCCEEDED' and is_on_disk",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// A deploy as its job needs it.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods) struct Deploy {
    pub(in crate::cloudpods) number: i32,
    pub(in crate::cloudpods) trigger: DeployTrigger,
    pub(in crate::cloudpods) config: Json<SiteRelease>,
    pub(in crate::cloudpods) commit: Option<String>,
    /// What a rollback brings back beside the code.
    pub(in crate::cloudpods) settings: Option<Json<SiteConfig>>,
}

pub(in crate::cloudpods) async fn deploy(conn: &mut PgConnection, id: DeployId) -> Result<Option<Deploy>> {
    sqlx::query_as("select number, trigger, config, commit, settings from deploys where id = $1").bind(id).fetch_optional(conn).await
}

/// Its job is at work, also when it is begun again.
pub(in crate::cloudpods) async fn set_running(conn: &mut PgConnection, id: DeployId) -> Result<()> {
    sqlx::query("update deploys set status = 'RUNNING', finished_at = null where id = $1 and status <> 'SUCCEEDED'").bind(id).execute(conn).await?;
    Ok(())
}

/// It was taken back.
pub(in crate::cloudpods) async fn set_failed(conn: &mut PgConnection, id: DeployId, now: Time) -> Result<()> {
    sqlx::query(
        "update deploys set status = 'FAILED', finished_at = $2, is_on_disk = false, building = false, waits_since = null
          where id = $1 and status <> 'SUCCEEDED'",
    )
    .bind(id)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Its release is on the server.
pub(in crate::cloudpods) async fn set_built(conn: &mut PgConnection, id: DeployId, commit: &str, subject: &str) -> Result<()> {
    sqlx::query("update deploys set commit = $2, subject = $3, is_on_disk = true, building = false where id = $1")
        .bind(id)
        .bind(commit)
        .bind(subject)
        .execute(conn)
        .await?;
    Ok(())
}

/// Its release is live. Answers whether that is news.
pub(in crate::cloudpods) async fn set_succeeded(conn: &mut PgConnection, id: DeployId, now: Time) -> Result<bool> {
    let set = sqlx::query("update deploys set status = 'SUCCEEDED', finished_at = $2 where id = $1 and status <> 'SUCCEEDED'");
    Ok(set.bind(id).bind(now).execute(conn).await?.rows_affected() == 1)
}

/// Keeps what the release of a deploy that was built is live with.
pub(in crate::cloudpods) async fn set_settings(conn: &mut PgConnection, id: DeployId, settings: &SiteConfig) -> Result<()> {
    sqlx::query("update deploys set settings = $2 where id = $1").bind(id).bind(Json(settings)).execute(conn).await?;
    Ok(())
}

/// Keeps what a release was live with in the end: rolled back or forward to, it comes back so.
pub(in crate::cloudpods) async fn keep_settings(conn: &mut PgConnection, site: WebsiteId, release: &str, settings: &SiteConfig) -> Result<()> {
    sqlx::query("update deploys set settings = $3 where website_id = $1 and 'r' || release = $2 and trigger <> 'ROLLBACK'")
        .bind(site)
        .bind(release)
        .bind(Json(settings))
        .execute(conn)
        .await?;
    Ok(())
}

/// Says of all releases but the live one and the newest that were live that they are not on the server any more. Answers with those that stay.
pub(in crate::cloudpods) async fn keep_newest(conn: &mut PgConnection, site: WebsiteId, count: i64) -> Result<Vec<i32>> {
    sqlx::query_scalar(
        "with stays as (select release from deploys where website_id = $1 and trigger <> 'ROLLBACK' and status = 'SUCCEEDED' and is_on_disk
                         order by number desc limit $2),
              kept as (select release from stays
                       union select substr(config -> 'release' ->> 'name', 2)::integer from websites where id = $1 and config -> 'release' ->> 'name' is not null),
              gone as (update deploys set is_on_disk = false
                        where website_id = $1 and is_on_disk and trigger <> 'ROLLBACK' and release not in (select release from kept))
         select release from kept order by release",
    )
    .bind(site)
    .bind(count)
    .fetch_all(conn)
    .await
}

/// Nothing of a deleted site's source is left.
pub(in crate::cloudpods) async fn forget(conn: &mut PgConnection, site: WebsiteId) -> Result<()> {
    sqlx::query(
        "with previews as (delete from site_previews where website_id = $1)
         delete from site_sources where website_id = $1",
    )
    .bind(site)
    .execute(&mut *conn)
    .await?;
    sqlx::query("update deploys set is_on_disk = false where website_id = $1 and is_on_disk").bind(site).execute(conn).await?;
    Ok(())
}

/// The same for all sites of a deleted pod.
pub(in crate::cloudpods) async fn forget_pod(conn: &mut PgConnection, pod: CloudPodId) -> Result<()> {
    sqlx::query(
        "with previews as (delete from site_previews v using websites w where w.id = v.website_id and w.tenant_id = v.tenant_id and w.cloud_pod_id = $1)
         delete from site_sources s using websites w where w.id = s.website_id and w.tenant_id = s.tenant_id and w.cloud_pod_id = $1",
    )
    .bind(pod)
    .execute(conn)
    .await?;
    Ok(())
}
