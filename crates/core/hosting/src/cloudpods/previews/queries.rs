//! Statements of previews.

use engine::{
    reconcile::{OBJECTS_PER_PAGE, Object},
    secrets::{SealedRow, SealedTable},
};
use model::{
    Time,
    hosting::websites::{SiteConfig, SiteStatus},
    ids::{CloudPodId, JobId, TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result, types::Json};
use uuid::Uuid;

/// A preview that is asked for; its site is stored already.
pub(super) struct NewPreview<'a> {
    pub(super) id: WebsiteId,
    pub(super) tenant: TenantId,
    pub(super) of: WebsiteId,
    pub(super) branch: &'a str,
    pub(super) config: &'a SiteConfig,
    pub(super) sealed_password: &'a [u8],
    pub(super) created_by: &'a str,
    pub(super) expires_at: Time,
}

/// Stores it, with a push that waits until it is made.
pub(super) async fn insert(conn: &mut PgConnection, new: &NewPreview<'_>, now: Time) -> Result<()> {
    sqlx::query(
        "with site as (update websites set preview_of = $3, config = $5 where id = $1)
         insert into site_previews (website_id, tenant_id, branch, sealed_password, created_by, expires_at, pushed_at, pushed_commit, created_at)
         values ($1, $2, $4, $6, $7, $8, $9, 'unknown', $9)",
    )
    .bind(new.id)
    .bind(new.tenant)
    .bind(new.of)
    .bind(new.branch)
    .bind(Json(new.config))
    .bind(new.sealed_password)
    .bind(new.created_by)
    .bind(new.expires_at)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Branches of a site's previews that are not deleted.
pub(super) async fn branches(conn: &mut PgConnection, site: WebsiteId) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "select v.branch from websites w join site_previews v on v.tenant_id = w.tenant_id and v.website_id = w.id
          where w.preview_of = $1 and w.status <> 'DELETED' order by w.id limit 100",
    )
    .bind(site)
    .fetch_all(conn)
    .await
}

/// Ids of a site's previews that are not deleted.
pub(super) async fn ids(conn: &mut PgConnection, site: WebsiteId) -> Result<Vec<WebsiteId>> {
    sqlx::query_scalar(
        "select w.id from websites w join site_previews v on v.tenant_id = w.tenant_id and v.website_id = w.id
          where w.preview_of = $1 and w.status <> 'DELETED' order by w.id limit 100",
    )
    .bind(site)
    .fetch_all(conn)
    .await
}

/// When a preview is deleted. Other sites have no such time.
pub(super) async fn set_expiry(conn: &mut PgConnection, preview: WebsiteId, at: Time) -> Result<()> {
    sqlx::query("update site_previews set expires_at = $2 where website_id = $1").bind(preview).bind(at).execute(conn).await?;
    Ok(())
}

/// Its branch is deleted: it goes now, and nothing is deployed to it before.
pub(super) async fn end(conn: &mut PgConnection, preview: WebsiteId, now: Time) -> Result<()> {
    let set = sqlx::query("update site_previews set expires_at = $2, pushed_at = null, pushed_commit = null where website_id = $1");
    set.bind(preview).bind(now).execute(conn).await?;
    Ok(())
}

/// A preview that follows the pushes of a site.
#[derive(sqlx::FromRow)]
pub(super) struct Followed {
    pub(super) id: WebsiteId,
    pub(super) branch: String,
    /// The commit that was asked for last, by a push that waits or a deploy that did not fail.
    pub(super) last: Option<String>,
}

pub(super) async fn followed(conn: &mut PgConnection, site: WebsiteId) -> Result<Vec<Followed>> {
    sqlx::query_as(
        "select w.id, v.branch,
                coalesce(v.pushed_commit, (select d.commit from deploys d left join jobs j on j.id = d.job_id
                                            where d.tenant_id = w.tenant_id and d.website_id = w.id
                                              and d.trigger <> 'ROLLBACK' and d.status <> 'FAILED'
                                              and (d.status = 'SUCCEEDED' or j.cancel_requested_at is null)
                                            order by d.number desc limit 1)) as last
           from websites w join site_previews v on v.tenant_id = w.tenant_id and v.website_id = w.id
          where w.preview_of = $1 and w.status not in ('DELETING', 'DELETED') order by w.id limit 100",
    )
    .bind(site)
    .fetch_all(conn)
    .await
}

