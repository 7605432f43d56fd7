//! Revenue as the page calls it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::billing::revenue::RevenueView;

/// Returns recurring revenue with its movements, what is outstanding, and what renews in the next 30 days, by currency.
#[operation("/api/admin/billing/revenue", "get", platform(RevenueRead))]
pub async fn read_revenue() -> Result<RevenueView, AppError> {
    Ok(core_billing::revenue::view(&app_auth::services()?, &mut tx).await?)
}
