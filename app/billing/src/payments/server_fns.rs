//! Payments as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::{
        checkout::SandboxChoice,
        payments::{PaymentMethods, PaymentSessionView, Refunds},
    },
    ids::{InvoiceId, PaymentId, PaymentMethodId, PaymentSessionId},
};

/// Lists the saved cards of a tenant, and its account credit.
#[operation("/api/tenant/billing/payment_methods", "list", tenant(BillingRead))]
pub async fn list_payment_methods(slug: String) -> Result<PaymentMethods, AppError> {
    Ok(core_billing::payments::list(&app_auth::services()?, &mut tx).await?)
}

/// Opens the payment provider's page that saves a card without a payment. Returns its URL.
#[operation("/api/tenant/billing/payment_methods", "add", tenant(BillingManage))]
pub async fn add_card(slug: String) -> Result<String, AppError> {
    Ok(core_billing::payments::open_card_page(&app_auth::services()?, tx).await?)
}

/// Has a saved card charged before all others.
#[operation("/api/tenant/billing/payment_methods", "make_default", tenant(BillingManage))]
pub async fn make_default_card(slug: String, id: PaymentMethodId) -> Result<(), AppError> {
    Ok(core_billing::payments::make_default(&app_auth::services()?, tx, id).await?)
}

/// Removes a saved card. It is not charged again.
#[operation("/api/tenant/billing/payment_methods", "remove", tenant(BillingManage))]
pub async fn remove_card(slug: String, id: PaymentMethodId) -> Result<(), AppError> {
    Ok(core_billing::payments::remove(&app_auth::services()?, tx, id).await?)
}

/// Opens the payment provider's page for an open invoice of a tenant. Returns its URL.
#[operation("/api/tenant/billing/invoices", "pay", tenant(BillingManage))]
pub async fn pay_invoice(slug: String, id: InvoiceId) -> Result<String, AppError> {
    Ok(core_billing::payments::open_payment_page(&app_auth::services()?, tx, id).await?)
}

/// Opens the bank's page on which the customer confirms a charge of an invoice. Returns its URL.
#[operation("/api/tenant/billing/invoices", "confirm_payment", tenant(BillingManage))]
pub async fn confirm_payment(slug: String, id: InvoiceId) -> Result<String, AppError> {
    Ok(core_billing::payments::confirm_page(&app_auth::services()?, tx, id).await?)
}

/// Records a bank transfer for an open invoice. `amount` is as typed; empty for all that is open.
#[operation("/api/admin/billing/invoices", "record_transfer", platform(BillingManage))]
pub async fn record_transfer(id: InvoiceId, amount: String, reference: String) -> Result<PaymentId, AppError> {
    Ok(core_billing::payments::record_transfer(&app_auth::services()?, tx, id, &amount, &reference).await?)
}

/// Returns the refunds of a credit note, and what of it can still be refunded.
#[operation("/api/admin/billing/invoices", "refunds", platform(BillingRead))]
pub async fn list_refunds(id: InvoiceId) -> Result<Refunds, AppError> {
    Ok(core_billing::payments::refunds(&app_auth::services()?, &mut tx, id).await?)
}

/// Refunds what is left of a credit note to the card that has paid the invoice. `confirm_name` is the number of the credit note.
#[operation("/api/admin/billing/invoices", "refund", platform(BillingManage))]
pub async fn refund_credit_note(id: InvoiceId, confirm_name: String) -> Result<(), AppError> {
    Ok(core_billing::payments::refund(&app_auth::services()?, tx, id, &confirm_name).await?)
}

/// Returns what the sandbox's page of an invoice shows.
#[operation("/api/public/payments", "page", public)]
pub async fn read_invoice_payment(id: PaymentSessionId, token: String) -> Result<PaymentSessionView, AppError> {
    let services = app_auth::services()?;
    Ok(core_billing::payments::session_page(&services, &mut app_auth::public().await?, id, &token).await?)
}

/// Approves or declines the sandbox payment of an invoice. Returns the next page's path.
#[operation("/api/public/payments", "sandbox_decide", public)]
pub async fn decide_invoice_payment(id: PaymentSessionId, token: String, choice: SandboxChoice) -> Result<String, AppError> {
    let request = app_auth::request()?;
    Ok(core_billing::payments::sandbox_decide(&request.services, &request.caller, id, &token, choice).await?)
}
