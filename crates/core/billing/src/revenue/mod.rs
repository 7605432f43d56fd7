//! Revenue: monthly recurring revenue (MRR) with what moved it, what is outstanding, and what is due.
//!
//! A subscription counts with its price a month, without tax, while it is active or past due. Amounts are kept in twelfths of a minor unit, so that
//! a month of a yearly price is exact; what is shown is rounded once, half away from zero. Whoever changes a subscription has the movement noted
//! in the same transaction. Once a day all subscriptions are counted anew: the difference from the day before is the sum of the movements between.

mod cohorts;
mod queries;
mod reconcile;
#[cfg(test)]
mod tests;
mod view;

pub use view::view;

use engine::Result;
use model::{
    Time,
    billing::revenue::MovementRow,
    ids::SubscriptionId,
    money::{Currency, Money},
};
use sqlx::PgConnection;

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::RevenueSnapshot>();
}

/// Notes what these subscriptions have moved, in the transaction that has changed them.
pub(crate) async fn note(conn: &mut PgConnection, subscriptions: &[SubscriptionId], at: Time) -> Result<()> {
    Ok(queries::note(conn, subscriptions, at).await?)
}

/// What recurs each month, by currency, the largest first.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn recurring(conn: &mut PgConnection) -> Result<Vec<Money>> {
    let rows = queries::recurring(conn).await?.into_iter().filter(|row| row.twelfths > 0);
    Ok(rows.map(|row| rounded(row.twelfths, row.currency)).collect())
}

/// The movements of a subscription and its add-ons, newest first.
pub(crate) async fn of_subscription(conn: &mut PgConnection, id: SubscriptionId) -> Result<Vec<MovementRow>> {
    let rows = queries::of_subscription(conn, id).await?;
    Ok(rows.into_iter().map(|(kind, twelfths, currency, at)| MovementRow { kind, amount: rounded(twelfths, currency), at }).collect())
}

/// Twelfths of a minor unit as money: rounded once, half away from zero.
pub(crate) fn rounded(twelfths: i64, currency: Currency) -> Money {
    Money::new((twelfths + twelfths.signum() * 6) / 12, currency)
}
