//! Products as the admin's pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::products::{ProductInput, ProductView},
    page::{Page, PageRequest},
};

/// Products, a page of them.
#[operation("/api/admin/billing/products", "list", platform(ProductsRead))]
pub async fn list_products(request: PageRequest) -> Result<Page<ProductView>, AppError> {
    Ok(mpanel_core::billing::products::list(&mut tx, &request).await?)
}

/// One product by its code.
#[operation("/api/admin/billing/products", "get", platform(ProductsRead))]
pub async fn read_product(code: String) -> Result<ProductView, AppError> {
    Ok(mpanel_core::billing::products::get(&mut tx, &code).await?)
}

/// Makes a product.
#[operation("/api/admin/billing/products", "create", platform(ProductsWrite))]
pub async fn create_product(input: ProductInput) -> Result<ProductView, AppError> {
    Ok(mpanel_core::billing::products::create(&app_auth::services()?, tx, input).await?)
}

/// Changes a product.
#[operation("/api/admin/billing/products", "update", platform(ProductsWrite))]
pub async fn update_product(code: String, input: ProductInput) -> Result<ProductView, AppError> {
    Ok(mpanel_core::billing::products::update(&app_auth::services()?, tx, &code, input).await?)
}
