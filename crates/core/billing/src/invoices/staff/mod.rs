//! What staff do with invoices: write them for what no subscription is for, and write off what will not be paid.

mod manual;
mod queries;
#[cfg(test)]
mod tests;
mod write_off;

pub use manual::{create, preview};
pub use write_off::write_off;

use engine::{Error, Result};
use model::{
    billing::invoices::WriteOff,
    ids::{InvoiceId, TenantId},
    money::Currency,
};
use sqlx::PgConnection;

/// The currency that an account is invoiced in.
///
/// # Errors
/// Not found.
pub(crate) async fn currency_of(conn: &mut PgConnection, tenant: TenantId) -> Result<Currency> {
    Ok(queries::account(conn, tenant).await?.ok_or_else(|| Error::not_found("Customer"))?.1)
}

/// The currency of what an account has bought or was invoiced, if it was anything: an account has one.
pub(crate) async fn has_currency(conn: &mut PgConnection, tenant: TenantId) -> Result<Option<Currency>> {
    Ok(queries::has_currency(conn, tenant).await?)
}

/// When and why what an invoice had open was given up, if it was.
pub(super) async fn write_off_of(conn: &mut PgConnection, invoice: InvoiceId) -> Result<Option<WriteOff>> {
    Ok(queries::write_off_of(conn, invoice).await?)
}
