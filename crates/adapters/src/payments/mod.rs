//! Payment providers behind one trait.

mod event;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_tests;
pub mod sandbox;
pub mod signature;
mod webhook;

pub use webhook::{ProviderEvent, ProviderEventKind, WebhookRefused};

use async_trait::async_trait;
use model::{billing::checkout::OrderLine, ids::CheckoutId, money::Money};

/// A payment to request from the provider.
pub struct PaymentRequest {
    /// The checkout; returned in the webhook.
    pub checkout: CheckoutId,
    /// The total to pay.
    pub total: Money,
    /// The line items, for the provider's page.
    pub lines: Vec<OrderLine>,
    /// Email address for the receipt.
    pub email: String,
    /// Lets only the buyer open this checkout. For a provider whose page is ours; never sent to others.
    pub buyer_token: String,
    /// URL the buyer returns to after paying.
    pub return_url: String,
    /// URL the buyer returns to after cancelling.
    pub cancel_url: String,
}

/// The provider's payment page for a checkout.
#[derive(Clone, Debug)]
pub struct PaymentPage {
    /// The provider's reference.
    pub provider_ref: String,
    /// URL of the page.
    pub url: String,
}

/// The provider did not respond or rejected the request.
#[derive(Debug, thiserror::Error)]
#[error("payment provider unavailable: {0}")]
pub struct PaymentsUnavailable(pub String);

/// A payment provider.
#[async_trait]
pub trait Payments: Send + Sync + 'static {
    /// Name of the provider, as stored in the database.
    fn name(&self) -> &'static str;

    /// Creates the payment page of a checkout. Idempotent per checkout.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond or rejects the request.
    async fn open_page(&self, request: &PaymentRequest) -> Result<PaymentPage, PaymentsUnavailable>;

    /// Verifies and parses a webhook. `signature` is the provider's header, `now` in seconds since 1970.
    ///
    /// # Errors
    /// [`WebhookRefused`] if it is forged, stale or malformed.
    fn read_webhook(&self, body: &[u8], signature: Option<&str>, now: i64) -> Result<ProviderEvent, WebhookRefused>;

    /// Parses a stored event that was verified when it was received.
    ///
    /// # Errors
    /// [`WebhookRefused::Malformed`] if it cannot be parsed.
    fn read_stored(&self, body: &[u8]) -> Result<ProviderEvent, WebhookRefused>;

    /// The sandbox, if this provider is the sandbox: its payment page is part of mPanel.
    fn sandbox(&self) -> Option<&sandbox::Sandbox> {
        None
    }
}
