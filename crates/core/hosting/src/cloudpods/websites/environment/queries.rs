//! Statements of sealed environment variables.

use model::{
    Time,
    ids::{TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// The values of a set, sealed.
pub(super) async fn get(conn: &mut PgConnection, site: WebsiteId, set: Uuid) -> Result<Vec<u8>> {
    sqlx::query_scalar("select sealed from site_environments where website_id = $1 and id = $2").bind(site).bind(set).fetch_one(conn).await
}

pub(super) async fn insert(conn: &mut PgConnection, (tenant, site): (TenantId, WebsiteId), set: Uuid, sealed: &[u8], now: Time) -> Result<()> {
    sqlx::query("insert into site_environments (id, tenant_id, website_id, sealed, created_at) values ($1, $2, $3, $4, $5)")
        .bind(set)
        .bind(tenant)
        .bind(site)
        .bind(sealed)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes the sets of a site that it neither has nor is to get.
pub(in crate::cloudpods::websites) async fn forget_others(conn: &mut PgConnection, site: WebsiteId) -> Result<()> {
    sqlx::query(
        "delete from site_environments e using websites w
          where w.id = $1 and e.tenant_id = w.tenant_id and e.website_id = w.id
            and e.id::text is distinct from w.config #>> '{environment,set}' and e.id::text is distinct from w.next_config #>> '{environment,set}'",
    )
    .bind(site)
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets behind `after`, some hundred at a time.
pub(in crate::cloudpods) async fn sealed(conn: &mut PgConnection, after: Uuid) -> Result<Vec<(Uuid, Vec<u8>)>> {
    sqlx::query_as("select id, sealed from site_environments where id > $1 order by id limit 500 for update").bind(after).fetch_all(conn).await
}

/// Puts values sealed anew in place.
pub(in crate::cloudpods) async fn reseal(conn: &mut PgConnection, set: Uuid, sealed: &[u8]) -> Result<()> {
    sqlx::query("update site_environments set sealed = $2 where id = $1").bind(set).bind(sealed).execute(conn).await?;
    Ok(())
}
