//! SQL of the room.

use db::Keyset;
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

pub(crate) async fn insert(conn: &mut PgConnection, new: &NewSubscription<'_>) -> sqlx::Result<()> {
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
