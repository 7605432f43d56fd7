//! SQL of coupons.

use super::{
    charges::{Charged, ChargedTime, ItemCharge},
    input::Checked,
    terms::Terms,
};
use db::Keyset;
use model::{
    Time,
    billing::coupons::{CouponView, RedemptionView},
    ids::{CouponId, InvoiceId, SubscriptionId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: CouponId,
    #[sqlx(flatten)]
    terms: Terms,
    max_redemptions: Option<i32>,
    uses: i64,
    once_per_customer: bool,
    expires_at: Option<Time>,
    active: bool,
    created_at: Time,
}

impl Row {
    pub fn view(self) -> CouponView {
        CouponView {
            id: self.id,
            value: self.terms.value(),
            code: self.terms.code,
            periods: self.terms.periods,
            products: self.terms.products,
            max_redemptions: self.max_redemptions,
            uses: self.uses,
            once_per_customer: self.once_per_customer,
            expires_at: self.expires_at,
            active: self.active,
            created_at: self.created_at,
        }
    }
}

pub(super) async fn page(conn: &mut PgConnection, keyset: &Keyset<Uuid>, now: Time) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "select id, code, percent_bp, amount, currency, periods, products, max_redemptions, coupon_uses(id, null, $4) as uses, once_per_customer,
                expires_at, active, created_at
           from (
             (select * from coupons where $2::uuid is null and ($1::uuid is null or id < $1) order by id desc limit $3)
             union all
             (select * from coupons where id > $2 order by id limit $3)
           ) page order by id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(now)
    .fetch_all(conn)
    .await
}

pub(super) async fn one(conn: &mut PgConnection, id: CouponId, now: Time) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        "select id, code, percent_bp, amount, currency, periods, products, max_redemptions, coupon_uses(id, null, $2) as uses, once_per_customer,
                expires_at, active, created_at
           from coupons where id = $1",
    )
    .bind(id)
    .bind(now)
    .fetch_optional(conn)
    .await
}

pub(super) async fn exists(conn: &mut PgConnection, id: CouponId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from coupons where id = $1)").bind(id).fetch_one(conn).await
}

pub(super) async fn insert(conn: &mut PgConnection, id: CouponId, coupon: &Checked, now: Time) -> sqlx::Result<()> {
    let terms = &coupon.terms;
    sqlx::query(
        "insert into coupons (id, code, percent_bp, amount, currency, periods, products, max_redemptions, once_per_customer, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(id)
    .bind(&terms.code)
    .bind(terms.percent_bp)
    .bind(terms.amount)
    .bind(terms.currency)
    .bind(terms.periods)
    .bind(&terms.products)
    .bind(coupon.max_redemptions)
    .bind(coupon.once_per_customer)
    .bind(coupon.expires_at)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The code of a coupon that was active until now.
pub(super) async fn deactivate(conn: &mut PgConnection, id: CouponId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("update coupons set active = false where id = $1 and active returning code").bind(id).fetch_optional(conn).await
}

#[derive(sqlx::FromRow)]
pub(super) struct RedemptionRow {
    tenant_id: TenantId,
    tenant_name: String,
    subscription_id: SubscriptionId,
    product_name: String,
    discounted: i64,
    currency: Currency,
    created_at: Time,
}

impl RedemptionRow {
    pub fn view(self) -> RedemptionView {
        RedemptionView {
            tenant: self.tenant_id,
            tenant_name: self.tenant_name,
            subscription: self.subscription_id,
            product_name: self.product_name,
            discounted: Money::new(self.discounted, self.currency),
            redeemed_at: self.created_at,
        }
    }
}

/// The newest redemptions of a coupon, with what it has taken off on invoices that stand.
pub(super) async fn redemptions(conn: &mut PgConnection, id: CouponId) -> sqlx::Result<Vec<RedemptionRow>> {
    sqlx::query_as(
        "select r.tenant_id, t.name as tenant_name, r.subscription_id, p.name as product_name, s.currency, r.created_at,
                (select coalesce(sum(c.discount), 0)::bigint
                   from coupon_charges c left join invoices i on i.tenant_id = c.tenant_id and i.id = c.invoice_id
                  where c.redemption_id = r.id and i.status is distinct from 'VOID') as discounted
           from coupon_redemptions r
           join tenants t on t.id = r.tenant_id
           join subscriptions s on s.tenant_id = r.tenant_id and s.id = r.subscription_id
           join products p on p.id = s.product_id
          where r.coupon_id = $1 order by r.id desc limit 100",
    )
    .bind(id)
    .fetch_all(conn)
    .await
}

/// A coupon as an order finds it.
#[derive(sqlx::FromRow)]
pub(super) struct OfferRow {
    pub id: CouponId,
    #[sqlx(flatten)]
    pub terms: Terms,
    pub refusal: Option<String>,
}

pub(super) async fn offer(conn: &mut PgConnection, code: &str, customer: &str, now: Time, hold: bool) -> sqlx::Result<Option<OfferRow>> {
    sqlx::query_as("select id, code, percent_bp, amount, currency, periods, products, refusal from coupon_offer($1, $2, $3, $4)")
        .bind(code)
        .bind(customer)
        .bind(now)
        .bind(hold)
        .fetch_optional(conn)
        .await
}

/// Different wrong codes of a peer since then.
pub(super) async fn wrong_codes(conn: &mut PgConnection, peer: &str, since: Time) -> sqlx::Result<i64> {
    sqlx::query_scalar("select coupon_guesses_of($1, $2)").bind(peer).bind(since).fetch_one(conn).await
}

pub(super) async fn note_wrong_code(conn: &mut PgConnection, peer: &str, code: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query("select coupon_guessed($1, $2, $3)").bind(peer).bind(code).bind(now).execute(conn).await?;
    Ok(())
}

/// The coupon of a subscription.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Redemption {
    pub id: Uuid,
    #[sqlx(flatten)]
    pub terms: Terms,
}

/// Locks a coupon; whether it is for one use of each customer.
pub(super) async fn lock_if_once(conn: &mut PgConnection, coupon: CouponId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select once_per_customer from coupons where id = $1 for update").bind(coupon).fetch_one(conn).await
}

/// Whether a customer has redeemed a coupon: under this address, however it is written, or in an account of its.
pub(super) async fn was_redeemed(conn: &mut PgConnection, coupon: CouponId, email: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from coupon_redemptions
                         where coupon_id = $1 and (customer_key(email) = customer_key($2) or tenant_id in (select customer_accounts($2))))",
    )
    .bind(coupon)
    .bind(email)
    .fetch_one(conn)
    .await
}

