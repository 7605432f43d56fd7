//! Invoices as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::invoices::{InvoiceDraft, InvoicePreview, InvoiceRow, InvoiceView},
    ids::InvoiceId,
    page::{Page, PageRequest},
};

/// Lists the invoices of all customers, newest first.
#[operation("/api/admin/billing/invoices", "list", platform(BillingRead))]
pub async fn list_invoices(request: PageRequest) -> Result<Page<InvoiceRow>, AppError> {
    Ok(core_billing::invoices::list(&mut tx, &request).await?)
}

/// Returns one invoice.
#[operation("/api/admin/billing/invoices", "get", platform(BillingRead))]
pub async fn read_invoice(id: InvoiceId) -> Result<InvoiceView, AppError> {
    Ok(core_billing::invoices::get(&mut tx, id).await?)
}

/// Issues a credit note for an invoice. `net` is an amount without tax as typed; empty for everything that is left.
#[operation("/api/admin/billing/invoices", "credit", platform(BillingManage))]
pub async fn credit_invoice(id: InvoiceId, net: String, reason: String) -> Result<InvoiceId, AppError> {
    Ok(core_billing::invoices::credit(&app_auth::services()?, tx, id, &net, &reason).await?)
}

/// Opens an invoice again that is marked as paid although no payment or credit covers it.
#[operation("/api/admin/billing/invoices", "reopen", platform(BillingManage))]
pub async fn reopen_invoice(id: InvoiceId) -> Result<(), AppError> {
    Ok(core_billing::invoices::reopen(&app_auth::services()?, tx, id).await?)
}

/// Returns what an invoice with these lines would say: tax and total.
#[operation("/api/admin/billing/invoices", "preview", platform(BillingManage))]
pub async fn preview_invoice(draft: InvoiceDraft) -> Result<InvoicePreview, AppError> {
    Ok(core_billing::invoices::preview(&app_auth::services()?, tx, &draft).await?)
}

/// Issues an invoice with these lines, due on a day such as 2026-12-14. `total` is the previewed one, in minor units.
#[operation("/api/admin/billing/invoices", "create", platform(BillingManage))]
pub async fn create_invoice(draft: InvoiceDraft, due_on: String, total: i64) -> Result<InvoiceId, AppError> {
    Ok(core_billing::invoices::create(&app_auth::services()?, tx, &draft, &due_on, total).await?)
}

/// Writes off what an invoice has open. It is owed no more, and nobody is reminded of it.
#[operation("/api/admin/billing/invoices", "write_off", platform(BillingManage))]
pub async fn write_off_invoice(id: InvoiceId, reason: String) -> Result<(), AppError> {
    Ok(core_billing::invoices::write_off(&app_auth::services()?, tx, id, &reason).await?)
}

/// Lists the invoices of a tenant, newest first.
#[operation("/api/tenant/billing/invoices", "list", tenant(BillingRead))]
pub async fn list_own_invoices(slug: String, request: PageRequest) -> Result<Page<InvoiceRow>, AppError> {
    Ok(core_billing::invoices::of_tenant(&mut tx, &request).await?)
}

/// Returns one invoice of a tenant.
#[operation("/api/tenant/billing/invoices", "get", tenant(BillingRead))]
pub async fn read_own_invoice(slug: String, id: InvoiceId) -> Result<InvoiceView, AppError> {
    Ok(core_billing::invoices::get_of_tenant(&mut tx, id).await?)
}
