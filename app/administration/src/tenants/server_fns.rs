//! Customers as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use model::permission::CustomersRead;
use model::{
    administration::tenants::{CustomerRow, CustomerView},
    ids::TenantId,
    page::{Page, PageRequest},
};
use server_fn::codec::Json;

/// Customers, newest first.
#[server(prefix = "/api/admin/customers", endpoint = "list", input = Json)]
pub async fn list_customers(request: PageRequest) -> Result<Page<CustomerRow>, AppError> {
    Ok(mpanel_core::administration::tenants::list(&mut app_door::platform::<CustomersRead>().await?, &request).await?)
}

/// One customer with what it has.
#[server(prefix = "/api/admin/customers", endpoint = "get", input = Json)]
pub async fn read_customer(id: TenantId) -> Result<CustomerView, AppError> {
    Ok(mpanel_core::administration::tenants::get(&mut app_door::platform::<CustomersRead>().await?, &id.to_string()).await?)
}
