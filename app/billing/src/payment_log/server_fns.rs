//! Payments and messages as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::payment_log::{PaymentEventRow, PaymentEventView, PaymentRow},
    ids::PaymentEventId,
    page::{Page, PageRequest},
};

/// Lists the payments of all customers and the attempts at them, newest first.
#[operation("/api/admin/billing/payments", "list", platform(BillingRead))]
pub async fn list_payments(request: PageRequest) -> Result<Page<PaymentRow>, AppError> {
    Ok(core_billing::payment_log::payments(&mut tx, &request).await?)
}

/// Lists the messages of the payment provider, newest first.
#[operation("/api/admin/billing/payment_events", "list", platform(BillingRead))]
pub async fn list_payment_events(request: PageRequest) -> Result<Page<PaymentEventRow>, AppError> {
    Ok(core_billing::payment_log::events(&mut tx, &request).await?)
}

/// Returns one message of the payment provider as it came.
#[operation("/api/admin/billing/payment_events", "get", platform(BillingRead))]
pub async fn read_payment_event(id: PaymentEventId) -> Result<PaymentEventView, AppError> {
    Ok(core_billing::payment_log::event(&mut tx, id).await?)
}
