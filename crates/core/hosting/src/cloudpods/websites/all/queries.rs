//! Statements of lists of sites. A tenant sees no servers, so what stands in their table is asked for by statements of its own.

use super::super::queries::Row;
use model::{
    hosting::websites::SiteFilter,
    ids::{ServerId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// What is looked for.
#[derive(Default)]
pub(super) struct Filter {
    pub(super) state: Option<SiteFilter>,
    pub(super) text: Option<String>,
    pub(super) customer: Option<String>,
    /// Any of these; nothing for all.
    pub(super) servers: Option<Vec<Uuid>>,
}

/// A site with its server.
#[derive(sqlx::FromRow)]
pub(super) struct Record {
    #[sqlx(flatten)]
    pub(super) row: Row,
    pub(super) server: Option<ServerId>,
}

/// From one end, the other, and how many.
type Range = (Option<Uuid>, Option<Uuid>, i64);

/// The newest first; of one account, where one is given.
pub(super) async fn list(conn: &mut PgConnection, tenant: Option<TenantId>, (before, after, limit): Range, filter: &Filter) -> Result<Vec<Record>> {
    sqlx::query_as(
        "with found as not materialized (
           select w.id from websites w join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id
            where w.status <> 'DELETED' and p.status <> 'DELETED' and ($8::uuid is null or w.tenant_id = $8)
              and ($4::text is null or ($4 = 'PREVIEW' and w.preview_of is not null)
                   or $4 = website_state(w, p.status = 'RUNNING' and p.desired_state = 'RUNNING'))
              and ($5::text is null or position(lower($5) in lower(coalesce(w.title, p.site_title, ''))) > 0
                   or exists (select from site_domains d where d.tenant_id = w.tenant_id and d.website_id = w.id and d.released_at is null
                                                           and position(lower($5) in d.domain) > 0))
              and ($6::text is null or exists (select from tenants t where t.id = w.tenant_id and (t.slug = lower($6) or position(lower($6) in lower(t.name)) > 0)))
              and ($7::uuid[] is null or p.server_id = any($7))),
         page as (
           (select id from found where $2::uuid is null and ($1::uuid is null or id < $1) order by id desc limit $3)
           union all
           (select id from found where id > $2 order by id limit $3))
         select w.id, w.cloud_pod_id, p.name as pod_name, p.status = 'RUNNING' and p.desired_state = 'RUNNING' as pod_runs,
                p.status = 'DELETED' as pod_is_deleted, w.tenant_id, t.name as tenant_name, coalesce(d.domain, p.primary_domain) as domain,
                coalesce(w.title, nullif(trim(p.site_title), ''), p.primary_domain) as title, w.stack, w.runtime_version as runtime, w.status,
                w.config || jsonb_build_object('stopped', website_is_stopped(w)) as config, 0::bigint as sites, w.observed_http, w.observed_at,
                w.asleep_since, w.preview_of, w.created_at, p.server_id as server
           from page join websites w using (id) join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id
           join tenants t on t.id = w.tenant_id
           left join lateral (select domain from site_domains where tenant_id = w.tenant_id and website_id = w.id and released_at is null
                               order by position limit 1) d on true
          order by w.id desc",
    )
    .bind(before)
    .bind(after)
    .bind(limit)
    .bind(filter.state)
    .bind(&filter.text)
    .bind(&filter.customer)
    .bind(&filter.servers)
    .bind(tenant)
    .fetch_all(conn)
    .await
}

/// Servers of this name.
pub(super) async fn servers_named(conn: &mut PgConnection, name: &str) -> Result<Vec<Uuid>> {
    sqlx::query_scalar("select id from servers where lower(name) = lower($1)").bind(name).fetch_all(conn).await
}

/// What servers are called.
pub(super) async fn server_names(conn: &mut PgConnection, servers: &[Uuid]) -> Result<Vec<(ServerId, String)>> {
    sqlx::query_as("select id, name from servers where id = any($1)").bind(servers).fetch_all(conn).await
}
