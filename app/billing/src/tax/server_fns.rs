//! Tax as its page calls it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::billing::tax::TaxOverview;

/// Returns how sales are taxed: the seller's settings, and the rates that apply today.
#[operation("/api/admin/billing/tax", "get", platform(BillingRead))]
pub async fn read_tax() -> Result<TaxOverview, AppError> {
    Ok(core_billing::tax::overview(&app_auth::services()?, &mut tx))
}
