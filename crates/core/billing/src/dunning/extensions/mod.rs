//! More time to pay, that staff give for a subscription.
//!
//! - Until then no card is charged by itself, and nothing is suspended or terminated for an unpaid invoice. What is suspended already stays so.
//! - It is for the invoices that are there when it is given; what is invoiced later is due as usual.
//! - Reminders go on: they name the new day.
//! - One that has passed keeps counting for what was due before it, so that nothing seems to be late that was not.

mod queries;
#[cfg(test)]
mod tests;

pub(super) use queries::of_invoice;
pub(crate) use queries::{current, end};

use engine::Result;
use model::{
    Time,
    ids::{SubscriptionId, TenantId},
};
use sqlx::PgConnection;

/// Gives time until then, instead of another one that was given.
pub(crate) async fn extend(
    conn: &mut PgConnection,
    tenant: TenantId,
    subscription: SubscriptionId,
    until: Time,
    reason: &str,
    now: Time,
) -> Result<()> {
    queries::end(&mut *conn, subscription, now).await?;
    Ok(queries::insert(conn, tenant, subscription, until, reason, now).await?)
}
