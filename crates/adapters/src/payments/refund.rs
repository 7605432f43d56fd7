//! Money that goes back to the card it came from.

use model::money::Money;

/// A refund of a payment, or a part of it.
#[derive(Clone, Debug)]
pub struct RefundRequest {
    /// Names the refund: asking again with it does not refund again, and gives the same answer.
    pub key: String,
    /// The provider's name of the payment.
    pub payment_ref: String,
    /// The amount.
    pub amount: Money,
    /// The provider's name of the refund, once it has one.
    pub provider_ref: Option<String>,
    /// How long ago it was asked for first, in seconds.
    pub age: i64,
}

/// What became of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refund {
    /// The money is on its way back.
    Succeeded {
        /// The provider's name of the refund.
        provider_ref: String,
    },
    /// The provider is at it.
    Pending {
        /// The provider's name of the refund.
        provider_ref: String,
    },
    /// It is not refunded; the money is ours again.
    Failed {
        /// The provider's word for why.
        code: String,
    },
}
