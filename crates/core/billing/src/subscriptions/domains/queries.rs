//! Statements of subscriptions of domains.

use model::{
    Time,
    ids::{ProductId, SubscriptionId},
};
use sqlx::{PgConnection, Result};

/// Whether the year that begins then is paid, and was not credited in full since.
pub(super) async fn is_paid(conn: &mut PgConnection, subscription: SubscriptionId, start: Time) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from invoices i
                         where i.subscription_id = $1 and i.period_start = $2 and i.kind = 'INVOICE' and i.status = 'PAID'
                           and (i.net = 0 or i.net > (select coalesce(-sum(c.net), 0) from invoices c where c.corrects_id = i.id)))",
    )
    .bind(subscription)
    .bind(start)
    .fetch_one(conn)
    .await
}

/// What a subscription is for.
pub(super) async fn product(conn: &mut PgConnection, subscription: SubscriptionId) -> Result<ProductId> {
    sqlx::query_scalar("select product_id from subscriptions where id = $1").bind(subscription).fetch_one(conn).await
}
