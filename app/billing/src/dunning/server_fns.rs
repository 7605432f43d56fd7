//! Terms of payment as their page calls them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::billing::dunning::{PaymentTermsInput, PaymentTermsList};

/// Lists the terms of payment: when invoices are issued, charged, and followed by suspension and termination.
#[operation("/api/admin/billing/payment_terms", "list", platform(BillingRead))]
pub async fn list_payment_terms() -> Result<PaymentTermsList, AppError> {
    Ok(core_billing::dunning::list(&mut tx).await?)
}

/// Sets the terms of a plan, or of all plans without terms of their own. Invoices that were issued before keep theirs.
#[operation("/api/admin/billing/payment_terms", "set", platform(BillingManage))]
pub async fn set_payment_terms(input: PaymentTermsInput) -> Result<(), AppError> {
    Ok(core_billing::dunning::set(&app_auth::services()?, tx, &input).await?)
}

/// Removes the terms of a plan. The default terms apply to its next invoices.
#[operation("/api/admin/billing/payment_terms", "remove", platform(BillingManage))]
pub async fn remove_payment_terms(product_code: String) -> Result<(), AppError> {
    Ok(core_billing::dunning::remove(&app_auth::services()?, tx, &product_code).await?)
}
