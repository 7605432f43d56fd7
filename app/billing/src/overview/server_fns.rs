//! The billing overview as the page calls it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::billing::overview::BillingOverview;

/// Returns what a tenant owes, what is charged next and when, its credit with what each part came from, its cards, its billing profile, and its
/// newest invoices and credit notes.
#[operation("/api/tenant/billing/overview", "get", tenant(BillingRead))]
pub async fn read_billing_overview(slug: String) -> Result<BillingOverview, AppError> {
    Ok(core_billing::overview::of_tenant(&app_auth::services()?, &mut tx).await?)
}
