//! Payment providers, behind one trait.

mod event;
pub mod sandbox;
pub mod signature;

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
    #[error("the signature is not the provider's")]
    Forged,
    /// It is older than the tolerance, or as far in the future (then the age is negative).
    #[error("the message is {0} s old, which is outside the tolerance")]
    Stale(i64),
    /// It is signed, but not understood.
    #[error("the message is not understood: {0}")]
    Malformed(String),
}

/// The provider did not answer, or refused.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider does not answer: {0}")]
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
