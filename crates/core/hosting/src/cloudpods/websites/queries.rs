//! Statements of sites that are made, changed and deleted.

use model::{
    Time,
    administration::servers::Capability,
    hosting::{
        cloudpods::{PodStatus, Runtime, Stack},
        websites::{SiteConfig, SiteStatus, WebsiteName},
    },
    ids::{CloudPodId, JobId, TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result, types::Json};
use uuid::Uuid;

/// A site that is asked for.
pub(in crate::cloudpods) struct NewSite<'a> {
    pub(in crate::cloudpods) id: WebsiteId,
    pub(in crate::cloudpods) tenant: TenantId,
    pub(in crate::cloudpods) pod: CloudPodId,
    pub(in crate::cloudpods) name: &'a str,
    pub(in crate::cloudpods) title: &'a str,
    pub(in crate::cloudpods) stack: Stack,
    pub(in crate::cloudpods) runtime: Option<Runtime>,
    pub(in crate::cloudpods) database: Option<Uuid>,
}

pub(in crate::cloudpods) async fn insert(conn: &mut PgConnection, site: &NewSite<'_>, domain: &str, now: Time) -> Result<()> {
    sqlx::query(
        "insert into websites (id, tenant_id, cloud_pod_id, name, title, stack, runtime_version, database_id, status, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'REQUESTED', $9)",
    )
    .bind(site.id)
    .bind(site.tenant)
    .bind(site.pod)
    .bind(site.name)
    .bind(site.title)
    .bind(site.stack)
    .bind(site.runtime)
    .bind(site.database)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    sqlx::query("insert into site_domains (id, tenant_id, website_id, domain, position, created_at) values ($1, $2, $3, $4, 0, $5)")
        .bind(Uuid::now_v7())
        .bind(site.tenant)
        .bind(site.id)
        .bind(domain)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether the pod is this account's.
pub(super) async fn is_pod_of(conn: &mut PgConnection, tenant: TenantId, pod: CloudPodId) -> Result<bool> {
    sqlx::query_scalar("select exists (select from cloud_pods where tenant_id = $1 and id = $2)").bind(tenant).bind(pod).fetch_one(conn).await
}

/// How many sites a pod has beside the previews of their branches, those that could not be made included.
pub(in crate::cloudpods) async fn count(conn: &mut PgConnection, pod: CloudPodId) -> Result<i64> {
    sqlx::query_scalar("select count(*) from websites where cloud_pod_id = $1 and status <> 'DELETED' and preview_of is null")
        .bind(pod)
        .fetch_one(conn)
        .await
}

/// How many sites were asked for in a pod since then beside its first one, those that are deleted included.
pub(in crate::cloudpods) async fn count_since(conn: &mut PgConnection, pod: CloudPodId, since: Time) -> Result<i64> {
    sqlx::query_scalar(
        "select count(*) from websites w
          where w.cloud_pod_id = $1 and w.created_at > $2
            and w.id <> (select id from websites where cloud_pod_id = $1 order by created_at, id limit 1)",
    )
    .bind(pod)
    .bind(since)
    .fetch_one(conn)
    .await
}

/// Names within the pod of all sites that it ever had.
pub(super) async fn names(conn: &mut PgConnection, pod: CloudPodId) -> Result<Vec<String>> {
    sqlx::query_scalar("select name from websites where cloud_pod_id = $1").bind(pod).fetch_all(conn).await
}

/// Whether the pod's server can carry this.
pub(super) async fn has_capability(conn: &mut PgConnection, pod: CloudPodId, capability: Capability) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from cloud_pods p join server_capabilities c on c.server_id = p.server_id
                         where p.id = $1 and c.capability = $2 and c.ready)",
    )
    .bind(pod)
    .bind(capability)
    .fetch_one(conn)
    .await
}

/// A site of an account that is not deleted.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods) struct SiteRow {
    pub(super) pod: CloudPodId,
    pub(super) status: SiteStatus,
    pub(super) domain: String,
    pub(super) config: Json<SiteConfig>,
}

