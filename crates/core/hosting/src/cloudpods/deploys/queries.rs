//! Statements of sources and deploys.

use super::change::New;
use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    hosting::{
        cloudpods::Stack,
        deploys::{DeployStatus, DeployTrigger, SiteRelease, SourceInput},
        websites::SiteStatus,
    },
    ids::{CloudPodId, DeployId, JobId, TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result, types::Json};
use uuid::Uuid;

/// Where a site is deployed from, with nothing that is sealed.
#[derive(sqlx::FromRow)]
pub(super) struct Source {
    pub(super) tenant: TenantId,
    #[sqlx(flatten)]
    typed: Typed,
    pub(super) pushed_commit: Option<String>,
}

/// As it was typed.
#[derive(sqlx::FromRow)]
struct Typed {
    remote: String,
    branch: String,
    folder: String,
    build_command: String,
    publish: String,
    start_file: String,
    shared: String,
}

impl From<Typed> for SourceInput {
    fn from(typed: Typed) -> Self {
        let Typed { remote, branch, folder, build_command, publish, start_file, shared } = typed;
        Self { remote, branch, folder, build_command, publish, start_file, shared }
    }
}

impl Source {
    pub(super) fn input(self) -> SourceInput {
        self.typed.into()
    }

    pub(super) fn has_push(&self) -> bool {
        self.pushed_commit.is_some()
    }
}

