//! SQL of extensions.

use model::{
    Time,
    ids::{InvoiceId, SubscriptionId, TenantId},
};
use sqlx::PgConnection;
use uuid::Uuid;

pub(super) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    subscription: SubscriptionId,
    until: Time,
    reason: &str,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query("insert into dunning_extensions (id, tenant_id, subscription_id, until, reason, created_at) values ($1, $2, $3, $4, $5, $6)")
        .bind(Uuid::now_v7())
        .bind(tenant)
        .bind(subscription)
        .bind(until)
        .bind(reason)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends the extension. Returns its deadline, if that had not passed.
pub(crate) async fn end(conn: &mut PgConnection, subscription: SubscriptionId, now: Time) -> sqlx::Result<Option<Time>> {
    let until: Option<Time> =
        sqlx::query_scalar("update dunning_extensions set ended_at = $2 where subscription_id = $1 and ended_at is null returning until")
            .bind(subscription)
            .bind(now)
            .fetch_optional(conn)
            .await?;
    Ok(until.filter(|until| *until > now))
}

/// The extended deadline of a subscription, if it has not passed and an invoice that it covers is open.
pub(crate) async fn current(conn: &mut PgConnection, subscription: SubscriptionId, now: Time) -> sqlx::Result<Option<Time>> {
    sqlx::query_scalar(
        "select until from dunning_extensions e
          where subscription_id = $1 and ended_at is null and until > $2
            and exists (select from invoices i where i.tenant_id = e.tenant_id and i.subscription_id = e.subscription_id
                           and i.kind = 'INVOICE' and i.status = 'OPEN' and i.issued_at <= e.created_at)",
    )
    .bind(subscription)
    .bind(now)
    .fetch_optional(conn)
    .await
}

/// The last extended deadline of an invoice, even if it has passed.
pub(in crate::dunning) async fn of_invoice(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<Time>> {
    sqlx::query_scalar(
        "select least(e.until, e.ended_at) from dunning_extensions e
           join invoices i on i.tenant_id = e.tenant_id and i.subscription_id = e.subscription_id and i.issued_at <= e.created_at
          where i.id = $1 order by e.id desc limit 1",
    )
    .bind(invoice)
    .fetch_optional(conn)
    .await
}
