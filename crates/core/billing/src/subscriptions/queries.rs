//! SQL of subscriptions.

use super::period;
use db::Keyset;
use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    billing::{
        products::{BillingCycle, ProductType},
        subscriptions::{SubscriptionStatus, SubscriptionView},
    },
    ids::{CloudPodId, ProductId, SubscriptionId, TenantId},
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
    period_start: Time,
    renews_at: Time,
    cancel_at: Option<Time>,
    suspended_at: Option<Time>,
    parent_id: Option<SubscriptionId>,
    pod_id: Option<CloudPodId>,
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
            period_start: self.period_start,
            renews_at: self.renews_at,
            cancel_at: self.cancel_at,
            suspended_at: self.suspended_at,
            parent: self.parent_id,
            pod: self.pod_id,
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
    /// Whether the first period is free.
    pub is_trial: bool,
    pub started_at: Time,
    pub renews_at: Time,
    pub provider: &'a str,
    pub provider_ref: &'a str,
    pub parent: Option<SubscriptionId>,
}

/// An add-on to be stored.
pub(super) struct NewAddOn {
    pub id: SubscriptionId,
    pub product: ProductId,
    pub quantity: i32,
    pub price: Money,
}

pub(super) async fn insert(conn: &mut PgConnection, new: &NewSubscription<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into subscriptions (id, tenant_id, product_id, billing_cycle, quantity, price, currency, started_at, anchor, period_start,
                                    renews_at, billing_provider, billing_provider_id, parent_id, status)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9, $10, $11, $12, case when $13 then 'TRIALING' else 'ACTIVE' end)",
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
    .bind(new.is_trial)
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
    pub product_code: String,
    pub billing_cycle: BillingCycle,
    pub price: i64,
    pub status: SubscriptionStatus,
    pub quantity: i32,
    pub renews_at: Time,
    pub cancel_at: Option<Time>,
}

/// Another quantity for one that has not ended and has another one.
pub(super) async fn set_quantity(conn: &mut PgConnection, id: SubscriptionId, quantity: i32) -> sqlx::Result<Vec<Changed>> {
    sqlx::query_as(
        "with before as (select * from subscriptions where id = $1 and status <> 'CANCELLED' and quantity <> $2 for no key update)
         update subscriptions s set quantity = $2 from before b, products p
          where s.id = b.id and p.id = s.product_id
         returning s.id, s.tenant_id, p.name as product_name, p.code as product_code, b.billing_cycle, b.price, b.status, b.quantity, b.renews_at,
                   b.cancel_at",
    )
    .bind(id)
    .bind(quantity)
    .fetch_all(conn)
    .await
}

/// An add-on that belongs to a plan from now on, and shares its status and period.
pub(super) async fn insert_add_on(conn: &mut PgConnection, plan: SubscriptionId, new: &NewAddOn, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into subscriptions (id, tenant_id, product_id, billing_cycle, quantity, price, currency, started_at, anchor, period, period_start,
                                    renews_at, billing_provider, billing_provider_id, parent_id, status)
         select $1, tenant_id, $3, billing_cycle, $6, $4, currency, $5, anchor, period, period_start, renews_at, billing_provider, billing_provider_id,
                id, status
           from subscriptions where id = $2",
    )
    .bind(new.id)
    .bind(plan)
    .bind(new.product)
    .bind(new.price.minor)
    .bind(now)
    .bind(new.quantity)
    .execute(conn)
    .await?;
    Ok(())
}

/// Another status for a plan and its add-ons.
pub(super) async fn set_status(conn: &mut PgConnection, id: SubscriptionId, status: SubscriptionStatus, at: Time) -> sqlx::Result<Vec<Changed>> {
    sqlx::query_as(
        "with before as (select * from subscriptions where (id = $1 or parent_id = $1) and status <> 'CANCELLED' and status <> $2 for no key update)
         update subscriptions s
            set status = $2, suspended_at = case when $2 = 'SUSPENDED' then $3::timestamptz end,
                cancel_at = case when $2 = 'CANCELLED' then $3 else s.cancel_at end
           from before b, products p
          where s.id = b.id and p.id = s.product_id
         returning s.id, s.tenant_id, p.name as product_name, p.code as product_code, b.billing_cycle, b.price, b.status, b.quantity, b.renews_at,
                   b.cancel_at",
    )
    .bind(id)
    .bind(status)
    .bind(at)
    .fetch_all(conn)
    .await
}

