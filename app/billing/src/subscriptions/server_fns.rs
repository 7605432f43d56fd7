//! Subscriptions as the admin's pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::subscriptions::SubscriptionView,
    page::{Page, PageRequest},
};

/// Lists subscriptions, newest first.
#[operation("/api/admin/billing/subscriptions", "list", platform(SubscriptionsRead))]
pub async fn list_subscriptions(request: PageRequest) -> Result<Page<SubscriptionView>, AppError> {
    Ok(core_billing::subscriptions::list(&mut tx, &request).await?)
}
