//! Statements of names that lead to pods.

use model::{
    Time,
    hosting::cloudpods::Stack,
    ids::{CloudPodId, TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// A name that leads to a pod.
#[derive(sqlx::FromRow)]
pub(crate) struct SiteUse {
    pub(crate) name: String,
    pub(crate) website: WebsiteId,
    pub(crate) title: String,
    pub(crate) pod: CloudPodId,
    pub(crate) pod_name: String,
    /// Whether it is the pod's main domain.
    pub(crate) is_main: bool,
    /// Where visitors of the pod's server are to come, if it has one.
    pub(crate) address: Option<String>,
}

/// The names at or below a domain that lead to pods of an account, in their order.
pub(crate) async fn of_tenant(conn: &mut PgConnection, tenant: TenantId, domain: &str) -> Result<Vec<SiteUse>> {
    sqlx::query_as(
        "select d.domain as name, w.id as website, coalesce(w.title, nullif(trim(p.site_title), ''), p.primary_domain) as title,
                p.id as pod, p.name as pod_name, d.domain = p.primary_domain as is_main, pod_address(p.id) as address
           from site_domains d
           join websites w on w.tenant_id = d.tenant_id and w.id = d.website_id
           join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id
          where d.tenant_id = $1 and d.released_at is null and (d.domain = $2 or right(d.domain, length($2) + 1) = '.' || $2)
          order by length(d.domain), d.domain limit 500",
    )
    .bind(tenant)
    .bind(domain)
    .fetch_all(conn)
    .await
}

/// The pod of a site of an account.
pub(super) async fn pod_of_site(conn: &mut PgConnection, tenant: TenantId, site: WebsiteId) -> Result<Option<CloudPodId>> {
    sqlx::query_scalar("select cloud_pod_id from websites where tenant_id = $1 and id = $2 and status <> 'DELETED'")
        .bind(tenant)
        .bind(site)
        .fetch_optional(conn)
        .await
}

/// The names at or below a domain that lead to pods of other accounts, with account and pod.
pub(super) async fn of_others(conn: &mut PgConnection, owner: TenantId, domain: &str) -> Result<Vec<(TenantId, CloudPodId, String)>> {
    sqlx::query_as(
        "select d.tenant_id, w.cloud_pod_id, d.domain
           from site_domains d join websites w on w.tenant_id = d.tenant_id and w.id = d.website_id
          where d.tenant_id <> $1 and d.released_at is null and (d.domain = $2 or right(d.domain, length($2) + 1) = '.' || $2)
          order by w.cloud_pod_id, d.domain limit 500",
    )
    .bind(owner)
    .bind(domain)
    .fetch_all(conn)
    .await
}

/// Where a name of a pod leads within it.
#[derive(sqlx::FromRow)]
pub(super) struct Place {
    /// Name of its site on the server.
    pub(super) site: String,
    pub(super) stack: Stack,
    /// Whether it is the one by which its site is known.
    pub(super) is_first: bool,
    /// Whether its site has no other name.
    pub(super) is_only: bool,
}

/// Where a name leads, if the pod has it. It stays so while the pod is locked.
pub(super) async fn place(conn: &mut PgConnection, pod: CloudPodId, name: &str) -> Result<Option<Place>> {
    sqlx::query_as(
        "select w.name as site, w.stack, count(o.id) filter (where o.position < d.position) = 0 as is_first, count(o.id) = 0 as is_only
           from site_domains d
           join websites w on w.tenant_id = d.tenant_id and w.id = d.website_id
           left join site_domains o on o.tenant_id = d.tenant_id and o.website_id = d.website_id and o.released_at is null and o.id <> d.id
          where w.cloud_pod_id = $1 and d.domain = $2 and d.released_at is null group by w.name, w.stack",
    )
    .bind(pod)
    .bind(name)
    .fetch_optional(conn)
    .await
}

pub(super) async fn count(conn: &mut PgConnection, pod: CloudPodId) -> Result<i64> {
    sqlx::query_scalar(
        "select count(*) from site_domains d join websites w on w.tenant_id = d.tenant_id and w.id = d.website_id
          where w.cloud_pod_id = $1 and d.released_at is null",
    )
    .bind(pod)
    .fetch_one(conn)
    .await
}

/// Whether it is the main domain of a pod, also of one that has none of its names in use yet.
pub(super) async fn is_main(conn: &mut PgConnection, name: &str) -> Result<bool> {
    sqlx::query_scalar("select exists (select from cloud_pods where primary_domain = $1 and status <> 'DELETED')").bind(name).fetch_one(conn).await
}

/// A name after those that a site has. Answers whether there is such a site.
pub(super) async fn insert(conn: &mut PgConnection, tenant: TenantId, site: WebsiteId, name: &str, now: Time) -> Result<bool> {
    let inserted = sqlx::query(
        "insert into site_domains (id, tenant_id, website_id, domain, position, created_at)
         select $1, w.tenant_id, w.id, $3,
                (select coalesce(min(free), 0) from generate_series(0, 50) free
                  where not exists (select from site_domains d where d.tenant_id = w.tenant_id and d.website_id = w.id and d.released_at is null
                                       and d.position = free)), $4
           from websites w where w.tenant_id = $2 and w.id = $5 and w.status in ('CREATING', 'ACTIVE')",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(name)
    .bind(now)
    .bind(site)
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Gives a name that leads to one site of the account to another one, after those that it has.
pub(super) async fn give_to(conn: &mut PgConnection, tenant: TenantId, (from, to): (Uuid, Uuid), name: &str) -> Result<()> {
    sqlx::query(
        "update site_domains set website_id = $3, position =
                (select coalesce(min(free), 0) from generate_series(0, 50) free
                  where not exists (select from site_domains d where d.tenant_id = $1 and d.website_id = $3 and d.released_at is null
                                       and d.position = free))
          where tenant_id = $1 and website_id = $2 and domain = $4 and released_at is null",
    )
    .bind(tenant)
    .bind(from)
    .bind(to)
    .bind(name)
    .execute(&mut *conn)
    .await?;
    promote(conn, from).await
}

/// The next name of a site is its first one, where that has gone.
async fn promote(conn: &mut PgConnection, site: Uuid) -> Result<()> {
    sqlx::query(
        "update site_domains set position = 0
          where position > 0 and id = (select id from site_domains where website_id = $1 and released_at is null order by position limit 1)",
    )
    .bind(site)
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts a name of a site before the others; the one that was first goes to the end.
pub(super) async fn put_first(conn: &mut PgConnection, tenant: TenantId, site: Uuid, name: &str) -> Result<()> {
    // One place is free for the swap: the numbers go to 50, and a pod has at most 50 names.
    sqlx::query(
        "update site_domains set position =
                (select min(free) from generate_series(0, 50) free
                  where not exists (select from site_domains d where d.tenant_id = $1 and d.website_id = $2 and d.released_at is null
                                       and d.position = free))
          where tenant_id = $1 and website_id = $2 and position = 0 and domain <> $3 and released_at is null",
    )
    .bind(tenant)
    .bind(site)
    .bind(name)
    .execute(&mut *conn)
    .await?;
    sqlx::query("update site_domains set position = 0 where tenant_id = $1 and website_id = $2 and domain = $3 and released_at is null")
        .bind(tenant)
        .bind(site)
        .bind(name)
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts one name in the place of another.
pub(super) async fn rename(conn: &mut PgConnection, tenant: TenantId, from: &str, to: &str) -> Result<()> {
    sqlx::query("update site_domains set domain = $3 where tenant_id = $1 and domain = $2 and released_at is null")
        .bind(tenant)
        .bind(from)
        .bind(to)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether the pod had the name until now.
pub(super) async fn release(conn: &mut PgConnection, pod: CloudPodId, name: &str, now: Time) -> Result<bool> {
    let site: Option<Uuid> = sqlx::query_scalar(
        "update site_domains d set released_at = $3 from websites w
          where w.tenant_id = d.tenant_id and w.id = d.website_id and w.cloud_pod_id = $1 and d.domain = $2 and d.released_at is null
         returning w.id",
    )
    .bind(pod)
    .bind(name)
    .bind(now)
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(site) = site {
        promote(conn, site).await?;
    }
    Ok(site.is_some())
}

pub(super) async fn set_pending(conn: &mut PgConnection, pod: CloudPodId) -> Result<()> {
    sqlx::query("update cloud_pods set names_pending = true where id = $1").bind(pod).execute(conn).await?;
    Ok(())
}

pub(in crate::cloudpods) async fn set_verified(conn: &mut PgConnection, pod: CloudPodId) -> Result<()> {
    sqlx::query("update cloud_pods set names_pending = false where id = $1").bind(pod).execute(conn).await?;
    Ok(())
}

/// The main domain of the pod, and of the site that has it.
pub(in crate::cloudpods) async fn set_domain(conn: &mut PgConnection, pod: CloudPodId, domain: &str, site_url: &str) -> Result<()> {
    sqlx::query(
        "with before as (select id, tenant_id, primary_domain from cloud_pods where id = $1),
              served as (
                update site_domains named set domain = $2 from before join websites site on site.tenant_id = before.tenant_id and site.cloud_pod_id = before.id
                 where named.tenant_id = before.tenant_id and named.website_id = site.id and named.domain = before.primary_domain and named.released_at is null)
         update cloud_pods set primary_domain = $2, site_url = $3 where id = $1",
    )
    .bind(pod)
    .bind(domain)
    .bind(site_url)
    .execute(conn)
    .await?;
    Ok(())
}

/// Says that the zones of these names were asked.
pub(crate) async fn set_address_set(conn: &mut PgConnection, names: &[String], now: Time) -> Result<()> {
    sqlx::query("update site_domains set address_set_at = $2 where domain = any($1) and released_at is null and address_set_at is null")
        .bind(names)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}
