//! Customers as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::tenants::{CustomerRow, CustomerView},
    ids::TenantId,
    page::{Page, PageRequest},
};

/// Lists customers, newest first.
#[operation("/api/admin/customers", "list", platform(CustomersRead))]
pub async fn list_customers(request: PageRequest) -> Result<Page<CustomerRow>, AppError> {
    Ok(mpanel_core::administration::tenants::list(&mut tx, &request).await?)
}

/// Returns one customer with its CloudPods, subscriptions, invoices and members.
#[operation("/api/admin/customers", "get", platform(CustomersRead))]
pub async fn read_customer(id: TenantId) -> Result<CustomerView, AppError> {
    Ok(mpanel_core::administration::tenants::get(&mut tx, &id.to_string()).await?)
}
