//! Payments of all customers, and what the provider has said, for staff.

use super::payments::PaymentStatus;
use crate::{
    Time,
    ids::{InvoiceId, PaymentEventId, PaymentId, TenantId},
    money::Money,
};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// What became of a message of the provider.
    PaymentEventStatus {
        /// It was stored and not acted on yet.
        Received = "RECEIVED",
        /// It was acted on.
        Processed = "PROCESSED",
        /// There was nothing to do about it.
        Ignored = "IGNORED",
        /// It was refused.
        Failed = "FAILED",
    }
}

/// A payment, or an attempt at one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentRow {
    /// The payment.
    pub id: PaymentId,
    /// The customer.
    pub tenant: TenantId,
    /// Name of the customer.
    pub tenant_name: String,
    /// The invoice that it was made for; none for a transfer to the account.
    pub invoice: Option<InvoiceId>,
    /// Number of the invoice.
    pub invoice_number: Option<String>,
    /// The amount.
    pub amount: Money,
    /// Its status.
    pub status: PaymentStatus,
    /// Brand and last four digits of the card, or how it was paid.
    pub method: String,
    /// The provider's name of it, or the reference of a transfer.
    pub provider_ref: Option<String>,
    /// Why it was declined, in the provider's word.
    pub decline_code: Option<String>,
    /// When it was made.
    pub created_at: Time,
}

/// A message of the payment provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentEventRow {
    /// The message.
    pub id: PaymentEventId,
    /// The provider.
    pub provider: String,
    /// The provider's id of it.
    pub event_id: String,
    /// What it is about: `paid`, `declined`, or the provider's word.
    pub kind: String,
    /// What became of it.
    pub status: PaymentEventStatus,
    /// Why it was ignored or refused.
    pub reason: Option<String>,
    /// When it came.
    pub received_at: Time,
    /// When it was acted on.
    pub processed_at: Option<Time>,
}

/// A message with its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentEventView {
    /// The same data as in the list.
    pub event: PaymentEventRow,
    /// The message as it came.
    pub body: String,
}
