//! Verified and parsed webhook events.

use super::{Charge, Dispute, PaymentReference, Refund, SavedMethod, SetupReference};
use model::money::Money;

/// A webhook event with a valid signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The provider's event id; the same for repeated deliveries.
    pub id: String,
    /// When it happened by the provider's clock, in seconds since 1970, where the event says so. It may be told of much later.
    pub happened_at: Option<i64>,
    /// What happened.
    pub kind: ProviderEventKind,
}

/// What a webhook event reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderEventKind {
    /// The buyer has paid.
    Paid {
        /// What was paid for.
        reference: PaymentReference,
        /// The amount paid.
        total: Money,
        /// The provider's name of the payment page.
        provider_ref: String,
        /// The provider's name of the payment, which knows the card.
        payment_ref: Option<String>,
    },
    /// The payment was declined.
    Declined {
        /// What was to be paid for.
        reference: PaymentReference,
    },
    /// A card was saved without a payment.
    CardSaved {
        /// The page on which that was.
        reference: SetupReference,
        /// The card.
        card: SavedMethod,
    },
    /// A charge of a saved card has come further.
    Charge {
        /// The key that it was asked for by.
        key: String,
        /// How far it is.
        charge: Charge,
        /// What was taken, if it was.
        taken: Option<Money>,
    },
    /// A refund has come further.
    Refund {
        /// The key that it was asked for by.
        key: String,
        /// How far it is.
        refund: Refund,
    },
    /// A cardholder disputes a payment, or a dispute has come further.
    Dispute(Dispute),
    /// An event type that mPanel ignores.
    Other(String),
}

/// Why a webhook event was rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefused {
    /// The signature is missing or invalid.
    #[error("invalid signature")]
    Forged,
    /// The timestamp is outside the tolerance; the age is negative for future timestamps.
    #[error("timestamp {0} s outside tolerance")]
    Stale(i64),
    /// The signature is valid, but the content is not.
    #[error("invalid event: {0}")]
    Malformed(String),
}
