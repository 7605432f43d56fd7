//! What staff do with invoices: write them for what no subscription is for, and write off what will not be paid.

mod manual;
mod queries;
#[cfg(test)]
mod tests;
mod write_off;

pub use manual::{create, preview};
pub use write_off::write_off;

use engine::Result;
use model::{billing::invoices::WriteOff, ids::InvoiceId};
use sqlx::PgConnection;

/// When and why what an invoice had open was given up, if it was.
pub(super) async fn write_off_of(conn: &mut PgConnection, invoice: InvoiceId) -> Result<Option<WriteOff>> {
    Ok(queries::write_off_of(conn, invoice).await?)
}