/// A plan that has ended, and the add-ons that ended with it, go on in this period.
pub(super) async fn reactivate(conn: &mut PgConnection, id: SubscriptionId, period: &Period) -> sqlx::Result<Vec<Changed>> {
    sqlx::query_as(
        "with plan as (select id, cancel_at from subscriptions where id = $1 and status = 'CANCELLED'),
              before as (select s.* from subscriptions s join plan on s.id = plan.id or s.parent_id = plan.id
                          where s.status = 'CANCELLED' and s.cancel_at = plan.cancel_at for no key update of s)
         update subscriptions s
            set status = 'ACTIVE', suspended_at = null, cancel_at = null, anchor = $2, period = $3, period_start = $4, renews_at = $5
           from before b, products p
          where s.id = b.id and p.id = s.product_id
         returning s.id, s.tenant_id, p.name as product_name, p.code as product_code, b.billing_cycle, b.price, b.status, b.quantity, b.renews_at,
                   b.cancel_at",
    )
    .bind(id)
    .bind(period.anchor)
    .bind(period.number)
    .bind(period.start)
    .bind(period.end)
    .fetch_all(conn)
    .await
}

/// When a plan and its add-ons end, or that they do not.
pub(super) async fn set_cancel_at(conn: &mut PgConnection, id: SubscriptionId, at: Option<Time>) -> sqlx::Result<Vec<Changed>> {
    sqlx::query_as(
        "with before as (select * from subscriptions where (id = $1 or parent_id = $1) and status <> 'CANCELLED' for no key update)
         update subscriptions s set cancel_at = $2 from before b, products p
          where s.id = b.id and p.id = s.product_id
         returning s.id, s.tenant_id, p.name as product_name, p.code as product_code, b.billing_cycle, b.price, b.status, b.quantity, b.renews_at,
                   b.cancel_at",
    )
    .bind(id)
    .bind(at)
    .fetch_all(conn)
    .await
}

/// The period that a plan and its add-ons are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Start of period 0.
    pub anchor: Time,
    /// Its number, from 0.
    pub number: i32,
    /// Its start.
    pub start: Time,
    /// Its end.
    pub end: Time,
}

pub(super) async fn set_period(conn: &mut PgConnection, id: SubscriptionId, period: &Period) -> sqlx::Result<Vec<Changed>> {
    sqlx::query_as(
        "with before as (select * from subscriptions where (id = $1 or parent_id = $1) and status <> 'CANCELLED' for no key update)
         update subscriptions s set anchor = $2, period = $3, period_start = $4, renews_at = $5 from before b, products p
          where s.id = b.id and p.id = s.product_id
         returning s.id, s.tenant_id, p.name as product_name, p.code as product_code, b.billing_cycle, b.price, b.status, b.quantity, b.renews_at,
                   b.cancel_at",
    )
    .bind(id)
    .bind(period.anchor)
    .bind(period.number)
    .bind(period.start)
    .bind(period.end)
    .fetch_all(conn)
    .await
}

/// A plan's subscription.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Plan {
    pub id: SubscriptionId,
    pub tenant_id: TenantId,
    /// Of a domain its name.
    pub product_name: String,
    pub kind: ProductType,
    pub status: SubscriptionStatus,
    pub billing_cycle: BillingCycle,
    pub quantity: i32,
    pub currency: Currency,
    pub anchor: Time,
    pub period: i32,
    pub period_start: Time,
    pub renews_at: Time,
    pub cancel_at: Option<Time>,
    pub suspended_at: Option<Time>,
}

impl Plan {
    /// The period after the one that runs, as it is billed now. A trial's end is the anchor of the first one that is paid for.
    pub fn next_period(&self) -> Period {
        let (anchor, number) = match self.status {
            SubscriptionStatus::Trialing => (self.renews_at, 0),
            _ => (self.anchor, self.period + 1),
        };
        Period { anchor, number, start: self.renews_at, end: period::start(anchor, self.billing_cycle, number + 1) }
    }

