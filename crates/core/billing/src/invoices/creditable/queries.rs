//! SQL of what can be credited of a subscription.

use model::{
    Time,
    billing::tax::TaxTreatment,
    ids::{InvoiceId, SubscriptionId},
    money::Currency,
};
use sqlx::PgConnection;

/// Paid invoices of a subscription for a time that is not over, of which something is not credited, the latest first, with what that is: net and
/// tax. What the bank has taken back, or may, was not paid.
pub(in crate::invoices) async fn creditable_of(
    conn: &mut PgConnection,
    subscription: SubscriptionId,
    now: Time,
) -> sqlx::Result<Vec<(InvoiceId, i64, i64)>> {
    sqlx::query_as(
        "select id, net, tax from (
           select i.id, i.net + coalesce(sum(c.net), 0)::bigint as net, i.tax + coalesce(sum(c.tax), 0)::bigint as tax
             from invoices i left join invoices c on c.corrects_id = i.id
            where i.subscription_id = $1 and i.kind = 'INVOICE' and i.status = 'PAID'
              and exists (select from invoice_lines l where l.tenant_id = i.tenant_id and l.invoice_id = i.id and l.period_end > $2)
              and not exists (select from payments p join disputes d on d.tenant_id = p.tenant_id and d.payment_id = p.id
                               where p.tenant_id = i.tenant_id and p.invoice_id = i.id and d.status <> 'WON')
            group by i.id) rest
          where net > 0 order by id desc limit 100",
    )
    .bind(subscription)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// Currency of an invoice, its tax rate in hundredths of a percent and why it has it, and the country of its buyer.
pub(super) async fn terms_of(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<(Currency, i32, TaxTreatment, String)> {
    sqlx::query_as("select currency, tax_rate_bp, tax_treatment, buyer->>'country' from invoices where id = $1").bind(invoice).fetch_one(conn).await
}

/// What was paid for the time of a subscription that is not over, and is not credited: net and tax, in minor units.
pub(crate) async fn creditable_total(conn: &mut PgConnection, subscription: SubscriptionId, now: Time) -> sqlx::Result<(i64, i64)> {
    let rows = creditable_of(conn, subscription, now).await?;
    Ok(rows.into_iter().fold((0, 0), |(nets, taxes), (_, net, tax)| (nets + net, taxes + tax)))
}

/// Whether a payment for the time of a subscription that is not over is disputed, or was lost to the bank.
pub(crate) async fn is_disputed(conn: &mut PgConnection, subscription: SubscriptionId, now: Time) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (
           select from invoices i
             join payments p on p.tenant_id = i.tenant_id and p.invoice_id = i.id
             join disputes d on d.tenant_id = p.tenant_id and d.payment_id = p.id and d.status <> 'WON'
            where i.subscription_id = $1
              and exists (select from invoice_lines l where l.tenant_id = i.tenant_id and l.invoice_id = i.id and l.period_end > $2))",
    )
    .bind(subscription)
    .bind(now)
    .fetch_one(conn)
    .await
}

/// Whether the money of an invoice for this moment of a subscription was not received: the invoice was written off, or the bank has taken its payment
/// back, or may.
pub(crate) async fn is_not_received(conn: &mut PgConnection, subscription: SubscriptionId, at: Time) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (
           select from invoices i
            where i.subscription_id = $1 and i.kind = 'INVOICE'
              and exists (select from invoice_lines l
                           where l.tenant_id = i.tenant_id and l.invoice_id = i.id and l.net > 0 and l.period_start <= $2 and l.period_end > $2)
              and (i.status = 'WRITTEN_OFF'
                   or exists (select from payments p join disputes d on d.tenant_id = p.tenant_id and d.payment_id = p.id
                               where p.tenant_id = i.tenant_id and p.invoice_id = i.id and d.status <> 'WON')))",
    )
    .bind(subscription)
    .bind(at)
    .fetch_one(conn)
    .await
}
