//! SQL of cards that expire.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    ids::{PaymentMethodId, TenantId},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Cards that can be charged and whose holders were not told that they expire.
pub(super) async fn cards_to_watch(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from payment_methods
          where status = 'ACTIVE' and expiry_noticed_at is null and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// A card that is watched.
#[derive(sqlx::FromRow)]
pub(super) struct WatchedCard {
    pub tenant_id: TenantId,
    pub label: String,
    pub expires_month: i32,
    pub expires_year: i32,
    /// It is charged first, and there is something to charge it for.
    pub is_needed: bool,
}

pub(super) async fn watched_card(conn: &mut PgConnection, id: PaymentMethodId) -> sqlx::Result<Option<WatchedCard>> {
    sqlx::query_as(
        "select m.tenant_id, m.brand || ' ending ' || m.last4 as label, m.expires_month, m.expires_year,
                not exists (select from payment_methods other
                             where other.tenant_id = m.tenant_id and other.provider = m.provider and other.status = 'ACTIVE'
                               and (other.preferred_at, other.id) > (m.preferred_at, m.id))
                and exists (select from subscriptions s where s.tenant_id = m.tenant_id and s.status <> 'CANCELLED') as is_needed
           from payment_methods m where m.id = $1 and m.status = 'ACTIVE' and m.expiry_noticed_at is null for update of m",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

pub(super) async fn set_expiry_noticed(conn: &mut PgConnection, id: PaymentMethodId, at: Time) -> sqlx::Result<()> {
    sqlx::query("update payment_methods set expiry_noticed_at = $2 where id = $1").bind(id).bind(at).execute(conn).await?;
    Ok(())
}
