//! Why a CA did not do it.

use std::time::Duration;

/// Why a CA did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcmeError {
    /// It does not respond, or is out of order. Says nothing about the order.
    #[error("{ca} does not respond: {reason}")]
    Unavailable {
        /// Host of the CA.
        ca: String,
        /// In words.
        reason: String,
    },
    /// Too much was asked of it.
    #[error("{ca} refuses further requests for now: {reason}")]
    RateLimited {
        /// Host of the CA.
        ca: String,
        /// In words.
        reason: String,
        /// How long it wants to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// It looked at a name and did not find the answer.
    #[error("{ca} could not verify {name}: {reason}")]
    NotVerified {
        /// Host of the CA.
        ca: String,
        /// The name.
        name: String,
        /// In words.
        reason: String,
    },
    /// It does not issue this.
    #[error("{ca} refused: {reason}")]
    Refused {
        /// Host of the CA.
        ca: String,
        /// In words.
        reason: String,
    },
}

impl AcmeError {
    /// Whether another CA may do it: this one says nothing about the names.
    pub fn is_of_the_authority(&self) -> bool {
        matches!(self, AcmeError::Unavailable { .. } | AcmeError::RateLimited { .. })
    }
}
