//! Prices of domains, as the pages and the API have them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::billing::domain_prices::{DomainPrice, DomainPriceInput};

/// Lists what domains cost, by their ending and currency.
#[operation("/api/admin/billing/domain_prices", "list", platform(ProductsRead))]
pub async fn list_domain_prices() -> Result<Vec<DomainPrice>, AppError> {
    Ok(core_billing::domain_prices::list(&mut tx).await?)
}

/// Sets what domains with an ending cost in a currency. Registered domains keep the price of their renewal.
#[operation("/api/admin/billing/domain_prices", "set", platform(ProductsWrite))]
pub async fn set_domain_prices(input: DomainPriceInput) -> Result<(), AppError> {
    Ok(core_billing::domain_prices::set(&app_auth::services()?, tx, &input).await?)
}
