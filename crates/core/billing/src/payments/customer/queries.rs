//! SQL of customers at the provider.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::ids::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

/// Accounts with a card at a provider, whatever became of it.
pub(super) async fn accounts(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select distinct tenant_id as key, null::uuid as server from payment_methods
          where ($1::uuid is null or tenant_id > $1) order by tenant_id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

pub(super) async fn has_card(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from payment_methods where tenant_id = $1)").bind(tenant).fetch_one(conn).await
}

pub(super) async fn digest(conn: &mut PgConnection, tenant: TenantId, provider: &str) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar("select digest from payment_customers where tenant_id = $1 and provider = $2")
        .bind(tenant)
        .bind(provider)
        .fetch_optional(conn)
        .await
}

pub(super) async fn set_digest(conn: &mut PgConnection, tenant: TenantId, provider: &str, digest: &[u8]) -> sqlx::Result<()> {
    sqlx::query(
        "insert into payment_customers (id, tenant_id, provider, digest) values ($1, $2, $3, $4)
         on conflict (tenant_id, provider) do update set digest = excluded.digest",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(provider)
    .bind(digest)
    .execute(conn)
    .await?;
    Ok(())
}