    /// [`Plan::next_period`] where it is billed in this way from then on: another cycle begins with an anchor of its own.
    pub fn next_period_as(&self, cycle: BillingCycle) -> Period {
        if cycle == self.billing_cycle {
            return self.next_period();
        }
        Period { anchor: self.renews_at, number: 0, start: self.renews_at, end: period::end(self.renews_at, cycle) }
    }
}

/// Locks a plan's subscription against every other change; nothing for an add-on.
pub(super) async fn lock_plan(conn: &mut PgConnection, id: SubscriptionId) -> sqlx::Result<Option<Plan>> {
    sqlx::query_as(
        "select s.id, s.tenant_id, coalesce((select r.name from domain_registrations r where r.subscription_id = s.id), p.name) as product_name,
                p.type as kind, s.status, s.billing_cycle, s.quantity, s.currency, s.anchor, s.period, s.period_start,
                s.renews_at, s.cancel_at, s.suspended_at
           from subscriptions s join products p on p.id = s.product_id
          where s.id = $1 and s.parent_id is null for no key update of s",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// What there may be to do for a plan's subscription: one look instead of one for each, since most find nothing.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Agenda {
    /// The provider has not answered a charge yet, whatever became of its invoice.
    pub is_charge_unanswered: bool,
    /// A change of plan waits for its payment.
    pub is_change_pending: bool,
    /// A new price is to be announced.
    pub is_price_unannounced: bool,
    /// The period after this one has its invoice.
    pub is_next_invoiced: bool,
}

pub(super) async fn agenda(conn: &mut PgConnection, id: SubscriptionId, renews_at: Time) -> sqlx::Result<Agenda> {
    sqlx::query_as(
        "select exists (select from invoices i join payments p on p.tenant_id = i.tenant_id and p.invoice_id = i.id and p.status = 'PENDING'
                         where i.subscription_id = $1) as is_charge_unanswered,
                exists (select from subscription_changes where subscription_id = $1 and status = 'PENDING') as is_change_pending,
                exists (select from subscriptions s join subscription_price_moves m on m.tenant_id = s.tenant_id and m.subscription_id = s.id
                         where (s.id = $1 or s.parent_id = $1) and m.status = 'PENDING' and m.notified_at is null) as is_price_unannounced,
                exists (select from invoices where subscription_id = $1 and period_start = $2 and status <> 'VOID') as is_next_invoiced",
    )
    .bind(id)
    .bind(renews_at)
    .fetch_one(conn)
    .await
}

