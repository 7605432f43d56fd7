//! The coupon of a subscription: which periods it is for, and what was charged after it.

use super::queries::{self, Redemption};
use engine::Result;
use model::{
    Time,
    billing::invoices::InvoiceLine,
    ids::{InvoiceId, SubscriptionId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;

/// What an item is charged, before and after the coupon.
#[derive(Clone, Debug)]
pub(crate) struct ItemCharge {
    pub item: SubscriptionId,
    pub quantity: i32,
    pub net: i64,
    pub discount: i64,
}

/// The time that charges are for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChargedTime {
    pub start: Time,
    pub end: Time,
    /// Whether it is a period, and counts as one; else the rest of one.
    pub is_whole_period: bool,
}

/// What an item was charged for a time, as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Charged {
    pub item: SubscriptionId,
    pub quantity: i32,
    pub net: i64,
    pub discount: i64,
    pub period_start: Time,
    pub period_end: Time,
}

/// The coupon of this plan's subscription.
pub(crate) async fn of_subscription(conn: &mut PgConnection, plan: SubscriptionId) -> Result<Option<Redemption>> {
    Ok(queries::of_subscription(conn, plan).await?)
}

/// Whether it is for the period that begins then.
pub(crate) async fn covers(conn: &mut PgConnection, coupon: &Redemption, start: Time) -> Result<bool> {
    Ok(coupon.terms.covers_after(queries::periods_before(conn, coupon.id, start).await?))
}

/// For how many periods it is, beginning with the one that begins then; for every one, where there is no number.
pub(crate) async fn periods_left(conn: &mut PgConnection, coupon: &Redemption, start: Time) -> Result<Option<i32>> {
    let Some(most) = coupon.terms.periods else { return Ok(None) };
    let used = queries::periods_before(conn, coupon.id, start).await?;
    Ok(Some(i32::try_from((i64::from(most) - used).max(0)).unwrap_or(most)))
}

/// What the items of a subscription were charged for the time around this moment.
pub(crate) async fn charged(conn: &mut PgConnection, coupon: &Redemption, at: Time) -> Result<Vec<Charged>> {
    Ok(queries::charged(conn, coupon.id, at).await?)
}

/// Keeps what items are charged for a time, with the invoice that charges it.
pub(crate) async fn record(
    conn: &mut PgConnection,
    tenant: TenantId,
    coupon: &Redemption,
    invoice: Option<InvoiceId>,
    charges: &[ItemCharge],
    time: &ChargedTime,
) -> Result<()> {
    for charge in charges {
        queries::insert_charge(&mut *conn, tenant, coupon.id, invoice, charge, time).await?;
    }
    Ok(())
}

/// What a coupon takes off a product, as a line of an invoice.
pub(crate) fn discount_line(code: &str, product: &str, discount: i64, currency: Currency, (period_start, period_end): (Time, Time)) -> InvoiceLine {
    let net = Money::new(-discount, currency);
    InvoiceLine { description: label(code, product), quantity: 1, unit_price: net, net, period_start, period_end }
}

/// `Coupon SPRING: WordPress`.
pub(crate) fn label(code: &str, product: &str) -> String {
    format!("Coupon {code}: {product}")
}
