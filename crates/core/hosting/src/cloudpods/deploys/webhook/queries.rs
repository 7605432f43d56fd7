//! Statements of webhooks, of pushes that wait, and of wrong messages.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    ids::{TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Gives a site's webhook another secret. False for a site without a source.
pub(in crate::cloudpods::deploys) async fn set_webhook(conn: &mut PgConnection, site: WebsiteId, sealed: &[u8], now: Time) -> Result<bool> {
    let set = sqlx::query("update site_sources set sealed_webhook = $2, webhook_at = $3 where website_id = $1");
    Ok(set.bind(site).bind(sealed).bind(now).execute(conn).await?.rows_affected() == 1)
}

/// Takes the secret of a site's webhook away, with a push that waits, also to its previews: but for the first deploy of one, which no push has asked
/// for. False where there is none.
pub(in crate::cloudpods::deploys) async fn delete_webhook(conn: &mut PgConnection, site: WebsiteId) -> Result<bool> {
    let set = sqlx::query(
        "with of_previews as (
           update site_previews v set pushed_at = null, pushed_commit = null from websites w
            where w.preview_of = $1 and v.tenant_id = w.tenant_id and v.website_id = w.id
              and exists (select from deploys d where d.tenant_id = w.tenant_id and d.website_id = w.id))
         update site_sources set sealed_webhook = null, webhook_at = null, pushed_at = null, pushed_commit = null
          where website_id = $1 and sealed_webhook is not null",
    );
    Ok(set.bind(site).execute(conn).await?.rows_affected() == 1)
}

/// What a push is compared with.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods::deploys) struct Webhook {
    pub(in crate::cloudpods::deploys) tenant: TenantId,
    pub(in crate::cloudpods::deploys) sealed: Vec<u8>,
    pub(in crate::cloudpods::deploys) branch: String,
    /// The commit that was asked for last, by a push that waits or a deploy that did not fail.
    pub(in crate::cloudpods::deploys) last: Option<String>,
}

pub(in crate::cloudpods::deploys) async fn webhook(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<Webhook>> {
    sqlx::query_as(
        "select s.tenant_id as tenant, s.sealed_webhook as sealed, s.branch,
                coalesce(s.pushed_commit, (select d.commit from deploys d left join jobs j on j.id = d.job_id
                                            where d.tenant_id = s.tenant_id and d.website_id = s.website_id
                                              and d.trigger <> 'ROLLBACK' and d.status <> 'FAILED'
                                              and (d.status = 'SUCCEEDED' or j.cancel_requested_at is null)
                                            order by d.number desc limit 1)) as last
           from site_sources s where s.website_id = $1 and s.sealed_webhook is not null",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// A push waits for its deploy.
pub(in crate::cloudpods::deploys) async fn set_push(conn: &mut PgConnection, site: WebsiteId, commit: &str, now: Time) -> Result<()> {
    sqlx::query("update site_sources set pushed_at = $3, pushed_commit = $2 where website_id = $1")
        .bind(site)
        .bind(commit)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// A deploy begins that fetches what any push that waits has brought.
pub(in crate::cloudpods::deploys) async fn take_push(conn: &mut PgConnection, site: WebsiteId) -> Result<()> {
    sqlx::query(
        "with of_preview as (update site_previews set pushed_at = null, pushed_commit = null where website_id = $1)
         update site_sources set pushed_at = null, pushed_commit = null where website_id = $1",
    )
    .bind(site)
    .execute(conn)
    .await?;
    Ok(())
}

/// Sites with a push that waits, after this key.
pub(in crate::cloudpods::deploys) async fn pushed_sites(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select key, null::uuid as server
           from (select website_id as key from site_sources where pushed_at is not null
                 union all select website_id from site_previews where pushed_at is not null) pushed
          where $1::uuid is null or key > $1 order by key limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// How many messages of this address to this webhook were refused since then.
pub(in crate::cloudpods::deploys) async fn refused(conn: &mut PgConnection, peer: &str, site: Uuid, since: Time) -> Result<i64> {
    sqlx::query_scalar("select coalesce(sum(refused), 0) from push_refusals where peer = $1 and site = $2 and since > $3")
        .bind(peer)
        .bind(site)
        .bind(since)
        .fetch_one(conn)
        .await
}

/// Counts one more. False where the address has had so many of all webhooks, whose numbers are forgotten after an hour.
pub(in crate::cloudpods::deploys) async fn count_refused(
    conn: &mut PgConnection,
    (peer, site): (&str, Uuid),
    (now, since): (Time, Time),
    most: i64,
) -> Result<bool> {
    sqlx::query("delete from push_refusals where since <= $1").bind(since).execute(&mut *conn).await?;
    let counted = sqlx::query(
        "insert into push_refusals as p (peer, site, since, refused)
         select $1, $2, $3, 1 where (select coalesce(sum(refused), 0) from push_refusals where peer = $1) < $4
         on conflict (peer, site) do update set refused = p.refused + 1",
    );
    Ok(counted.bind(peer).bind(site).bind(now).bind(most).execute(conn).await?.rows_affected() == 1)
}
