//! Customers as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::tenants::{CustomerRow, CustomerView},
    hosting::suspensions::SuspensionReason,
    ids::TenantId,
    page::{Page, PageRequest},
};

/// Lists customers, newest first.
#[operation("/api/admin/customers", "list", platform(CustomersRead))]
pub async fn list_customers(request: PageRequest) -> Result<Page<CustomerRow>, AppError> {
    Ok(core_administration::tenants::list(&mut tx, &request).await?)
}

/// Returns one customer with its CloudPods, subscriptions, invoices and members.
#[operation("/api/admin/customers", "get", platform(CustomersRead))]
pub async fn read_customer(id: TenantId) -> Result<CustomerView, AppError> {
    let account = core_administration::tenants::get(&mut tx, id).await?;
    let subscriptions = core_billing::subscriptions::of_customer(&mut tx, id).await?;
    let pods = core_hosting::cloudpods::of_tenant(&mut tx, id).await?;
    Ok(account.with(subscriptions, pods, core_billing::invoices::of_customer(&mut tx, id).await?))
}

/// Suspends a customer account with all of its CloudPods; its members see why, and what they owe.
#[operation("/api/admin/customers", "suspend", platform(CustomersManage))]
pub async fn suspend_customer(id: TenantId, reason: SuspensionReason) -> Result<(), AppError> {
    Ok(core_hosting::suspensions::suspend_account(&app_auth::services()?, tx, id, reason).await?)
}

/// Lifts the suspension of a customer account. CloudPods with another reason stay suspended.
#[operation("/api/admin/customers", "unsuspend", platform(CustomersManage))]
pub async fn unsuspend_customer(id: TenantId) -> Result<(), AppError> {
    Ok(core_hosting::suspensions::unsuspend_account(&app_auth::services()?, tx, id).await?)
}
