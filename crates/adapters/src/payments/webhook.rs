//! What a provider's message is, once its origin and its meaning are known.

use model::{ids::CheckoutId, money::Money};

/// A message of the provider whose signature was good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The provider's id of the message; the same when it is delivered again.
    pub id: String,
    /// What it says.
    pub kind: ProviderEventKind,
}

/// What a provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderEventKind {
    /// The buyer has paid.
    Paid {
        /// The checkout.
        checkout: CheckoutId,
        /// What was taken.
        total: Money,
        /// The provider's name for it.
        provider_ref: String,
    },
    /// The payment was declined.
    Declined {
        /// The checkout.
        checkout: CheckoutId,
    },
    /// Nothing that mPanel acts on.
    Other(String),
}

/// Why a message was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefused {
    /// There is no signature, or it is not of the provider.
    #[error("invalid signature")]
    Forged,
    /// It is older than the tolerance, or as far in the future (then the age is negative).
    #[error("timestamp {0} s outside tolerance")]
    Stale(i64),
    /// It is signed, but not understood.
    #[error("invalid event: {0}")]
    Malformed(String),
}