/// A push waits for its deploy; the preview stays until then.
pub(super) async fn set_push(conn: &mut PgConnection, preview: WebsiteId, commit: &str, now: Time, expires_at: Time) -> Result<()> {
    sqlx::query("update site_previews set pushed_at = $3, pushed_commit = $2, expires_at = $4 where website_id = $1")
        .bind(preview)
        .bind(commit)
        .bind(now)
        .bind(expires_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether a site is a preview with a push that waits.
pub(super) async fn has_push(conn: &mut PgConnection, site: WebsiteId) -> Result<bool> {
    sqlx::query_scalar("select exists (select from site_previews where website_id = $1 and pushed_at is not null)").bind(site).fetch_one(conn).await
}

/// Previews behind this key.
pub(super) async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select website_id as key, null::uuid as server from site_previews where $1::uuid is null or website_id > $1 order by website_id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// A preview, as whether it stays is decided.
#[derive(sqlx::FromRow)]
pub(super) struct Preview {
    pub(super) tenant: TenantId,
    pub(super) pod: CloudPodId,
    pub(super) domain: String,
    pub(super) status: SiteStatus,
    pub(super) expires_at: Time,
    /// Its site is deleted, or is being deleted.
    pub(super) is_orphan: bool,
}

pub(super) async fn preview(conn: &mut PgConnection, id: WebsiteId) -> Result<Option<Preview>> {
    sqlx::query_as(
        "select w.tenant_id as tenant, w.cloud_pod_id as pod, coalesce(d.domain, w.name) as domain, w.status, v.expires_at,
                m.status in ('DELETING', 'DELETED') as is_orphan
           from site_previews v join websites w on w.tenant_id = v.tenant_id and w.id = v.website_id
           join websites m on m.tenant_id = w.tenant_id and m.id = w.preview_of
           left join lateral (select domain from site_domains where tenant_id = w.tenant_id and website_id = w.id and released_at is null
                               order by position limit 1) d on true
          where v.website_id = $1 and w.status <> 'DELETED'",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// Whether the deletion of this preview was tried since then.
pub(super) async fn is_tried(conn: &mut PgConnection, (pod, preview): (CloudPodId, WebsiteId), kind: &str, since: Time) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from jobs where subject_kind = 'cloud_pod' and subject_id = $1 and kind = $3 and payload ->> 'site' = $2 and created_at > $4)",
    )
    .bind(pod)
    .bind(preview.to_string())
    .bind(kind)
    .bind(since)
    .fetch_one(conn)
    .await
}

/// A preview in the list of its site.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: WebsiteId,
    pub(super) branch: String,
    pub(super) domain: String,
    pub(super) status: SiteStatus,
    pub(super) is_deployed: bool,
    pub(super) has_push: bool,
    pub(super) job: Option<JobId>,
    pub(super) created_by: String,
    pub(super) expires_at: Time,
}

pub(super) async fn rows(conn: &mut PgConnection, site: WebsiteId) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select w.id, v.branch, coalesce(d.domain, w.name) as domain, w.status, w.config -> 'release' is not null as is_deployed,
                v.pushed_at is not null as has_push, v.created_by, v.expires_at,
                (select id from jobs where subject_kind = 'cloud_pod' and subject_id = w.cloud_pod_id and payload ->> 'site' = w.id::text
                  order by id desc limit 1) as job
           from websites w join site_previews v on v.tenant_id = w.tenant_id and v.website_id = w.id
           left join lateral (select domain from site_domains where tenant_id = w.tenant_id and website_id = w.id and released_at is null
                               order by position limit 1) d on true
          where w.preview_of = $1 and w.status <> 'DELETED' order by w.id limit 100",
    )
    .bind(site)
    .fetch_all(conn)
    .await
}

/// The sealed password of a preview of an account, with its name.
pub(super) async fn password(conn: &mut PgConnection, tenant: TenantId, preview: WebsiteId) -> Result<Option<(Vec<u8>, String)>> {
    sqlx::query_as(
        "select v.sealed_password, coalesce(d.domain, w.name)
           from websites w join site_previews v on v.tenant_id = w.tenant_id and v.website_id = w.id
           left join lateral (select domain from site_domains where tenant_id = w.tenant_id and website_id = w.id and released_at is null
                               order by position limit 1) d on true
          where w.tenant_id = $1 and w.id = $2 and w.status <> 'DELETED'",
    )
    .bind(tenant)
    .bind(preview)
    .fetch_optional(conn)
    .await
}

/// Passwords of previews.
pub(super) struct SealedPasswords;

impl SealedTable for SealedPasswords {
    type Key = WebsiteId;

    async fn rows(conn: &mut PgConnection, after: Option<WebsiteId>) -> Result<Vec<SealedRow<WebsiteId>>> {
        sqlx::query_as(
            "select website_id, array[sealed_password] from site_previews where ($1::uuid is null or website_id > $1)
              order by website_id limit 500 for update",
        )
        .bind(after)
        .fetch_all(conn)
        .await
    }

    async fn store(conn: &mut PgConnection, preview: &WebsiteId, sealed: &[Option<Vec<u8>>]) -> Result<()> {
        sqlx::query("update site_previews set sealed_password = ($2::bytea[])[1] where website_id = $1")
            .bind(preview)
            .bind(sealed)
            .execute(conn)
            .await?;
        Ok(())
    }
}
