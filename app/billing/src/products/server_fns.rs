//! Products as the admin's pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::products::{CurrencyPriceInput, PriceMovePreview, ProductInput, ProductPrice, ProductView},
    money::Currency,
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

/// Sells a product in another currency, or changes what it costs there.
#[operation("/api/admin/billing/products", "set_price", platform(ProductsWrite))]
pub async fn set_product_price(code: String, input: CurrencyPriceInput) -> Result<ProductView, AppError> {
    Ok(core_billing::products::set_price(&app_auth::services()?, tx, &code, &input).await?)
}

/// Sells a product no longer in another currency than its own.
#[operation("/api/admin/billing/products", "remove_price", platform(ProductsWrite))]
pub async fn remove_product_price(code: String, currency: Currency) -> Result<ProductView, AppError> {
    Ok(core_billing::products::remove_price(tx, &code, currency).await?)
}

/// Lists the versions of a product's price in each currency, newest first.
#[operation("/api/admin/billing/products", "prices", platform(ProductsRead))]
pub async fn list_product_prices(code: String) -> Result<Vec<ProductPrice>, AppError> {
    Ok(core_billing::products::prices(&mut tx, &code).await?)
}

/// Returns what moving the subscriptions of a product to its present price changes.
#[operation("/api/admin/billing/products", "preview_price_move", platform(SubscriptionsRead))]
pub async fn preview_price_move(code: String, notice_days: i32) -> Result<PriceMovePreview, AppError> {
    Ok(core_billing::subscriptions::preview_price_move(&app_auth::services()?, &mut tx, &code, notice_days).await?)
}

/// Moves the subscriptions of a product to its present price after a notice. `count` and `after` are those of the preview.
#[operation("/api/admin/billing/products", "move_prices", platform(SubscriptionsWrite))]
pub async fn move_prices(code: String, notice_days: i32, count: i64, after: i64) -> Result<(), AppError> {
    Ok(core_billing::subscriptions::move_prices(&app_auth::services()?, tx, &code, notice_days, count, after).await?)
}
