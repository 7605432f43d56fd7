//! Payments: saved cards, attempts to charge them, and transfers that staff record.

use crate::{
    Time,
    ids::{InvoiceId, PaymentId, PaymentMethodId, PaymentSessionId, RefundId},
    money::Money,
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A payment, or an attempt at one.
        PaymentId,
        /// A saved card.
        PaymentMethodId,
        /// A page on which a customer pays an invoice.
        PaymentSessionId,
        /// A page on which a card is saved without a payment.
        CardSetupId,
        /// Money that goes back to a card.
        RefundId,
        /// A payment that its cardholder disputes.
        DisputeId,
    }
    permissions {}
    audit {
        /// A payment was received.
        PaymentReceived = "PAYMENT_RECEIVED",
        /// A charge was declined.
        PaymentFailed = "PAYMENT_FAILED",
        /// The bank took a payment back.
        PaymentReturned = "PAYMENT_RETURNED",
        /// A charge waits for the customer or for the provider.
        PaymentWaiting = "PAYMENT_WAITING",
        /// Staff refund a credit note to the card.
        RefundStarted = "REFUND_STARTED",
        /// The money is on its way back to the card.
        RefundSucceeded = "REFUND_SUCCEEDED",
        /// The provider could not refund it; it is account credit again.
        RefundFailed = "REFUND_FAILED",
        /// A cardholder disputes a payment.
        DisputeOpened = "DISPUTE_OPENED",
        /// A dispute was decided.
        DisputeClosed = "DISPUTE_CLOSED",
        /// A card was saved.
        PaymentMethodAdded = "PAYMENT_METHOD_ADDED",
        /// A card was changed: it is charged first, or failed for good.
        PaymentMethodUpdated = "PAYMENT_METHOD_UPDATED",
        /// A customer opened the page that saves a card.
        PaymentMethodStarted = "PAYMENT_METHOD_STARTED",
        /// A saved card was removed.
        PaymentMethodRemoved = "PAYMENT_METHOD_REMOVED",
        /// A customer opened the page that pays an invoice.
        PaymentStarted = "PAYMENT_STARTED",
    }
}

crate::text_enum! {
    /// Status of a payment.
    PaymentStatus {
        /// The provider has not answered yet.
        Pending = "PENDING",
        /// The customer has to confirm it with the bank.
        ActionRequired = "ACTION_REQUIRED",
        /// It is on its way; the answer comes in hours or days.
        Processing = "PROCESSING",
        /// The money was received.
        Succeeded = "SUCCEEDED",
        /// It was declined.
        Failed = "FAILED",
        /// It was received, and the bank took it back.
        Returned = "RETURNED",
    }
}

impl PaymentStatus {
    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            PaymentStatus::Pending => "Pending",
            PaymentStatus::ActionRequired => "Confirmation required",
            PaymentStatus::Processing => "Processing",
            PaymentStatus::Succeeded => "Received",
            PaymentStatus::Failed => "Declined",
            PaymentStatus::Returned => "Returned",
        }
    }
}

crate::text_enum! {
    /// What happens to an invoice whose payment was lost to a dispute.
    LostDispute {
        /// It is written off.
        WriteOff = "WRITE_OFF",
        /// It is open again, charged and reminded of.
        Reopen = "REOPEN",
    }
}

crate::text_enum! {
    /// Status of a saved card.
    PaymentMethodStatus {
        /// It can be charged.
        Active = "ACTIVE",
        /// It was declined for good.
        Failed = "FAILED",
        /// The customer removed it.
        Removed = "REMOVED",
    }
}

crate::text_enum! {
    /// Status of a page that pays an invoice.
    PaymentSessionStatus {
        /// It can be paid.
        Open = "OPEN",
        /// It was paid.
        Paid = "PAID",
        /// The payment was declined.
        Declined = "DECLINED",
    }
}

crate::text_enum! {
    /// Status of a refund.
    RefundStatus {
        /// The provider has not answered yet, or is still at it.
        Pending = "PENDING",
        /// The money is on its way back to the card.
        Succeeded = "SUCCEEDED",
        /// It could not be refunded, and is account credit again.
        Failed = "FAILED",
    }
}

crate::text_enum! {
    /// Status of a dispute.
    DisputeStatus {
        /// It is not decided.
        Open = "OPEN",
        /// We keep the money.
        Won = "WON",
        /// The cardholder has the money.
        Lost = "LOST",
    }
}

/// Money that goes back to a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefundView {
    /// The refund.
    pub id: RefundId,
    /// The amount.
    pub amount: Money,
    /// Its status.
    pub status: RefundStatus,
    /// Why it failed, in the provider's word.
    pub failure_code: Option<String>,
    /// When staff asked for it.
    pub created_at: Time,
}

/// Refunds of a credit note, and what of it can still be refunded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refunds {
    /// Number of the credit note.
    pub number: String,
    /// What can be refunded to the card that has paid the invoice; nothing when it was paid otherwise, or the credit is used.
    pub refundable: Option<Money>,
    /// Its refunds, the newest first.
    pub refunds: Vec<RefundView>,
}

/// A saved card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentMethodView {
    /// The card.
    pub id: PaymentMethodId,
    /// Its brand: `Visa`.
    pub brand: String,
    /// Its last four digits.
    pub last4: String,
    /// Month of expiry, 1 to 12.
    pub expires_month: i32,
    /// Year of expiry.
    pub expires_year: i32,
    /// Its status.
    pub status: PaymentMethodStatus,
    /// Whether it is charged first.
    pub is_default: bool,
    /// When it was saved.
    pub created_at: Time,
}

impl PaymentMethodView {
    /// `Visa ending 4242`.
    pub fn label(&self) -> String {
        format!("{} ending {}", self.brand, self.last4)
    }
}

/// A payment or an attempt at one, on the page of its invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentView {
    /// The payment.
    pub id: PaymentId,
    /// The amount.
    pub amount: Money,
    /// Its status.
    pub status: PaymentStatus,
    /// Brand and last four digits of the card, or how it was paid.
    pub method: String,
    /// Why it was declined, in the provider's word.
    pub decline_code: Option<String>,
    /// When it was made.
    pub created_at: Time,
}

/// What a customer sees before paying an invoice on the sandbox's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentSessionView {
    /// The page.
    pub id: PaymentSessionId,
    /// Whether it can be paid.
    pub is_open: bool,
    /// The amount to pay.
    pub amount: Money,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Number of the invoice.
    pub invoice_number: String,
}

/// Saved cards and credit of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentMethods {
    /// Its cards, the one that is charged first on top.
    pub methods: Vec<PaymentMethodView>,
    /// Its credit, an amount for each currency that has any.
    pub credit: Vec<Money>,
    /// Whether a card can be added without a payment.
    pub can_add: bool,
}
