//! Extensions of the payment deadline, which staff give for a subscription.
//!
//! - Until then no card is charged automatically, and nothing is suspended or terminated for an unpaid invoice. What is suspended already stays so.
//! - An extension covers the invoices that exist when it is given; what is invoiced later is due as usual.
//! - Reminders are still sent, with the new day.
//! - One that has passed still counts for invoices that were due before it: they are late only from its end on.

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

/// Extends the deadline, and replaces an earlier extension.
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
