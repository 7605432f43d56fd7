//! Checkout as the pages and other sites call it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
use model::{
    billing::{
        checkout::{CheckoutInput, CheckoutSession, CheckoutView, Quote, SandboxChoice},
        products::ProductView,
    },
    ids::CheckoutId,
};
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

/// What is sold, and to whom the tax goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// Plans and add-ons that are sold.
    pub products: Vec<ProductView>,
    /// Country of the seller.
    pub country: String,
    /// Name of the seller.
    pub seller: String,
    /// Sites without a domain get a name below this one.
    pub base_domain: String,
}

/// What is sold.
#[server(prefix = "/api/public/checkout", endpoint = "plans", input = Json)]
pub async fn read_shop() -> Result<Shop, AppError> {
    let settings = app_door::services()?.settings;
    let products = mpanel_core::billing::products::public_list(&mut app_door::public().await?).await?;
    Ok(Shop { products, country: settings.seller.country.clone(), seller: settings.seller.name.clone(), base_domain: settings.base_domain.clone() })
}

/// The sum of an order.
#[server(prefix = "/api/public/checkout", endpoint = "quote", input = Json)]
pub async fn quote_order(order: CheckoutInput) -> Result<Quote, AppError> {
    let services = app_door::services()?;
    Ok(mpanel_core::billing::checkout::quote(&services, &mut app_door::public().await?, &order).await?)
}

/// Starts a checkout; the specification's `POST /api/public/checkout/session`.
#[server(prefix = "/api/public/checkout", endpoint = "session", input = Json)]
pub async fn start_checkout(#[server(flatten)] order: CheckoutInput) -> Result<CheckoutSession, AppError> {
    let services = app_door::services()?;
    Ok(mpanel_core::billing::checkout::start(&services, app_door::public().await?, order).await?)
}

/// What the sandbox's payment page shows.
#[server(prefix = "/api/public/checkout", endpoint = "payment_page", input = Json)]
pub async fn read_payment_page(id: CheckoutId, token: String) -> Result<CheckoutView, AppError> {
    let services = app_door::services()?;
    Ok(mpanel_core::billing::checkout::payment_page(&services, &mut app_door::public().await?, id, &token).await?)
}

/// Pays, or not, on the sandbox's page. Answers with the page that comes next.
#[server(prefix = "/api/public/checkout", endpoint = "sandbox_decide", input = Json)]
pub async fn decide_payment(id: CheckoutId, token: String, choice: SandboxChoice) -> Result<String, AppError> {
    use mpanel_core::billing::checkout;
    let request = app_door::request()?;
    checkout::sandbox_decide(&request.services, &request.caller, id, &token, choice).await?;
    Ok(checkout::result_path(id, &token))
}

/// The order and its job, for the buyer who holds the token.
#[server(prefix = "/api/public/checkout", endpoint = "result", input = Json)]
pub async fn read_result(id: CheckoutId, token: String) -> Result<CheckoutView, AppError> {
    let services = app_door::services()?;
    Ok(mpanel_core::billing::checkout::result(&services, &mut app_door::public().await?, id, &token).await?)
}
