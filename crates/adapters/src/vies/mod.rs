//! VIES, the European Commission's service that says whether a VAT number is valid.

mod rest;
mod simulated;
#[cfg(test)]
mod tests;

pub use rest::RestVies;
pub use simulated::SimulatedVies;

use async_trait::async_trait;

/// Where the Commission answers.
pub const VIES_URL: &str = "https://ec.europa.eu/taxation_customs/vies/rest-api";

/// A question about a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VatQuery {
    /// The number with its two letters.
    pub number: String,
    /// The number of whoever asks, with its two letters; VIES gives a consultation number to those who have one.
    pub requester: Option<String>,
}

/// What VIES says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VatAnswer {
    /// Whether the number is valid today.
    pub is_valid: bool,
    /// Proves that the question was asked; may be empty.
    pub consultation: String,
}

/// VIES, or the country it asks, does not respond.
#[derive(Debug, thiserror::Error)]
#[error("VIES is unavailable: {0}")]
pub struct ViesUnavailable(pub String);

/// Says whether VAT numbers are valid.
#[async_trait]
pub trait Vies: Send + Sync + 'static {
    /// Asks about a number.
    ///
    /// # Errors
    /// [`ViesUnavailable`] if there is no answer; it says nothing about the number.
    async fn check(&self, query: &VatQuery) -> Result<VatAnswer, ViesUnavailable>;
}
