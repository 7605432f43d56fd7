//! Statements of names that lead to pods.

use model::{
    Time,
    ids::{CloudPodId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// A name that leads to a pod.
#[derive(sqlx::FromRow)]
pub(crate) struct SiteUse {
    pub(crate) name: String,
    pub(crate) tenant: TenantId,
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
        "select d.domain as name, d.tenant_id as tenant, p.id as pod, p.name as pod_name, d.domain = p.primary_domain as is_main,
                pod_address(p.id) as address
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

/// The names at or below a domain that lead to pods of other accounts.
pub(super) async fn of_others(conn: &mut PgConnection, owner: TenantId, domain: &str) -> Result<Vec<SiteUse>> {
    sqlx::query_as(
        "select d.domain as name, d.tenant_id as tenant, p.id as pod, p.name as pod_name, d.domain = p.primary_domain as is_main,
                null::text as address
           from site_domains d
           join websites w on w.tenant_id = d.tenant_id and w.id = d.website_id
           join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id
          where d.tenant_id <> $1 and d.released_at is null and (d.domain = $2 or right(d.domain, length($2) + 1) = '.' || $2)
          order by p.id, d.domain limit 500",
    )
    .bind(owner)
    .bind(domain)
    .fetch_all(conn)
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

/// A name after those that the first site of a pod has.
pub(super) async fn insert(conn: &mut PgConnection, tenant: TenantId, pod: CloudPodId, name: &str, now: Time) -> Result<()> {
    sqlx::query(
        "insert into site_domains (id, tenant_id, website_id, domain, position, created_at)
         select $1, w.tenant_id, w.id, $4,
                (select coalesce(min(free), 0) from generate_series(0, 49) free
                  where not exists (select from site_domains d where d.tenant_id = w.tenant_id and d.website_id = w.id and d.released_at is null
                                       and d.position = free)), $5
           from websites w where w.tenant_id = $2 and w.cloud_pod_id = $3 order by w.created_at, w.id limit 1",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(pod)
    .bind(name)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the pod had the name until now.
pub(super) async fn release(conn: &mut PgConnection, pod: CloudPodId, name: &str, now: Time) -> Result<bool> {
    let released = sqlx::query(
        "update site_domains d set released_at = $3 from websites w
          where w.tenant_id = d.tenant_id and w.id = d.website_id and w.cloud_pod_id = $1 and d.domain = $2 and d.released_at is null",
    )
    .bind(pod)
    .bind(name)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(released.rows_affected() == 1)
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
