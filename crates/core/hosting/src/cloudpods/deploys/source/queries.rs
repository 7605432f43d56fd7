//! Statements of where sites are deployed from.

use engine::secrets::{SealedRow, SealedTable};
use model::{
    Time,
    hosting::deploys::SourceInput,
    ids::{TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result};

/// Where a site is deployed from, with nothing that is sealed. That of a preview is its site's, with its own branch and pushes.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods::deploys) struct Source {
    pub(in crate::cloudpods::deploys) tenant: TenantId,
    #[sqlx(flatten)]
    typed: Typed,
    pub(in crate::cloudpods::deploys) pushed_commit: Option<String>,
}

/// As it was typed.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods::deploys) struct Typed {
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
    pub(in crate::cloudpods::deploys) fn input(self) -> SourceInput {
        self.typed.into()
    }

    pub(in crate::cloudpods::deploys) fn has_push(&self) -> bool {
        self.pushed_commit.is_some()
    }
}

pub(in crate::cloudpods::deploys) async fn source(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<Source>> {
    sqlx::query_as(
        "select s.tenant_id as tenant, s.remote, coalesce(v.branch, s.branch) as branch, s.folder, s.build_command, s.publish, s.start_file, s.shared,
                case when w.preview_of is null then s.pushed_commit else v.pushed_commit end as pushed_commit
           from websites w join site_sources s on s.tenant_id = w.tenant_id and s.website_id = coalesce(w.preview_of, w.id)
           left join site_previews v on v.tenant_id = w.tenant_id and v.website_id = w.id
          where w.id = $1 and (w.preview_of is null or v.website_id is not null)",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}

pub(in crate::cloudpods::deploys) async fn insert_source(
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
pub(in crate::cloudpods::deploys) async fn update_source(
    conn: &mut PgConnection,
    site: WebsiteId,
    input: &SourceInput,
    keeps_host: bool,
) -> Result<()> {
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
pub(in crate::cloudpods::deploys) async fn forget_host_keys(conn: &mut PgConnection, site: WebsiteId) -> Result<bool> {
    let set = sqlx::query("update site_sources set host_keys = null where website_id = $1 and host_keys is not null");
    Ok(set.bind(site).execute(conn).await?.rows_affected() == 1)
}

/// Pins the host keys that this repository's server has shown, where none are pinned.
pub(in crate::cloudpods) async fn pin_host_keys(conn: &mut PgConnection, site: WebsiteId, remote: &str, keys: &str) -> Result<()> {
    let set = sqlx::query(
        "update site_sources s set host_keys = $3 from websites w
          where w.id = $1 and s.tenant_id = w.tenant_id and s.website_id = coalesce(w.preview_of, w.id) and s.remote = $2 and s.host_keys is null",
    );
    set.bind(site).bind(remote).bind(keys).execute(conn).await?;
    Ok(())
}

/// Gives a site another deploy key. False for a site without a source.
pub(in crate::cloudpods::deploys) async fn set_key(conn: &mut PgConnection, site: WebsiteId, public: &str, sealed: &[u8]) -> Result<bool> {
    let set = sqlx::query("update site_sources set deploy_key = $2, sealed_key = $3 where website_id = $1");
    Ok(set.bind(site).bind(public).bind(sealed).execute(conn).await?.rows_affected() == 1)
}

/// Forgets where a site is deployed from. Answers with its repository, where there was one.
pub(in crate::cloudpods::deploys) async fn delete_source(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<String>> {
    sqlx::query_scalar("delete from site_sources where website_id = $1 returning remote").bind(site).fetch_optional(conn).await
}

/// The branch that a site itself is deployed from.
pub(in crate::cloudpods) async fn branch_of(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<String>> {
    sqlx::query_scalar("select branch from site_sources where website_id = $1").bind(site).fetch_optional(conn).await
}

/// What a server is told of a source.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods) struct BuildSource {
    /// The site that the key is sealed for: that of a preview's site.
    pub(in crate::cloudpods) key_of: WebsiteId,
    pub(in crate::cloudpods) remote: String,
    pub(in crate::cloudpods) branch: String,
    pub(in crate::cloudpods) folder: String,
    pub(in crate::cloudpods) build_command: String,
    pub(in crate::cloudpods) shared: String,
    pub(in crate::cloudpods) sealed_key: Vec<u8>,
    pub(in crate::cloudpods) host_keys: Option<String>,
}

pub(in crate::cloudpods) async fn build_source(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<BuildSource>> {
    sqlx::query_as(
        "select s.website_id as key_of, s.remote, coalesce(v.branch, s.branch) as branch, s.folder, s.build_command, s.shared, s.sealed_key, s.host_keys
           from websites w join site_sources s on s.tenant_id = w.tenant_id and s.website_id = coalesce(w.preview_of, w.id)
           left join site_previews v on v.tenant_id = w.tenant_id and v.website_id = w.id
          where w.id = $1 and (w.preview_of is null or v.website_id is not null)",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// Secrets of sites: the deploy key, then that of the webhook.
pub(in crate::cloudpods::deploys) struct SealedSources;

impl SealedTable for SealedSources {
    type Key = WebsiteId;

    async fn rows(conn: &mut PgConnection, after: Option<WebsiteId>) -> Result<Vec<SealedRow<WebsiteId>>> {
        sqlx::query_as(
            "select website_id, array[sealed_key, sealed_webhook] from site_sources where ($1::uuid is null or website_id > $1)
              order by website_id limit 500 for update",
        )
        .bind(after)
        .fetch_all(conn)
        .await
    }

    async fn store(conn: &mut PgConnection, site: &WebsiteId, sealed: &[Option<Vec<u8>>]) -> Result<()> {
        sqlx::query("update site_sources set sealed_key = ($2::bytea[])[1], sealed_webhook = ($2::bytea[])[2] where website_id = $1")
            .bind(site)
            .bind(sealed)
            .execute(conn)
            .await?;
        Ok(())
    }
}
