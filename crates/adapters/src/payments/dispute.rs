//! Payments that a cardholder disputes at the bank.

use model::{billing::payments::DisputeStatus, money::Money};

/// A dispute, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// The provider's name of it.
    pub provider_ref: String,
    /// The provider's name of the payment.
    pub payment_ref: String,
    /// What is disputed.
    pub amount: Money,
    /// The provider's word for why: `fraudulent`.
    pub reason: String,
    /// How far it is.
    pub status: DisputeStatus,
    /// Until when it can be answered, in seconds since 1970.
    pub respond_by: Option<i64>,
}
