//! How far a charge is.

/// What became of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// The money was taken.
    Succeeded {
        /// The provider's name of the payment.
        provider_ref: String,
    },
    /// The card was declined.
    Declined {
        /// The provider's word for why: `insufficient_funds`.
        code: String,
        /// Trying this card again is of no use.
        is_hard: bool,
    },
    /// The customer has to confirm it with the bank. Nothing was taken yet.
    ActionRequired {
        /// The provider's name of the payment.
        provider_ref: String,
    },
    /// It is on its way; the answer comes in hours or days.
    Processing {
        /// The provider's name of the payment.
        provider_ref: String,
    },
}
