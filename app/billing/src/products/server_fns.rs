//! Products as the admin's pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::products::{ProductInput, ProductView},
    page::{Page, PageRequest},
};

/// Lists products.
#[operation("/api/admin/billing/products", "list", platform(ProductsRead))]
pub async fn list_products(request: PageRequest) -> Result<Page<ProductView>, AppError> {
    Ok(core_billing::products::list(&mut tx, &request).await?)
}

/// Returns one product by its code.
#[operation("/api/admin/billing/products", "get", platform(ProductsRead))]
pub async fn read_product(code: String) -> Result<ProductView, AppError> {
    Ok(core_billing::products::get(&mut tx, &code).await?)
}

/// Creates a product.
#[operation("/api/admin/billing/products", "create", platform(ProductsWrite))]
pub async fn create_product(input: ProductInput) -> Result<ProductView, AppError> {
    Ok(core_billing::products::create(&app_auth::services()?, tx, input).await?)
}

/// Updates a product.
#[operation("/api/admin/billing/products", "update", platform(ProductsWrite))]
pub async fn update_product(code: String, input: ProductInput) -> Result<ProductView, AppError> {
    Ok(core_billing::products::update(&app_auth::services()?, tx, &code, input).await?)
}
