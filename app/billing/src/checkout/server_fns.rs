//! Checkout as the pages and other sites call it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::checkout::{CheckoutInput, CheckoutSession, CheckoutView, Quote, SandboxChoice, Shop},
    ids::CheckoutId,
};

/// Lists the plans and add-ons on sale.
#[operation("/api/public/checkout", "plans", public)]
pub async fn list_plans() -> Result<Shop, AppError> {
    let request = app_auth::request()?;
    let products = core_billing::products::public_list(&mut app_auth::public().await?).await?;
    Ok(core_billing::checkout::shop(&request.services.settings, &request.caller, products))
}

/// Calculates the totals of an order.
#[operation("/api/public/checkout", "quote", public)]
pub async fn quote_order(order: CheckoutInput) -> Result<Quote, AppError> {
    let services = app_auth::services()?;
    Ok(core_billing::checkout::quote(&services, app_auth::public().await?, &order).await?)
}

/// Starts a checkout; the specification's `POST /api/public/checkout/session`.
#[operation("/api/public/checkout", "session", public)]
pub async fn start_checkout(#[server(flatten)] order: CheckoutInput) -> Result<CheckoutSession, AppError> {
    let services = app_auth::services()?;
    Ok(core_billing::checkout::start(&services, app_auth::public().await?, order).await?)
}

/// Returns the order for the sandbox's payment page.
#[operation("/api/public/checkout", "payment_page", public)]
pub async fn read_payment_page(id: CheckoutId, token: String) -> Result<CheckoutView, AppError> {
    let services = app_auth::services()?;
    Ok(core_billing::checkout::payment_page(&services, &mut app_auth::public().await?, id, &token).await?)
}

/// Approves or declines the sandbox payment. Returns the next page's URL.
#[operation("/api/public/checkout", "sandbox_decide", public)]
pub async fn decide_payment(id: CheckoutId, token: String, choice: SandboxChoice) -> Result<String, AppError> {
    use core_billing::checkout;
    let request = app_auth::request()?;
    checkout::sandbox_decide(&request.services, &request.caller, id, &token, choice).await?;
    Ok(checkout::result_path(id, &token))
}

/// Returns the order and its job, for the buyer who holds the token.
#[operation("/api/public/checkout", "result", public)]
pub async fn read_result(id: CheckoutId, token: String) -> Result<CheckoutView, AppError> {
    let services = app_auth::services()?;
    Ok(core_billing::checkout::result(&services, &mut app_auth::public().await?, id, &token).await?)
}
