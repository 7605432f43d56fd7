//! Products as the admin's pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use model::permission::{ProductsRead, ProductsWrite};
use model::{
    billing::products::{ProductInput, ProductView},
    page::{Page, PageRequest},
};
use server_fn::codec::Json;

/// Products, a page of them.
#[server(prefix = "/api/admin/billing/products", endpoint = "list", input = Json)]
pub async fn list_products(request: PageRequest) -> Result<Page<ProductView>, AppError> {
    Ok(mpanel_core::billing::products::list(&mut app_door::platform::<ProductsRead>().await?, &request).await?)
}

/// One product by its code.
#[server(prefix = "/api/admin/billing/products", endpoint = "get", input = Json)]
pub async fn read_product(code: String) -> Result<ProductView, AppError> {
    Ok(mpanel_core::billing::products::get(&mut app_door::platform::<ProductsRead>().await?, &code).await?)
}

/// Makes a product.
#[server(prefix = "/api/admin/billing/products", endpoint = "create", input = Json)]
pub async fn create_product(input: ProductInput) -> Result<ProductView, AppError> {
    let tx = app_door::platform::<ProductsWrite>().await?;
    Ok(mpanel_core::billing::products::create(&app_door::services()?, tx, input).await?)
}

/// Changes a product.
#[server(prefix = "/api/admin/billing/products", endpoint = "update", input = Json)]
pub async fn update_product(code: String, input: ProductInput) -> Result<ProductView, AppError> {
    let tx = app_door::platform::<ProductsWrite>().await?;
    Ok(mpanel_core::billing::products::update(&app_door::services()?, tx, &code, input).await?)
}
