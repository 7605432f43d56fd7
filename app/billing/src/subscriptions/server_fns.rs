//! Subscriptions as the admin's pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use model::permission::SubscriptionsRead;
use model::{
    billing::subscriptions::SubscriptionView,
    page::{Page, PageRequest},
};
use server_fn::codec::Json;

/// Subscriptions, newest first.
#[server(prefix = "/api/admin/billing/subscriptions", endpoint = "list", input = Json)]
pub async fn list_subscriptions(request: PageRequest) -> Result<Page<SubscriptionView>, AppError> {
    Ok(mpanel_core::billing::subscriptions::list(&mut app_door::platform::<SubscriptionsRead>().await?, &request).await?)
}