pub(super) async fn redeem(
    conn: &mut PgConnection,
    coupon: CouponId,
    tenant: TenantId,
    subscription: SubscriptionId,
    email: &str,
    now: Time,
) -> sqlx::Result<Redemption> {
    sqlx::query_as(
        "insert into coupon_redemptions (id, tenant_id, coupon_id, subscription_id, email, code, percent_bp, amount, currency, periods, products,
                                         created_at)
         select $1, $2, id, $3, $4, code, percent_bp, amount, currency, periods, products, $6 from coupons where id = $5
         returning id, code, percent_bp, amount, currency, periods, products",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(subscription)
    .bind(email)
    .bind(coupon)
    .bind(now)
    .fetch_one(conn)
    .await
}

pub(super) async fn of_subscription(conn: &mut PgConnection, plan: SubscriptionId) -> sqlx::Result<Option<Redemption>> {
    sqlx::query_as("select id, code, percent_bp, amount, currency, periods, products from coupon_redemptions where subscription_id = $1")
        .bind(plan)
        .fetch_optional(conn)
        .await
}

/// How many periods were invoiced with this coupon's subscription that begin before then.
pub(super) async fn periods_before(conn: &mut PgConnection, redemption: Uuid, before: Time) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(distinct c.period_start) from coupon_charges c left join invoices i on i.tenant_id = c.tenant_id and i.id = c.invoice_id
          where c.redemption_id = $1 and c.is_whole_period and c.period_start < $2 and i.status is distinct from 'VOID'",
    )
    .bind(redemption)
    .bind(before)
    .fetch_one(conn)
    .await
}

/// The latest charge of each item for the time around this moment.
pub(super) async fn charged(conn: &mut PgConnection, redemption: Uuid, at: Time) -> sqlx::Result<Vec<Charged>> {
    sqlx::query_as(
        "select distinct on (c.subscription_id) c.subscription_id as item, c.quantity, c.net, c.discount, c.period_start, c.period_end
           from coupon_charges c left join invoices i on i.tenant_id = c.tenant_id and i.id = c.invoice_id
          where c.redemption_id = $1 and c.period_start <= $2 and c.period_end > $2 and i.status is distinct from 'VOID'
          order by c.subscription_id, c.id desc limit 100",
    )
    .bind(redemption)
    .bind(at)
    .fetch_all(conn)
    .await
}

pub(super) async fn insert_charge(
    conn: &mut PgConnection,
    tenant: TenantId,
    redemption: Uuid,
    invoice: Option<InvoiceId>,
    charge: &ItemCharge,
    time: &ChargedTime,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into coupon_charges (id, tenant_id, redemption_id, subscription_id, invoice_id, quantity, net, discount, period_start, period_end,
                                     is_whole_period)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(redemption)
    .bind(charge.item)
    .bind(invoice)
    .bind(charge.quantity)
    .bind(charge.net)
    .bind(charge.discount)
    .bind(time.start)
    .bind(time.end)
    .bind(time.is_whole_period)
    .execute(conn)
    .await?;
    Ok(())
}
