//! SQL of what staff do with invoices.

use model::{
    Time,
    billing::invoices::WriteOff,
    ids::{InvoiceId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;

/// Given up by staff. Answers with its number.
pub(super) async fn set_written_off(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<String> {
    sqlx::query_scalar("update invoices set status = 'WRITTEN_OFF' where id = $1 and status = 'OPEN' returning number")
        .bind(invoice)
        .fetch_one(conn)
        .await
}

/// Whether a payment of it may still take money.
pub(super) async fn is_being_paid(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from payments where invoice_id = $1 and status in ('PENDING', 'ACTION_REQUIRED', 'PROCESSING'))")
        .bind(invoice)
        .fetch_one(conn)
        .await
}

/// Until when it can be paid on a page that is open.
pub(super) async fn page_open_until(conn: &mut PgConnection, invoice: InvoiceId, now: Time) -> sqlx::Result<Option<Time>> {
    sqlx::query_scalar("select max(expires_at) from payment_sessions where invoice_id = $1 and status = 'OPEN' and expires_at > $2")
        .bind(invoice)
        .bind(now)
        .fetch_one(conn)
        .await
}

/// When and why what an invoice had open was given up.
pub(super) async fn write_off_of(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<WriteOff>> {
    let row = sqlx::query_as::<_, (Time, i64, Currency, String)>(
        "select created_at, -amount, currency, reason from ledger_entries where invoice_id = $1 and kind = 'WRITE_OFF'
          order by created_at desc limit 1",
    )
    .bind(invoice)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(at, minor, currency, reason)| WriteOff { at, amount: Money::new(minor, currency), reason }))
}

/// The currency of what an account has bought or was invoiced.
pub(super) async fn has_currency(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Option<Currency>> {
    sqlx::query_scalar(
        "select coalesce((select currency from subscriptions where tenant_id = $1 order by id desc limit 1),
                         (select currency from invoices where tenant_id = $1 order by id desc limit 1),
                         (select currency from ledger_entries where tenant_id = $1 order by id desc limit 1))",
    )
    .bind(tenant)
    .fetch_one(conn)
    .await
}

/// Name of an account, and the currency that it is invoiced in: its own, or else that of what is sold.
pub(super) async fn account(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Option<(String, Currency)>> {
    sqlx::query_as(
        "select t.name, coalesce((select s.currency from subscriptions s where s.tenant_id = t.id order by s.id desc limit 1),
                                 (select i.currency from invoices i where i.tenant_id = t.id order by i.id desc limit 1),
                                 (select e.currency from ledger_entries e where e.tenant_id = t.id order by e.id desc limit 1),
                                 (select p.currency from products p where p.active order by p.position, p.id limit 1), 'EUR') as currency
           from tenants t where t.id = $1",
    )
    .bind(tenant)
    .fetch_optional(conn)
    .await
}
