//! SQL of subscriptions.

use db::Keyset;
use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    billing::{
        products::BillingCycle,
        subscriptions::{SubscriptionStatus, SubscriptionView},
    },
    ids::{ProductId, SubscriptionId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: SubscriptionId,
    tenant_id: TenantId,
    tenant_name: String,
    product_name: String,
    product_code: String,
    status: SubscriptionStatus,
    billing_cycle: BillingCycle,
    quantity: i32,
    price: i64,
    currency: Currency,
    started_at: Time,
    renews_at: Time,
    pod_name: Option<String>,
}

impl Row {
    pub fn view(self) -> SubscriptionView {
        SubscriptionView {
            id: self.id,
            tenant: self.tenant_id,
            tenant_name: self.tenant_name,
            product_name: self.product_name,
            product_code: self.product_code,
            status: self.status,
            cycle: self.billing_cycle,
            quantity: self.quantity,
            price: Money::new(self.price, self.currency),
            started_at: self.started_at,
            renews_at: self.renews_at,
            pod_name: self.pod_name,
        }
    }
}

/// A purchase as it is stored.
pub(crate) struct NewSubscription<'a> {
    pub id: SubscriptionId,
    pub tenant: TenantId,
    pub product: ProductId,
    pub cycle: BillingCycle,
    pub quantity: i32,
    pub price: Money,
    pub started_at: Time,
    pub renews_at: Time,
    pub provider: &'a str,
    pub provider_ref: &'a str,
    pub parent: Option<SubscriptionId>,
}

pub(super) async fn insert(conn: &mut PgConnection, new: &NewSubscription<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into subscriptions (id, tenant_id, product_id, billing_cycle, quantity, price, currency, started_at, renews_at,
                                    billing_provider, billing_provider_id, parent_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(new.id)
    .bind(new.tenant)
    .bind(new.product)
    .bind(new.cycle)
    .bind(new.quantity)
    .bind(new.price.minor)
    .bind(new.price.currency)
    .bind(new.started_at)
    .bind(new.renews_at)
    .bind(new.provider)
    .bind(new.provider_ref)
    .bind(new.parent)
    .execute(conn)
    .await?;
    Ok(())
}

/// A subscription that was changed, as it was before.
#[derive(sqlx::FromRow)]
pub(super) struct Changed {
    pub id: SubscriptionId,
    pub tenant_id: TenantId,
    pub product_name: String,
    pub quantity: i32,
}

/// Another quantity for one that is active and has another one.
pub(super) async fn set_quantity(conn: &mut PgConnection, id: SubscriptionId, quantity: i32) -> sqlx::Result<Vec<Changed>> {
    sqlx::query_as(
        "with before as (select id, quantity from subscriptions where id = $1 and status = 'ACTIVE' and quantity <> $2 for update)
         update subscriptions s set quantity = $2 from before, products p
          where s.id = before.id and p.id = s.product_id
         returning s.id, s.tenant_id, p.name as product_name, before.quantity",
    )
    .bind(id)
    .bind(quantity)
    .fetch_all(conn)
    .await
}

/// Ends one and its add-ons. Answers with those that were active.
pub(super) async fn cancel(conn: &mut PgConnection, id: SubscriptionId, at: Time) -> sqlx::Result<Vec<Changed>> {
    sqlx::query_as(
        "update subscriptions s set status = 'CANCELLED', cancel_at = $2 from products p
          where p.id = s.product_id and (s.id = $1 or s.parent_id = $1) and s.status = 'ACTIVE'
         returning s.id, s.tenant_id, p.name as product_name, s.quantity",
    )
    .bind(id)
    .bind(at)
    .fetch_all(conn)
    .await
}

/// A plan that is active.
#[derive(sqlx::FromRow)]
pub(super) struct ActivePlan {
    pub product_name: String,
    pub quantity: i32,
}

/// Locks a plan's subscription against every other change; nothing for an add-on, or one that has ended.
pub(super) async fn lock_active_plan(conn: &mut PgConnection, id: SubscriptionId) -> sqlx::Result<Option<ActivePlan>> {
    sqlx::query_as(
        "select p.name as product_name, s.quantity from subscriptions s join products p on p.id = s.product_id and p.type = 'CLOUDPOD'
          where s.id = $1 and s.parent_id is null and s.status = 'ACTIVE' for update of s",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

pub(super) async fn active_plans(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from subscriptions
          where status = 'ACTIVE' and parent_id is null and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// An add-on shows the pod of its plan.
pub(super) async fn page(
    conn: &mut PgConnection,
    keyset: &Keyset<Uuid>,
    tenant: Option<TenantId>,
    state: Option<SubscriptionStatus>,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as::<_, Row>(
        "select s.id, s.tenant_id, t.name as tenant_name, p.name as product_name, p.code as product_code, s.status, s.billing_cycle,
                s.quantity, s.price, s.currency, s.started_at, s.renews_at,
                (select c.name from cloud_pods c
                  where c.tenant_id = s.tenant_id and c.subscription_id = coalesce(s.parent_id, s.id) order by c.id desc limit 1) as pod_name
           from (
             (select * from subscriptions
               where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::uuid is null or tenant_id = $4)
                 and ($5::text is null or status = $5) order by id desc limit $3)
             union all
             (select * from subscriptions
               where id > $2 and ($4::uuid is null or tenant_id = $4) and ($5::text is null or status = $5) order by id limit $3)
           ) s
           join tenants t on t.id = s.tenant_id
           join products p on p.id = s.product_id
          order by s.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(tenant)
    .bind(state)
    .fetch_all(conn)
    .await
}

pub(super) async fn one(conn: &mut PgConnection, tenant: Option<TenantId>, id: SubscriptionId) -> sqlx::Result<Option<Row>> {
    sqlx::query_as::<_, Row>(
        "select s.id, s.tenant_id, t.name as tenant_name, p.name as product_name, p.code as product_code, s.status, s.billing_cycle,
                s.quantity, s.price, s.currency, s.started_at, s.renews_at,
                (select c.name from cloud_pods c
                  where c.tenant_id = s.tenant_id and c.subscription_id = coalesce(s.parent_id, s.id) order by c.id desc limit 1) as pod_name
           from subscriptions s
           join tenants t on t.id = s.tenant_id
           join products p on p.id = s.product_id
          where s.id = $1 and ($2::uuid is null or s.tenant_id = $2)",
    )
    .bind(id)
    .bind(tenant)
    .fetch_optional(conn)
    .await
}