/// A plan's subscription, to look at.
pub(super) async fn plan_by_id(conn: &mut PgConnection, id: SubscriptionId) -> sqlx::Result<Option<Plan>> {
    sqlx::query_as(
        "select s.id, s.tenant_id, coalesce((select r.name from domain_registrations r where r.subscription_id = s.id), p.name) as product_name,
                p.type as kind, s.status, s.billing_cycle, s.quantity, s.currency, s.anchor, s.period, s.period_start,
                s.renews_at, s.cancel_at, s.suspended_at
           from subscriptions s join products p on p.id = s.product_id
          where s.id = $1 and s.parent_id is null",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// The subscription of a plan that this one is, or belongs to; of this account, where one is given.
pub(super) async fn plan_of(conn: &mut PgConnection, tenant: Option<TenantId>, id: SubscriptionId) -> sqlx::Result<Option<SubscriptionId>> {
    sqlx::query_scalar("select coalesce(parent_id, id) from subscriptions where id = $1 and ($2::uuid is null or tenant_id = $2)")
        .bind(id)
        .bind(tenant)
        .fetch_optional(conn)
        .await
}

/// What a subscription is for, and how it is billed.
pub(super) async fn product_and_cycle(conn: &mut PgConnection, id: SubscriptionId) -> sqlx::Result<(ProductId, BillingCycle)> {
    sqlx::query_as("select product_id, billing_cycle from subscriptions where id = $1").bind(id).fetch_one(conn).await
}

/// Another product or price for one item: a plan, or an add-on.
pub(super) async fn set_product(
    conn: &mut PgConnection,
    id: SubscriptionId,
    product: ProductId,
    cycle: BillingCycle,
    price: Money,
) -> sqlx::Result<Vec<Changed>> {
    sqlx::query_as(
        "with before as (select s.*, p.name as product_name, p.code as product_code from subscriptions s join products p on p.id = s.product_id
                          where s.id = $1 and s.status <> 'CANCELLED' for no key update of s)
         update subscriptions s set product_id = $2, billing_cycle = $3, price = $4 from before b where s.id = b.id
         returning s.id, s.tenant_id, b.product_name, b.product_code, b.billing_cycle, b.price, b.status, b.quantity, b.renews_at, b.cancel_at",
    )
    .bind(id)
    .bind(product)
    .bind(cycle)
    .bind(price.minor)
    .fetch_all(conn)
    .await
}

/// A plan or an add-on of a subscription.
#[derive(sqlx::FromRow)]
pub(super) struct Item {
    pub id: SubscriptionId,
    pub product_id: ProductId,
    pub product_code: String,
    pub product_name: String,
    pub quantity: i32,
    pub price: i64,
}

/// A plan and its add-ons: those that have not ended, or of one that has those that ended with it.
pub(super) async fn items(conn: &mut PgConnection, id: SubscriptionId) -> sqlx::Result<Vec<Item>> {
    sqlx::query_as(
        "select s.id, s.product_id, p.code as product_code, s.quantity, s.price,
                coalesce((select r.name from domain_registrations r where r.subscription_id = s.id), p.name) as product_name
           from subscriptions s
           join products p on p.id = s.product_id
           join subscriptions plan on plan.id = $1
          where (s.id = $1 or s.parent_id = $1) and (s.status <> 'CANCELLED' or (plan.status = 'CANCELLED' and s.cancel_at = plan.cancel_at))
          order by s.parent_id nulls first, s.id limit 100",
    )
    .bind(id)
    .fetch_all(conn)
    .await
}

pub(super) async fn plans_that_go_on(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select s.id as key, null::uuid as server from subscriptions s join products p on p.id = s.product_id and p.type <> 'DOMAIN'
          where s.status <> 'CANCELLED' and s.parent_id is null and ($1::uuid is null or s.id > $1) order by s.id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// Plans that go on, and those that have ended while a CloudPod of theirs still runs or money of theirs is on its way.
pub(super) async fn plans_to_bill(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select s.id as key, null::uuid as server from subscriptions s
          where s.parent_id is null and ($1::uuid is null or s.id > $1)
            and (s.status <> 'CANCELLED'
                 or exists (select from cloud_pods c where c.tenant_id = s.tenant_id and c.subscription_id = s.id
                               and c.status not in ('FAILED', 'DELETING', 'HELD', 'DELETED'))
                 or exists (select from subscription_changes c where c.subscription_id = s.id and c.status = 'PENDING')
                 or exists (select from payments p join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
                             where i.subscription_id = s.id and p.status = 'PENDING'))
          order by s.id limit $2",
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
        "select s.id, s.tenant_id, t.name as tenant_name, p.code as product_code, s.status, s.billing_cycle,
                coalesce((select r.name from domain_registrations r where r.subscription_id = s.id), p.name) as product_name,
                s.quantity, s.price, s.currency, s.started_at, s.period_start, s.renews_at, s.cancel_at, s.suspended_at, s.parent_id,
                pod.id as pod_id, pod.name as pod_name
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
           left join lateral (
             select c.id, c.name from cloud_pods c
              where c.tenant_id = s.tenant_id and c.subscription_id = coalesce(s.parent_id, s.id) order by c.id desc limit 1
           ) pod on true
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
        "select s.id, s.tenant_id, t.name as tenant_name, p.code as product_code, s.status, s.billing_cycle,
                coalesce((select r.name from domain_registrations r where r.subscription_id = s.id), p.name) as product_name,
                s.quantity, s.price, s.currency, s.started_at, s.period_start, s.renews_at, s.cancel_at, s.suspended_at, s.parent_id,
                pod.id as pod_id, pod.name as pod_name
           from subscriptions s
           join tenants t on t.id = s.tenant_id
           join products p on p.id = s.product_id
           left join lateral (
             select c.id, c.name from cloud_pods c
              where c.tenant_id = s.tenant_id and c.subscription_id = coalesce(s.parent_id, s.id) order by c.id desc limit 1
           ) pod on true
          where s.id = $1 and ($2::uuid is null or s.tenant_id = $2)",
    )
    .bind(id)
    .bind(tenant)
    .fetch_optional(conn)
    .await
}