pub(in crate::cloudpods) async fn site_row(conn: &mut PgConnection, tenant: TenantId, site: WebsiteId) -> Result<Option<SiteRow>> {
    sqlx::query_as(
        "select w.cloud_pod_id as pod, w.status, w.config, coalesce(d.domain, w.name) as domain
           from websites w
           left join lateral (select domain from site_domains where tenant_id = w.tenant_id and website_id = w.id and released_at is null
                               order by position limit 1) d on true
          where w.tenant_id = $1 and w.id = $2 and w.status <> 'DELETED'",
    )
    .bind(tenant)
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// Whether this name leads to another site of the same pod.
pub(super) async fn is_name_beside(conn: &mut PgConnection, tenant: TenantId, site: WebsiteId, name: &str) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from websites w
                          join websites other on other.tenant_id = w.tenant_id and other.cloud_pod_id = w.cloud_pod_id and other.id <> w.id
                          join site_domains d on d.tenant_id = other.tenant_id and d.website_id = other.id and d.released_at is null and d.domain = $3
                         where w.tenant_id = $1 and w.id = $2)",
    )
    .bind(tenant)
    .bind(site)
    .bind(name)
    .fetch_one(conn)
    .await
}

/// What a site is to be set to by its next job.
pub(in crate::cloudpods) async fn set_next(conn: &mut PgConnection, site: WebsiteId, config: &SiteConfig) -> Result<()> {
    sqlx::query("update websites set next_config = $2, next_runtime = null where id = $1").bind(site).bind(Json(config)).execute(conn).await?;
    Ok(())
}

