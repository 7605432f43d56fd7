//! SQL of an invoice that is opened again.

use model::{ids::InvoiceId, money::Currency};
use sqlx::PgConnection;

/// Takes back that an invoice is paid. Answers with its number and currency, if it was.
pub(super) async fn set_open(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<(String, Currency)>> {
    sqlx::query_as(
        "update invoices set status = 'OPEN', paid_at = null where id = $1 and status = 'PAID' and kind = 'INVOICE' returning number, currency",
    )
    .bind(invoice)
    .fetch_optional(conn)
    .await
}

/// Opens an invoice whose payment was taken back. Answers with its number and currency, if it was not open.
pub(super) async fn set_unpaid(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<(String, Currency)>> {
    sqlx::query_as(
        "update invoices set status = 'OPEN', paid_at = null
          where id = $1 and status in ('PAID', 'WRITTEN_OFF') and kind = 'INVOICE' returning number, currency",
    )
    .bind(invoice)
    .fetch_optional(conn)
    .await
}

/// An invoice that was open, and of which nothing is any more, is written off. Answers with its number, whatever became of it.
pub(super) async fn set_given_up(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<String> {
    sqlx::query_scalar(
        "update invoices i set status = case when i.status = 'OPEN' and open_amount(i) = 0 then 'WRITTEN_OFF' else i.status end
          where i.id = $1 returning i.number",
    )
    .bind(invoice)
    .fetch_one(conn)
    .await
}

pub(super) async fn is_void(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select status = 'VOID' from invoices where id = $1").bind(invoice).fetch_one(conn).await
}
