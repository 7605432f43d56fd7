//! SQL of pages that save a card.

use model::{
    Time,
    ids::{CardSetupId, TenantId},
};
use sqlx::PgConnection;

pub(super) async fn insert(conn: &mut PgConnection, id: CardSetupId, tenant: TenantId, provider: &str, at: Time) -> sqlx::Result<()> {
    sqlx::query("insert into card_setups (id, tenant_id, provider, created_at) values ($1, $2, $3, $4)")
        .bind(id)
        .bind(tenant)
        .bind(provider)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn set_ref(conn: &mut PgConnection, id: CardSetupId, provider_ref: &str) -> sqlx::Result<()> {
    sqlx::query("update card_setups set provider_ref = $2 where id = $1").bind(id).bind(provider_ref).execute(conn).await?;
    Ok(())
}

/// A page, locked against other messages about it.
#[derive(sqlx::FromRow)]
pub(super) struct Setup {
    pub tenant_id: TenantId,
    pub provider: String,
    pub is_saved: bool,
}

pub(super) async fn lock(conn: &mut PgConnection, id: CardSetupId) -> sqlx::Result<Option<Setup>> {
    sqlx::query_as("select tenant_id, provider, status = 'SAVED' as is_saved from card_setups where id = $1 for update")
        .bind(id)
        .fetch_optional(conn)
        .await
}

pub(super) async fn set_saved(conn: &mut PgConnection, id: CardSetupId) -> sqlx::Result<()> {
    sqlx::query("update card_setups set status = 'SAVED' where id = $1").bind(id).execute(conn).await?;
    Ok(())
}
