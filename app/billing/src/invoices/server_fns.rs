//! Invoices as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use model::permission::BillingRead;
use model::{
    billing::invoices::{InvoiceRow, InvoiceView},
    ids::InvoiceId,
    page::{Page, PageRequest},
};
use server_fn::codec::Json;

/// Invoices of all customers, newest first.
#[server(prefix = "/api/admin/billing/invoices", endpoint = "list", input = Json)]
pub async fn list_invoices(request: PageRequest) -> Result<Page<InvoiceRow>, AppError> {
    Ok(mpanel_core::billing::invoices::list(&mut app_door::platform::<BillingRead>().await?, &request).await?)
}

/// One invoice.
#[server(prefix = "/api/admin/billing/invoices", endpoint = "get", input = Json)]
pub async fn read_invoice(id: InvoiceId) -> Result<InvoiceView, AppError> {
    Ok(mpanel_core::billing::invoices::get(&mut app_door::platform::<BillingRead>().await?, id).await?)
}

/// Invoices of one tenant, newest first.
#[server(prefix = "/api/tenant/billing/invoices", endpoint = "list", input = Json)]
pub async fn list_own_invoices(slug: String, request: PageRequest) -> Result<Page<InvoiceRow>, AppError> {
    Ok(mpanel_core::billing::invoices::of_tenant(&mut app_door::tenant::<BillingRead>(&slug).await?, &request).await?)
}

/// One invoice of a tenant.
#[server(prefix = "/api/tenant/billing/invoices", endpoint = "get", input = Json)]
pub async fn read_own_invoice(slug: String, id: InvoiceId) -> Result<InvoiceView, AppError> {
    Ok(mpanel_core::billing::invoices::get_of_tenant(&mut app_door::tenant::<BillingRead>(&slug).await?, id).await?)
}
