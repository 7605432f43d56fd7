//! Statements of looks for new commits.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    ids::{TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// How a site's repository is looked at.
#[derive(sqlx::FromRow)]
pub(super) struct Poll {
    pub(super) tenant: TenantId,
    pub(super) minutes: i32,
    pub(super) next_at: Time,
    pub(super) failures: i32,
    pub(super) looked_at: Option<Time>,
    pub(super) result: Option<String>,
}

pub(super) async fn poll(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<Poll>> {
    sqlx::query_as("select tenant_id as tenant, minutes, next_at, failures, looked_at, result from site_polls where website_id = $1")
        .bind(site)
        .fetch_optional(conn)
        .await
}

/// Looks so often from now on.
pub(super) async fn set(conn: &mut PgConnection, (tenant, site): (TenantId, WebsiteId), minutes: i32, now: Time) -> Result<()> {
    sqlx::query(
        "insert into site_polls (website_id, tenant_id, minutes, next_at, created_at) values ($1, $2, $3, $4, $4)
         on conflict (website_id) do update set minutes = excluded.minutes, next_at = excluded.next_at, failures = 0",
    )
    .bind(site)
    .bind(tenant)
    .bind(minutes)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Looks no more. False where it was not looked.
pub(super) async fn delete(conn: &mut PgConnection, site: WebsiteId) -> Result<bool> {
    Ok(sqlx::query("delete from site_polls where website_id = $1").bind(site).execute(conn).await?.rows_affected() == 1)
}

/// What a look has come to, if it was not turned off meanwhile.
pub(super) async fn looked(conn: &mut PgConnection, site: WebsiteId, result: &str, failures: i32, (now, next): (Time, Time)) -> Result<()> {
    sqlx::query("update site_polls set looked_at = $2, result = $3, failures = $4, next_at = $5 where website_id = $1")
        .bind(site)
        .bind(now)
        .bind(result)
        .bind(failures)
        .bind(next)
        .execute(conn)
        .await?;
    Ok(())
}

/// Sites whose repository is looked at, after this key, each with its server.
pub(super) async fn sites(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select l.website_id as key, p.server_id as server
           from site_polls l join websites w on w.tenant_id = l.tenant_id and w.id = l.website_id
           join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id
          where $1::uuid is null or l.website_id > $1 order by l.website_id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// The repository is looked at as soon as may be, as if it had always answered. False where it is not looked at.
pub(super) async fn look_again(conn: &mut PgConnection, site: WebsiteId, now: Time) -> Result<bool> {
    let set = sqlx::query("update site_polls set next_at = $2, failures = 0 where website_id = $1");
    Ok(set.bind(site).bind(now).execute(conn).await?.rows_affected() == 1)
}

/// The commit that was deployed last of a site's branch, or tried; a rollback and an archive are none of it, nor is what was cancelled.
pub(super) async fn last_commit(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<String>> {
    sqlx::query_scalar(
        "select d.commit from deploys d left join jobs j on j.id = d.job_id
          where d.website_id = $1 and d.trigger not in ('ROLLBACK', 'UPLOAD') and d.commit is not null
            and (d.status = 'SUCCEEDED' or j.cancel_requested_at is null)
          order by d.number desc limit 1",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}
