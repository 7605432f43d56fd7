//! Invoices. A number is taken in the transaction that issues the invoice: no two share one, and none is left out.

mod issue;
pub(crate) mod queries;
#[cfg(test)]
mod tests;

pub(crate) use issue::{NewInvoice, issue};

use db::{Keyset, PlatformRead, TenantRead};
use engine::{Error, Result};
use model::{
    billing::invoices::{InvoiceRow, InvoiceStatus, InvoiceView},
    ids::{InvoiceId, TenantId},
    page::{Page, PageRequest},
    permission::{BillingRead, CustomersRead},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// All invoices, newest first. `state` may be a status word.
///
/// # Errors
/// When the cursor is unknown or PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<BillingRead>, request: &PageRequest) -> Result<Page<InvoiceRow>> {
    page(tx.conn(), None, request).await
}

/// The invoices of the open tenant, newest first.
///
/// # Errors
/// As [`list`].
pub async fn of_tenant(tx: &mut impl TenantRead<BillingRead>, request: &PageRequest) -> Result<Page<InvoiceRow>> {
    let tenant = tx.tenant();
    page(tx.conn(), Some(tenant), request).await
}

/// One invoice with its lines.
///
/// # Errors
/// Not found.
pub async fn get(tx: &mut impl PlatformRead<BillingRead>, id: InvoiceId) -> Result<InvoiceView> {
    one(tx.conn(), None, id).await
}

/// One invoice of the open tenant with its lines.
///
/// # Errors
/// Not found, also when it is somebody else's.
pub async fn get_of_tenant(tx: &mut impl TenantRead<BillingRead>, id: InvoiceId) -> Result<InvoiceView> {
    let tenant = tx.tenant();
    one(tx.conn(), Some(tenant), id).await
}

/// The newest of a customer, for staff.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn of_customer(tx: &mut impl PlatformRead<CustomersRead>, tenant: TenantId) -> Result<Vec<InvoiceRow>> {
    Ok(page(tx.conn(), Some(tenant), &PageRequest::default()).await?.rows)
}

/// A page of all, or of one tenant's.
async fn page(conn: &mut PgConnection, tenant: Option<TenantId>, request: &PageRequest) -> Result<Page<InvoiceRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let state = request.state.as_deref().filter(|state| !state.is_empty());
    let state: Option<InvoiceStatus> = state.map(|state| state.parse().map_err(|_| Error::field("state", "Unknown status filter."))).transpose()?;
    let rows = queries::page(conn, &keyset, tenant, state).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &InvoiceRow| row.id.0))
}

async fn one(conn: &mut PgConnection, tenant: Option<TenantId>, id: InvoiceId) -> Result<InvoiceView> {
    let whole = queries::one(&mut *conn, tenant, id).await?.ok_or_else(|| Error::not_found("Invoice"))?;
    let lines = queries::lines(conn, id).await?;
    Ok(whole.view(lines))
}
