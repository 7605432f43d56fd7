//! Statements of sealed environment variables.

use engine::secrets::{SealedRow, SealedTable};
use model::{
    Time,
    ids::{TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// The values of a set, sealed.
pub(in crate::cloudpods) async fn get(conn: &mut PgConnection, site: WebsiteId, set: Uuid) -> Result<Vec<u8>> {
    sqlx::query_scalar("select sealed from site_environments where website_id = $1 and id = $2").bind(site).bind(set).fetch_one(conn).await
}

pub(in crate::cloudpods) async fn insert(
    conn: &mut PgConnection,
    (tenant, site): (TenantId, WebsiteId),
    set: Uuid,
    sealed: &[u8],
    now: Time,
) -> Result<()> {
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

/// Deletes the sets of a site that it neither has nor is to get, and that no release was live with which it can go back to.
pub(in crate::cloudpods::websites) async fn forget_others(conn: &mut PgConnection, site: WebsiteId) -> Result<()> {
    sqlx::query(
        "delete from site_environments e using websites w
          where w.id = $1 and e.tenant_id = w.tenant_id and e.website_id = w.id
            and e.id::text is distinct from w.config #>> '{environment,set}' and e.id::text is distinct from w.next_config #>> '{environment,set}'
            and not exists (select from deploys d where d.tenant_id = e.tenant_id and d.website_id = e.website_id and d.is_on_disk
                                                    and d.settings #>> '{environment,set}' = e.id::text)",
    )
    .bind(site)
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets of variables.
pub(in crate::cloudpods) struct SealedSets;

impl SealedTable for SealedSets {
    type Key = Uuid;

    async fn rows(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<SealedRow<Uuid>>> {
        sqlx::query_as("select id, array[sealed] from site_environments where ($1::uuid is null or id > $1) order by id limit 500 for update")
            .bind(after)
            .fetch_all(conn)
            .await
    }

    async fn store(conn: &mut PgConnection, set: &Uuid, sealed: &[Option<Vec<u8>>]) -> Result<()> {
        sqlx::query("update site_environments set sealed = ($2::bytea[])[1] where id = $1").bind(set).bind(sealed).execute(conn).await?;
        Ok(())
    }
}
