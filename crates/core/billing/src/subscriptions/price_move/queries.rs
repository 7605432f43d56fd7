//! SQL of moves to another price.

use model::{
    Time,
    billing::products::BillingCycle,
    ids::{ProductId, SubscriptionId},
    money::Currency,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Subscriptions of one currency and cycle that would be moved.
#[derive(sqlx::FromRow)]
pub(super) struct GroupRow {
    pub billing_cycle: BillingCycle,
    pub currency: Currency,
    pub count: i64,
    pub before: i64,
    pub after: i64,
}

/// What goes on, has another price than its product, and is not being moved to that price.
pub(super) async fn groups(conn: &mut PgConnection, code: &str) -> sqlx::Result<Vec<GroupRow>> {
    sqlx::query_as(
        "select s.billing_cycle, s.currency, count(*) as count, sum(s.price * s.quantity)::bigint as before,
                sum(s.target * s.quantity)::bigint as after
           from (select s.*, present_price(s.product_id, s.currency, s.billing_cycle) as target
                   from subscriptions s join products p on p.id = s.product_id
                  where p.code = $1 and s.status <> 'CANCELLED' and s.cancel_at is null) s
          where s.price <> s.target
            and not exists (select from subscription_price_moves m
                             where m.subscription_id = s.id and m.status = 'PENDING' and m.product_id = s.product_id
                               and m.billing_cycle = s.billing_cycle and m.price = s.target)
          group by s.currency, s.billing_cycle order by s.currency, s.billing_cycle limit 20",
    )
    .bind(code)
    .fetch_all(conn)
    .await
}

/// Moves to a price that is not the product's any more, or of what is another product by now.
pub(super) async fn drop_replaced(conn: &mut PgConnection, product: ProductId, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "update subscription_price_moves m set status = 'DROPPED', settled_at = $2
           from subscriptions s
          where m.status = 'PENDING' and s.tenant_id = m.tenant_id and s.id = m.subscription_id and s.product_id = $1
            and (m.product_id <> s.product_id or m.billing_cycle <> s.billing_cycle
                 or m.price is distinct from present_price(s.product_id, s.currency, s.billing_cycle))",
    )
    .bind(product)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert(conn: &mut PgConnection, product: ProductId, effective_from: Time, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into subscription_price_moves (id, tenant_id, subscription_id, product_id, billing_cycle, price, effective_from, created_at)
         select gen_random_uuid(), s.tenant_id, s.id, s.product_id, s.billing_cycle, s.target, $2, $3
           from (select s.*, present_price(s.product_id, s.currency, s.billing_cycle) as target
                   from subscriptions s where s.product_id = $1 and s.status <> 'CANCELLED' and s.cancel_at is null) s
          where s.price <> s.target
            and not exists (select from subscription_price_moves m where m.subscription_id = s.id and m.status = 'PENDING')",
    )
    .bind(product)
    .bind(effective_from)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Plans of items whose customers were not told yet.
pub(super) async fn plans_to_notify(conn: &mut PgConnection, product: ProductId) -> sqlx::Result<Vec<SubscriptionId>> {
    sqlx::query_scalar(
        "select distinct coalesce(s.parent_id, s.id)
           from subscription_price_moves m join subscriptions s on s.tenant_id = m.tenant_id and s.id = m.subscription_id
          where m.product_id = $1 and m.status = 'PENDING' and m.notified_at is null limit 1000000",
    )
    .bind(product)
    .fetch_all(conn)
    .await
}

/// A move of an item that is still the same product, billed in the same way.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::subscriptions) struct Pending {
    pub id: Uuid,
    pub item: SubscriptionId,
    pub product_id: ProductId,
    pub product_code: String,
    pub product_name: String,
    /// Price of one before, in minor units.
    pub present: i64,
    /// Price of one afterwards.
    pub price: i64,
    pub effective_from: Time,
    pub charged_from: Option<Time>,
    pub is_notified: bool,
}

pub(super) async fn pending(conn: &mut PgConnection, plan: SubscriptionId) -> sqlx::Result<Vec<Pending>> {
    sqlx::query_as(
        "select m.id, m.subscription_id as item, m.product_id, p.code as product_code, p.name as product_name, s.price as present, m.price,
                m.effective_from, m.charged_from, m.notified_at is not null as is_notified
           from subscriptions s
           join subscription_price_moves m
             on m.tenant_id = s.tenant_id and m.subscription_id = s.id and m.product_id = s.product_id and m.billing_cycle = s.billing_cycle
           join products p on p.id = m.product_id
          where (s.id = $1 or s.parent_id = $1) and s.status <> 'CANCELLED' and m.status = 'PENDING'
          order by s.parent_id nulls first, s.id limit 100",
    )
    .bind(plan)
    .fetch_all(conn)
    .await
}

pub(super) async fn set_notified(conn: &mut PgConnection, id: Uuid, now: Time) -> sqlx::Result<()> {
    sqlx::query("update subscription_price_moves set notified_at = $2 where id = $1").bind(id).bind(now).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_charged(conn: &mut PgConnection, plan: SubscriptionId, start: Time) -> sqlx::Result<()> {
    sqlx::query(
        "update subscription_price_moves m set charged_from = $2 from subscriptions s
          where s.tenant_id = m.tenant_id and s.id = m.subscription_id and (s.id = $1 or s.parent_id = $1)
            and m.status = 'PENDING' and m.effective_from <= $2",
    )
    .bind(plan)
    .bind(start)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn settle(conn: &mut PgConnection, id: Uuid, now: Time) -> sqlx::Result<()> {
    sqlx::query("update subscription_price_moves set status = 'APPLIED', settled_at = $2 where id = $1").bind(id).bind(now).execute(conn).await?;
    Ok(())
}

pub(super) async fn drop_outdated(conn: &mut PgConnection, plan: SubscriptionId, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "update subscription_price_moves m set status = 'DROPPED', settled_at = $2 from subscriptions s
          where s.tenant_id = m.tenant_id and s.id = m.subscription_id and (s.id = $1 or s.parent_id = $1)
            and m.status = 'PENDING' and (m.product_id <> s.product_id or m.billing_cycle <> s.billing_cycle)",
    )
    .bind(plan)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
