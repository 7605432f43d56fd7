//! Payment providers, behind one trait.

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

/// What a provider is asked to take.
pub struct PaymentRequest {
    /// The checkout; comes back in the webhook.
    pub checkout: CheckoutId,
    /// What is paid.
    pub total: Money,
    /// The lines, for the provider's page.
    pub lines: Vec<OrderLine>,
    /// Where the receipt goes.
    pub email: String,
    /// What lets the buyer, and nobody else, open this checkout. For a provider whose page is ours; never sent outside.
    pub buyer_token: String,
    /// Where the buyer is sent after paying.
    pub return_url: String,
    /// Where the buyer is sent after giving up.
    pub cancel_url: String,
}

/// A page where the buyer pays.
#[derive(Clone, Debug)]
pub struct PaymentPage {
    /// The provider's name for it.
    pub provider_ref: String,
    /// Its address.
    pub url: String,
}

/// The provider did not answer, or refused.
#[derive(Debug, thiserror::Error)]
#[error("payment provider unavailable: {0}")]
pub struct PaymentsUnavailable(pub String);

/// A payment provider.
#[async_trait]
pub trait Payments: Send + Sync + 'static {
    /// Its name, as in the database.
    fn name(&self) -> &'static str;

    /// Opens a page where the buyer pays. The same checkout gives the same page.
    ///
    /// # Errors
    /// When the provider does not answer or refuses.
    async fn open_page(&self, request: &PaymentRequest) -> Result<PaymentPage, PaymentsUnavailable>;

    /// Checks and reads a webhook. `signature` is the provider's header; `now` in seconds since 1970.
    ///
    /// # Errors
    /// Why it must not be believed, or that it is not understood.
    fn read_webhook(&self, body: &[u8], signature: Option<&str>, now: i64) -> Result<ProviderEvent, WebhookRefused>;

    /// Reads a message again that was checked when it came in.
    ///
    /// # Errors
    /// When it is not understood.
    fn read_stored(&self, body: &[u8]) -> Result<ProviderEvent, WebhookRefused>;

    /// The sandbox, when this is it: its page is one of ours, and the buyer's decision goes through us.
    fn sandbox(&self) -> Option<&sandbox::Sandbox> {
        None
    }
}