pub(super) async fn source(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<Source>> {
    sqlx::query_as(
        "select tenant_id as tenant, remote, branch, folder, build_command, publish, start_file, shared, pushed_commit
           from site_sources where website_id = $1",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}

pub(super) async fn insert_source(
    conn: &mut PgConnection,
    (tenant, site): (TenantId, WebsiteId),
    input: &SourceInput,
    (public, sealed): (&str, &[u8]),
    now: Time,
) -> Result<()> {
    sqlx::query(
        "insert into site_sources (website_id, tenant_id, remote, branch, folder, build_command, publish, start_file, shared, deploy_key, sealed_key,
                                   created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(site)
    .bind(tenant)
    .bind(&input.remote)
    .bind(&input.branch)
    .bind(&input.folder)
    .bind(&input.build_command)
    .bind(&input.publish)
    .bind(&input.start_file)
    .bind(&input.shared)
    .bind(public)
    .bind(sealed)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Another source; the host keys of another host are forgotten.
pub(super) async fn update_source(conn: &mut PgConnection, site: WebsiteId, input: &SourceInput, keeps_host: bool) -> Result<()> {
    sqlx::query(
        "update site_sources
            set remote = $2, branch = $3, folder = $4, build_command = $5, publish = $6, start_file = $7, shared = $8,
                host_keys = case when $9 then host_keys end, pushed_at = null, pushed_commit = null
          where website_id = $1",
    )
    .bind(site)
    .bind(&input.remote)
    .bind(&input.branch)
    .bind(&input.folder)
    .bind(&input.build_command)
    .bind(&input.publish)
    .bind(&input.start_file)
    .bind(&input.shared)
    .bind(keeps_host)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the host keys of a site's repository. False where none are known.
pub(super) async fn forget_host_keys(conn: &mut PgConnection, site: WebsiteId) -> Result<bool> {
    let set = sqlx::query("update site_sources set host_keys = null where website_id = $1 and host_keys is not null");
    Ok(set.bind(site).execute(conn).await?.rows_affected() == 1)
}

/// Pins the host keys that this repository's server has shown, where none are pinned.
pub(in crate::cloudpods) async fn pin_host_keys(conn: &mut PgConnection, site: WebsiteId, remote: &str, keys: &str) -> Result<()> {
    sqlx::query("update site_sources set host_keys = $3 where website_id = $1 and remote = $2 and host_keys is null")
        .bind(site)
        .bind(remote)
        .bind(keys)
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives a site's webhook another secret. False for a site without a source.
pub(super) async fn set_webhook(conn: &mut PgConnection, site: WebsiteId, sealed: &[u8], now: Time) -> Result<bool> {
    let set = sqlx::query("update site_sources set sealed_webhook = $2, webhook_at = $3 where website_id = $1");
    Ok(set.bind(site).bind(sealed).bind(now).execute(conn).await?.rows_affected() == 1)
}

/// What a push is compared with.
#[derive(sqlx::FromRow)]
pub(super) struct Webhook {
    pub(super) sealed: Vec<u8>,
    pub(super) branch: String,
    /// The commit that was asked for last, by a push that waits or a deploy that did not fail.
    pub(super) last: Option<String>,
}

pub(super) async fn webhook(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<Webhook>> {
    sqlx::query_as(
        "select s.sealed_webhook as sealed, s.branch,
                coalesce(s.pushed_commit, (select d.commit from deploys d where d.tenant_id = s.tenant_id and d.website_id = s.website_id
                                              and d.trigger <> 'ROLLBACK' and d.status <> 'FAILED' order by d.number desc limit 1)) as last
           from site_sources s where s.website_id = $1 and s.sealed_webhook is not null",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// Counts a push. False where there were too many in an hour.
pub(super) async fn count_push(conn: &mut PgConnection, site: WebsiteId, now: Time, since: Time, most: i32) -> Result<bool> {
    let counted = sqlx::query(
        "update site_sources
            set pushes = case when hour > $3 then pushes + 1 else 1 end, hour = case when hour > $3 then hour else $2 end
          where website_id = $1 and (hour is null or hour <= $3 or pushes < $4)",
    );
    Ok(counted.bind(site).bind(now).bind(since).bind(most).execute(conn).await?.rows_affected() == 1)
}

/// A push waits for its deploy.
pub(super) async fn set_push(conn: &mut PgConnection, site: WebsiteId, commit: &str, now: Time) -> Result<()> {
    sqlx::query("update site_sources set pushed_at = $3, pushed_commit = $2 where website_id = $1")
        .bind(site)
        .bind(commit)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// A deploy begins that fetches what any push that waits has brought.
pub(super) async fn take_push(conn: &mut PgConnection, site: WebsiteId) -> Result<()> {
    sqlx::query("update site_sources set pushed_at = null, pushed_commit = null where website_id = $1").bind(site).execute(conn).await?;
    Ok(())
}

/// Sites with a push that waits, after this key.
pub(super) async fn pushed_sites(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select website_id as key, null::uuid as server from site_sources
          where pushed_at is not null and ($1::uuid is null or website_id > $1) order by website_id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

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
        "insert into deploys (id, tenant_id, website_id, number, release, trigger, status, config, started_by, commit, subject, created_at)
         values ($1, $2, $3, $4, $5, $6, 'QUEUED', $7, $8, $9, $10, $11)",
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
}

/// The release that a deploy has built, if it was live once and is on the server.
pub(super) async fn release_of(conn: &mut PgConnection, id: DeployId) -> Result<Option<Built>> {
    sqlx::query_as(
        "select release, config, commit, subject from deploys where id = $1 and trigger <> 'ROLLBACK' and status = 'SUCCEEDED' and is_on_disk",
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
}

pub(in crate::cloudpods) async fn deploy(conn: &mut PgConnection, id: DeployId) -> Result<Option<Deploy>> {
    sqlx::query_as("select number, trigger, config, commit from deploys where id = $1").bind(id).fetch_optional(conn).await
}

/// What a server is told of a source.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods) struct BuildSource {
    pub(in crate::cloudpods) remote: String,
    pub(in crate::cloudpods) branch: String,
    pub(in crate::cloudpods) folder: String,
    pub(in crate::cloudpods) build_command: String,
    pub(in crate::cloudpods) shared: String,
    pub(in crate::cloudpods) sealed_key: Vec<u8>,
    pub(in crate::cloudpods) host_keys: Option<String>,
}

pub(in crate::cloudpods) async fn build_source(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<BuildSource>> {
    sqlx::query_as("select remote, branch, folder, build_command, shared, sealed_key, host_keys from site_sources where website_id = $1")
        .bind(site)
        .fetch_optional(conn)
        .await
}

/// Its job is at work, also when it is begun again.
pub(in crate::cloudpods) async fn set_running(conn: &mut PgConnection, id: DeployId) -> Result<()> {
    sqlx::query("update deploys set status = 'RUNNING', finished_at = null where id = $1 and status <> 'SUCCEEDED'").bind(id).execute(conn).await?;
    Ok(())
}

/// It was taken back.
pub(in crate::cloudpods) async fn set_failed(conn: &mut PgConnection, id: DeployId, now: Time) -> Result<()> {
    sqlx::query(
        "update deploys set status = 'FAILED', finished_at = $2, is_on_disk = false, building = false where id = $1 and status <> 'SUCCEEDED'",
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
    sqlx::query("delete from site_sources where website_id = $1").bind(site).execute(&mut *conn).await?;
    sqlx::query("update deploys set is_on_disk = false where website_id = $1 and is_on_disk").bind(site).execute(conn).await?;
    Ok(())
}

/// The same for all sites of a deleted pod.
pub(in crate::cloudpods) async fn forget_pod(conn: &mut PgConnection, pod: CloudPodId) -> Result<()> {
    sqlx::query("delete from site_sources s using websites w where w.id = s.website_id and w.tenant_id = s.tenant_id and w.cloud_pod_id = $1")
        .bind(pod)
        .execute(conn)
        .await?;
    Ok(())
}

/// Secrets of a site.
#[derive(sqlx::FromRow)]
pub(super) struct Sealed {
    pub(super) site: WebsiteId,
    pub(super) key: Vec<u8>,
    pub(super) webhook: Option<Vec<u8>>,
}

/// Those of the sites behind `after`, some hundred at a time.
pub(super) async fn sealed(conn: &mut PgConnection, after: WebsiteId) -> Result<Vec<Sealed>> {
    sqlx::query_as(
        "select website_id as site, sealed_key as key, sealed_webhook as webhook from site_sources where website_id > $1
          order by website_id limit 500 for update",
    )
    .bind(after)
    .fetch_all(conn)
    .await
}

pub(super) async fn reseal(conn: &mut PgConnection, site: WebsiteId, key: &[u8], webhook: Option<&[u8]>) -> Result<()> {
    sqlx::query("update site_sources set sealed_key = $2, sealed_webhook = $3 where website_id = $1")
        .bind(site)
        .bind(key)
        .bind(webhook)
        .execute(conn)
        .await?;
    Ok(())
}

/// A site with its source, as its page shows it.
#[derive(sqlx::FromRow)]
pub(super) struct SiteRow {
    pub(super) cloud_pod: CloudPodId,
    pub(super) title: String,
    pub(super) domain: String,
    pub(super) stack: Stack,
    pub(super) status: SiteStatus,
    pub(super) is_stopped: bool,
    pub(super) pod_runs: bool,
    pub(super) live: Option<String>,
}

pub(super) async fn site_row(conn: &mut PgConnection, tenant: TenantId, site: WebsiteId) -> Result<Option<SiteRow>> {
    sqlx::query_as(
        "select w.cloud_pod_id as cloud_pod, coalesce(w.title, nullif(trim(p.site_title), ''), p.primary_domain) as title, coalesce(d.domain, p.primary_domain) as domain, w.stack,
                w.status, coalesce((w.config ->> 'stopped')::boolean, false) as is_stopped,
                p.status = 'RUNNING' and p.desired_state = 'RUNNING' as pod_runs, w.config -> 'release' ->> 'name' as live
           from websites w join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id
           left join lateral (select domain from site_domains where tenant_id = w.tenant_id and website_id = w.id and released_at is null
                               order by position limit 1) d on true
          where w.tenant_id = $1 and w.id = $2 and w.status <> 'DELETED'",
    )
    .bind(tenant)
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// A source as its page shows it.
#[derive(sqlx::FromRow)]
pub(super) struct SourceRow {
    #[sqlx(flatten)]
    typed: Typed,
    pub(super) deploy_key: String,
    pub(super) host_keys: Option<String>,
    pub(super) webhook_at: Option<Time>,
    pub(super) has_push: bool,
}

impl SourceRow {
    pub(super) fn input(self) -> SourceInput {
        self.typed.into()
    }
}

pub(super) async fn source_row(conn: &mut PgConnection, tenant: TenantId, site: WebsiteId) -> Result<Option<SourceRow>> {
    sqlx::query_as(
        "select remote, branch, folder, build_command, publish, start_file, shared, deploy_key, host_keys, webhook_at, pushed_at is not null as has_push
           from site_sources where tenant_id = $1 and website_id = $2",
    )
    .bind(tenant)
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// A deploy as its site's page shows it.
#[derive(sqlx::FromRow)]
pub(super) struct DeployRow {
    pub(super) id: DeployId,
    pub(super) number: i32,
    pub(super) release: i32,
    pub(super) status: DeployStatus,
    pub(super) trigger: DeployTrigger,
    pub(super) started_by: String,
    pub(super) commit: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) is_on_disk: bool,
    pub(super) job: JobId,
    pub(super) created_at: Time,
    pub(super) finished_at: Option<Time>,
}

/// The newest deploys of a site. One whose job has ended without it, as it was cancelled before it began, has failed.
pub(super) async fn newest(conn: &mut PgConnection, tenant: TenantId, site: WebsiteId) -> Result<Vec<DeployRow>> {
    sqlx::query_as(
        "select d.id, d.number, d.release, d.trigger, d.started_by, d.commit, d.subject, d.is_on_disk, d.job_id as job, d.created_at,
                case when d.status in ('QUEUED', 'RUNNING') and j.status in ('done', 'undone', 'stuck') then 'FAILED' else d.status end as status,
                coalesce(d.finished_at, j.finished_at) as finished_at
           from deploys d join jobs j on j.id = d.job_id
          where d.tenant_id = $1 and d.website_id = $2 order by d.number desc limit 30",
    )
    .bind(tenant)
    .bind(site)
    .fetch_all(conn)
    .await
}