/// What a site is set to, as it was seen to work.
pub(in crate::cloudpods) async fn config(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<Json<SiteConfig>>> {
    sqlx::query_scalar("select config from websites where id = $1 and status = 'ACTIVE'").bind(site).fetch_optional(conn).await
}

/// What a site is set to, with the version of its language, as it was seen to work.
pub(in crate::cloudpods) async fn live(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<(Json<SiteConfig>, Option<Runtime>)>> {
    sqlx::query_as("select config, runtime_version from websites where id = $1 and status = 'ACTIVE'").bind(site).fetch_optional(conn).await
}

/// Whether the server is given what was asked for last, instead of what was seen to work.
pub(in crate::cloudpods) async fn set_changing(conn: &mut PgConnection, site: WebsiteId, is_changing: bool) -> Result<()> {
    sqlx::query("update websites set is_changing = $2 and next_config is not null where id = $1").bind(site).bind(is_changing).execute(conn).await?;
    Ok(())
}

/// What was asked for was seen to work. Answers with it, if that is news.
pub(in crate::cloudpods) async fn commit_next_config(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<Json<SiteConfig>>> {
    sqlx::query_scalar(
        "with asked as (select id, next_config from websites where id = $1 and is_changing)
         update websites w
            set config = w.next_config - 'runtime', runtime_version = coalesce(w.next_config ->> 'runtime', w.runtime_version),
                runtime = coalesce(w.next_runtime, w.runtime), next_config = null, next_runtime = null, is_changing = false
           from asked where w.id = asked.id returning asked.next_config",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// How far a site is.
pub(in crate::cloudpods) async fn set_status(conn: &mut PgConnection, site: WebsiteId, status: SiteStatus) -> Result<()> {
    sqlx::query("update websites set status = $2 where id = $1 and status <> 'DELETED'").bind(site).bind(status).execute(conn).await?;
    Ok(())
}

/// Its job makes it. Answers whether it can: one that is being deleted, or is made, stays as it is.
pub(in crate::cloudpods) async fn set_creating(conn: &mut PgConnection, site: WebsiteId) -> Result<bool> {
    let set = sqlx::query("update websites set status = 'CREATING' where id = $1 and status in ('REQUESTED', 'FAILED', 'CREATING')");
    Ok(set.bind(site).execute(conn).await?.rows_affected() == 1)
}

/// It could not be made, or its job has failed after it was. Answers whether that is so: one that is being deleted stays.
pub(in crate::cloudpods) async fn set_failed(conn: &mut PgConnection, site: WebsiteId) -> Result<bool> {
    let set = sqlx::query("update websites set status = 'FAILED' where id = $1 and status not in ('DELETING', 'DELETED')");
    Ok(set.bind(site).execute(conn).await?.rows_affected() == 1)
}

/// It was seen to respond. Answers whether that is news.
pub(in crate::cloudpods) async fn set_active(conn: &mut PgConnection, site: WebsiteId) -> Result<bool> {
    let made = sqlx::query("update websites set status = 'ACTIVE' where id = $1 and status = 'CREATING'").bind(site).execute(conn).await?;
    Ok(made.rows_affected() == 1)
}

/// What a job needs of a site that is not on its server.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods) struct StoredSite {
    pub(in crate::cloudpods) name: String,
    pub(in crate::cloudpods) status: SiteStatus,
    pub(in crate::cloudpods) database: Option<String>,
    /// The main one first.
    pub(in crate::cloudpods) domains: Vec<String>,
}

pub(in crate::cloudpods) async fn stored_site(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<StoredSite>> {
    sqlx::query_as(
        "select w.name, w.status, d.name as database,
                array(select s.domain from site_domains s
                       where s.tenant_id = w.tenant_id and s.website_id = w.id and s.released_at is null order by s.position) as domains
           from websites w left join databases d on d.tenant_id = w.tenant_id and d.id = w.database_id where w.id = $1",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// Nothing of it is left: its names are free, and its database is gone. Answers whether that is news.
pub(in crate::cloudpods) async fn set_deleted(conn: &mut PgConnection, site: WebsiteId, now: Time) -> Result<bool> {
    let deleted = sqlx::query("update websites set status = 'DELETED', deleted_at = $2, is_changing = false where id = $1 and status <> 'DELETED'")
        .bind(site)
        .bind(now)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "with gone as (update site_domains d set released_at = $2 from websites w
                        where w.id = $1 and d.tenant_id = w.tenant_id and d.website_id = w.id and d.released_at is null),
              variables as (delete from site_environments e using websites w where w.id = $1 and e.tenant_id = w.tenant_id and e.website_id = w.id),
              runs as (delete from site_job_runs r using websites w where w.id = $1 and r.tenant_id = w.tenant_id and r.website_id = w.id)
         update databases d set removed_at = $2 from websites w
          where w.id = $1 and d.tenant_id = w.tenant_id and d.id = w.database_id and d.removed_at is null",
    )
    .bind(site)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

/// The site that a pod is known by, once the one that had its main domain is deleted.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods) struct PrimarySite {
    pub(in crate::cloudpods) domain: String,
    pub(in crate::cloudpods) title: Option<String>,
    pub(in crate::cloudpods) stack: Stack,
}

/// The oldest site of a pod whose main domain leads to none of its sites; nothing where it does.
pub(in crate::cloudpods) async fn find_new_primary(conn: &mut PgConnection, pod: CloudPodId) -> Result<Option<PrimarySite>> {
    sqlx::query_as(
        "select d.domain, w.title, w.stack
           from cloud_pods p
           join websites w on w.tenant_id = p.tenant_id and w.cloud_pod_id = p.id and w.status in ('CREATING', 'ACTIVE') and w.preview_of is null
           join site_domains d on d.tenant_id = w.tenant_id and d.website_id = w.id and d.released_at is null
          where p.id = $1
            and not exists (select from site_domains m join websites o on o.tenant_id = m.tenant_id and o.id = m.website_id
                             where m.tenant_id = p.tenant_id and o.cloud_pod_id = p.id and m.released_at is null and m.domain = p.primary_domain)
          order by w.created_at, w.id, d.position limit 1",
    )
    .bind(pod)
    .fetch_optional(conn)
    .await
}

pub(in crate::cloudpods) async fn set_primary_site(conn: &mut PgConnection, pod: CloudPodId, first: &PrimarySite, site_url: &str) -> Result<()> {
    sqlx::query("update cloud_pods set primary_domain = $2, site_url = $3, stack = $4, site_title = coalesce($5, site_title) where id = $1")
        .bind(pod)
        .bind(&first.domain)
        .bind(site_url)
        .bind(first.stack)
        .bind(&first.title)
        .execute(conn)
        .await?;
    Ok(())
}

/// A site as pages show it.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: WebsiteId,
    pub(super) cloud_pod_id: CloudPodId,
    pub(super) pod_name: String,
    pub(super) pod_runs: bool,
    pub(super) pod_is_deleted: bool,
    pub(super) tenant_id: TenantId,
    pub(super) tenant_name: String,
    pub(super) domain: String,
    pub(super) title: String,
    pub(super) stack: Stack,
    pub(super) runtime: Option<Runtime>,
    pub(super) status: SiteStatus,
    pub(super) config: Json<SiteConfig>,
    pub(super) sites: i64,
    pub(super) observed_http: Option<i16>,
    pub(super) observed_at: Option<Time>,
    pub(super) asleep_since: Option<Time>,
    pub(super) preview_of: Option<WebsiteId>,
    pub(super) created_at: Time,
}

/// The sites of a pod that are not deleted, the oldest first, without their previews; or one site of it.
pub(super) async fn rows(conn: &mut PgConnection, (pod, site): (Option<CloudPodId>, Option<WebsiteId>)) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select w.id, w.cloud_pod_id, p.name as pod_name, p.status = $3 and p.desired_state = 'RUNNING' as pod_runs,
                p.status = 'DELETED' as pod_is_deleted, w.tenant_id, t.name as tenant_name, coalesce(d.domain, p.primary_domain) as domain,
                coalesce(w.title, nullif(trim(p.site_title), ''), p.primary_domain) as title,
                w.stack, w.runtime_version as runtime, w.status, w.observed_http, w.observed_at, w.asleep_since, w.preview_of, w.created_at,
                w.config || jsonb_build_object('stopped', website_is_stopped(w)) as config,
                (select count(*) from websites o where o.tenant_id = w.tenant_id and o.cloud_pod_id = w.cloud_pod_id
                                                   and o.status in ('CREATING', 'ACTIVE') and o.preview_of is null) as sites
           from websites w join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id join tenants t on t.id = w.tenant_id
           left join lateral (select domain from site_domains where tenant_id = w.tenant_id and website_id = w.id and released_at is null
                               order by position limit 1) d on true
          where w.status <> 'DELETED' and ($1::uuid is null or (w.cloud_pod_id = $1 and w.preview_of is null)) and ($2::uuid is null or w.id = $2)
            and num_nonnulls($1::uuid, $2::uuid) > 0
          order by w.created_at, w.id limit 100",
    )
    .bind(pod)
    .bind(site)
    .bind(PodStatus::Running)
    .fetch_all(conn)
    .await
}

/// What a site is a preview of.
#[derive(sqlx::FromRow)]
pub(super) struct PreviewOfRow {
    pub(super) site: WebsiteId,
    pub(super) title: String,
    pub(super) branch: String,
    pub(super) expires_at: Time,
}

pub(super) async fn preview_of(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<PreviewOfRow>> {
    sqlx::query_as(
        "select m.id as site, coalesce(m.title, nullif(trim(p.site_title), ''), p.primary_domain) as title, v.branch, v.expires_at
           from websites w join site_previews v on v.tenant_id = w.tenant_id and v.website_id = w.id
           join websites m on m.tenant_id = w.tenant_id and m.id = w.preview_of
           join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id where w.id = $1",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// When the sites of a pod sleep: after how many minutes, and whether its owner has a choice.
pub(super) async fn sleep_rule(conn: &mut PgConnection, pod: CloudPodId) -> Result<(Option<i32>, bool)> {
    sqlx::query_as("select sleep_after_minutes, sleep_is_optional from cloud_pod_quotas where cloud_pod_id = $1").bind(pod).fetch_one(conn).await
}

/// The latest job of a pod that is about this site.
pub(super) async fn last_job(conn: &mut PgConnection, pod: CloudPodId, site: WebsiteId) -> Result<Option<JobId>> {
    sqlx::query_scalar(
        "select id from jobs where subject_kind = 'cloud_pod' and subject_id = $1 and payload ->> 'site' = $2 order by id desc limit 1",
    )
    .bind(pod)
    .bind(site.to_string())
    .fetch_optional(conn)
    .await
}

/// Names that lead to a site, the main one first.
pub(super) async fn names_of(conn: &mut PgConnection, site: WebsiteId) -> Result<Vec<WebsiteName>> {
    let found: Vec<(String, bool, bool)> = sqlx::query_as(
        "select d.domain, d.position = min(d.position) over (), d.domain = p.primary_domain
           from site_domains d join websites w on w.tenant_id = d.tenant_id and w.id = d.website_id
           join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id
          where d.website_id = $1 and d.released_at is null order by d.position limit 50",
    )
    .bind(site)
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(|(name, is_main, is_pod_main)| WebsiteName { name, is_main, is_pod_main }).collect())
}
