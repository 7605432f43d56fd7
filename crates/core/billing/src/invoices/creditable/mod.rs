//! What can be credited of the running time of a subscription: what was paid for it, and not taken back by the bank.

mod queries;

pub(super) use queries::creditable_of;
pub(crate) use queries::{creditable_total, is_disputed};

use engine::Result;
use model::{
    Time,
    ids::{InvoiceId, SubscriptionId},
    money::Money,
};
use sqlx::PgConnection;

/// What of an invoice of a subscription can be credited, in minor units without tax.
pub(crate) async fn left_of(conn: &mut PgConnection, subscription: SubscriptionId, invoice: InvoiceId, now: Time) -> Result<i64> {
    let rows = creditable_of(conn, subscription, now).await?;
    Ok(rows.into_iter().find(|(id, ..)| *id == invoice).map_or(0, |(_, net, _)| net))
}

/// Net and tax of a credit of so much, in minor units: never more than was paid for the time of the subscription that is not over, and at the rates
/// of the invoices that it is taken from, the latest first.
pub(crate) async fn credit_of(conn: &mut PgConnection, subscription: SubscriptionId, wanted: i64, now: Time) -> Result<(i64, i64)> {
    let (mut left, mut credited_tax) = (wanted, 0_i64);
    for (invoice, net, tax) in creditable_of(&mut *conn, subscription, now).await? {
        if left <= 0 {
            break;
        }
        let part = left.min(net);
        left -= part;
        // All of an invoice takes what tax is left of it, so that its credit notes add up to it.
        credited_tax += if part == net {
            tax
        } else {
            let (currency, rate_bp) = queries::rate_of(&mut *conn, invoice).await?;
            let share = Money::new(part, currency).share(rate_bp).ok_or_else(|| anyhow::anyhow!("the tax of a credit does not fit"))?;
            share.minor.min(tax)
        };
    }
    Ok((wanted - left.max(0), credited_tax))
}
