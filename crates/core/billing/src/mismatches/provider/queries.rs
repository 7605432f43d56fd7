//! SQL of payments at the provider.

use crate::invoices::queries::Amount;
use model::{
    ids::{InvoiceId, PaymentSessionId, TenantId},
    money::Currency,
};
use sqlx::PgConnection;

/// Payments of a provider that are not stored.
pub(in crate::mismatches) async fn unknown_payments(conn: &mut PgConnection, provider: &str, refs: &[String]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select taken.ref from unnest($2::text[]) taken (ref)
          where not exists (select from payments p where p.provider = $1 and p.provider_ref = taken.ref)",
    )
    .bind(provider)
    .bind(refs)
    .fetch_all(conn)
    .await
}

/// The invoice that a payment is for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::mismatches) struct TargetInvoice {
    pub tenant_id: TenantId,
    pub invoice_id: InvoiceId,
    pub number: String,
    pub currency: Currency,
}

pub(in crate::mismatches) async fn invoice_of_page(conn: &mut PgConnection, page: PaymentSessionId) -> sqlx::Result<Option<TargetInvoice>> {
    sqlx::query_as(
        "select i.tenant_id, i.id as invoice_id, i.number, i.currency
           from payment_sessions s join invoices i on i.tenant_id = s.tenant_id and i.id = s.invoice_id where s.id = $1",
    )
    .bind(page)
    .fetch_optional(conn)
    .await
}

pub(in crate::mismatches) async fn invoice_by_id(conn: &mut PgConnection, id: InvoiceId) -> sqlx::Result<Option<TargetInvoice>> {
    sqlx::query_as("select tenant_id, id as invoice_id, number, currency from invoices where id = $1 and kind = 'INVOICE'")
        .bind(id)
        .fetch_optional(conn)
        .await
}

pub(in crate::mismatches) async fn invoice_by_number(conn: &mut PgConnection, number: &str) -> sqlx::Result<Option<TargetInvoice>> {
    sqlx::query_as("select tenant_id, id as invoice_id, number, currency from invoices where number = upper($1) and kind = 'INVOICE'")
        .bind(number)
        .fetch_optional(conn)
        .await
}

/// A payment that is listed as being on no invoice.
#[derive(sqlx::FromRow)]
pub(in crate::mismatches) struct Unbooked {
    #[sqlx(flatten)]
    pub amount: Amount,
    pub purpose: Option<String>,
}

/// What was taken with it, in minor units.
pub(in crate::mismatches) async fn amount(conn: &mut PgConnection, payment_ref: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("select amount from mismatches where kind = 'PAYMENT_WITHOUT_INVOICE' and object = $1 and cleared_at is null")
        .bind(payment_ref)
        .fetch_optional(conn)
        .await
}

/// That payment, locked against others who book it.
pub(in crate::mismatches) async fn taken(conn: &mut PgConnection, payment_ref: &str) -> sqlx::Result<Option<Unbooked>> {
    sqlx::query_as(
        "select amount, currency, purpose from mismatches where kind = 'PAYMENT_WITHOUT_INVOICE' and object = $1 and cleared_at is null for update",
    )
    .bind(payment_ref)
    .fetch_optional(conn)
    .await
}
