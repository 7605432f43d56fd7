//! Mismatches as the page calls them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::mismatches::{MismatchDetail, MismatchRow, MismatchSummary},
    ids::{CloudPodId, MismatchId, SubscriptionId},
    page::{Page, PageRequest},
};

/// Lists mismatches between billing and infrastructure that hold, newest first. `state` may be a kind, or `ACCEPTED`.
#[operation("/api/admin/billing/mismatches", "list", platform(BillingRead))]
pub async fn list_mismatches(request: PageRequest) -> Result<Page<MismatchRow>, AppError> {
    Ok(core_billing::mismatches::list(&app_auth::services()?, &mut tx, &request).await?)
}

/// Returns one mismatch with expected and actual state, its likely causes, and the last job of its CloudPod.
#[operation("/api/admin/billing/mismatches", "get", platform(BillingRead))]
pub async fn read_mismatch(id: MismatchId) -> Result<MismatchDetail, AppError> {
    Ok(core_billing::mismatches::get(&app_auth::services()?, &mut tx, id).await?)
}

/// Returns how much was compared, the money at stake, and what cannot be compared.
#[operation("/api/admin/billing/mismatches", "summary", platform(BillingRead))]
pub async fn read_mismatches() -> Result<MismatchSummary, AppError> {
    Ok(core_billing::mismatches::summary(&app_auth::services()?, &mut tx).await?)
}

/// Compares billing with infrastructure now.
#[operation("/api/admin/billing/mismatches", "check", platform(BillingManage))]
pub async fn check_mismatches() -> Result<(), AppError> {
    Ok(core_billing::mismatches::check(&app_auth::services()?, tx).await?)
}

/// Checks a CloudPod and its subscription now: what differs from its desired state is corrected by jobs, and what is due is billed.
#[operation("/api/admin/billing/mismatches", "recheck", platform(CloudpodsManage))]
pub async fn recheck_pod(id: CloudPodId) -> Result<(), AppError> {
    Ok(core_billing::mismatches::recheck(&app_auth::services()?, tx, id).await?)
}

/// Checks a subscription now: what is due is billed, and what stays unpaid is suspended.
#[operation("/api/admin/billing/mismatches", "recheck_subscription", platform(BillingManage))]
pub async fn recheck_subscription(id: SubscriptionId) -> Result<(), AppError> {
    Ok(core_billing::mismatches::recheck_subscription(&app_auth::services()?, tx, id).await?)
}

/// Accepts a mismatch until the end of a day, such as 2026-12-14: it is not listed until then.
#[operation("/api/admin/billing/mismatches", "accept", platform(BillingManage))]
pub async fn accept_mismatch(id: MismatchId, until: String, reason: String) -> Result<(), AppError> {
    Ok(core_billing::mismatches::accept(&app_auth::services()?, tx, id, &until, &reason).await?)
}

/// Lists a mismatch again that was accepted.
#[operation("/api/admin/billing/mismatches", "end_acceptance", platform(BillingManage))]
pub async fn end_mismatch_acceptance(id: MismatchId) -> Result<(), AppError> {
    Ok(core_billing::mismatches::end_acceptance(tx, id).await?)
}

/// Books a payment that was found at the provider: for what it was taken for, or for the invoice of this number.
#[operation("/api/admin/billing/mismatches", "book", platform(BillingManage))]
pub async fn book_payment(payment_ref: String, invoice_number: String) -> Result<(), AppError> {
    Ok(core_billing::mismatches::book_payment(&app_auth::services()?, tx, &payment_ref, &invoice_number).await?)
}
