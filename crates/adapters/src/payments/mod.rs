//! Payment providers behind one trait.

mod event;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_tests;
mod reference;
pub mod sandbox;
pub mod signature;
mod webhook;

pub use reference::PaymentReference;
pub use webhook::{ProviderEvent, ProviderEventKind, WebhookRefused};

use async_trait::async_trait;
use model::{billing::checkout::OrderLine, money::Money};

/// A payment to request from the provider.
pub struct PaymentRequest {
    /// What it pays for; returned in the webhook.
    pub reference: PaymentReference,
    /// The total to pay.
    pub total: Money,
    /// The line items, for the provider's page.
    pub lines: Vec<OrderLine>,
    /// Email address for the receipt.
    pub email: String,
    /// Lets only the buyer open the payment page. For a provider whose page is ours; never sent to others.
    pub buyer_token: String,
    /// URL the buyer returns to after paying.
    pub return_url: String,
    /// URL the buyer returns to after cancelling.
    pub cancel_url: String,
}

/// The provider's payment page.
#[derive(Clone, Debug)]
pub struct PaymentPage {
    /// The provider's reference.
    pub provider_ref: String,
    /// URL of the page.
    pub url: String,
}

/// A charge of a saved card, without its holder.
#[derive(Clone, Debug)]
pub struct ChargeRequest {
    /// Names the charge: asking again with it does not charge again, and gives the same answer.
    pub key: String,
    /// The provider's name of the card.
    pub method_ref: String,
    /// The amount.
    pub amount: Money,
    /// What it is for, on the statement of the card's holder.
    pub description: String,
}

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
}

/// A card that the provider has saved with a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedMethod {
    /// The provider's name of it.
    pub provider_ref: String,
    /// Brand: `Visa`.
    pub brand: String,
    /// Last four digits.
    pub last4: String,
    /// Month of expiry, 1 to 12.
    pub expires_month: i32,
    /// Year of expiry.
    pub expires_year: i32,
    /// ISO 3166 code of the country of the bank that gave it, if the provider says it.
    pub country: Option<String>,
}

/// A payment that the provider has taken, whether we know of it or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenPayment {
    /// The provider's name of it.
    pub provider_ref: String,
    /// The amount.
    pub amount: Money,
    /// What it is for: the [`PaymentReference`] of a payment page, or the key of a charge. Nothing when it was not asked for by us.
    pub purpose: Option<String>,
    /// When it was taken, in seconds since 1970.
    pub taken_at: i64,
}

/// A page of taken payments, the newest first.
#[derive(Clone, Debug, Default)]
pub struct TakenPayments {
    /// The payments.
    pub payments: Vec<TakenPayment>,
    /// Ask for the next page with it; nothing when there is none.
    pub next: Option<String>,
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

    /// Creates a payment page. Idempotent per reference. The card that is used on it is saved for later charges.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond or rejects the request.
    async fn open_page(&self, request: &PaymentRequest) -> Result<PaymentPage, PaymentsUnavailable>;

    /// The card that was saved with a payment; nothing when none was.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond.
    async fn saved_method(&self, payment_ref: &str) -> Result<Option<SavedMethod>, PaymentsUnavailable>;

    /// Charges a saved card. Idempotent per key.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond: whether the card was charged is then unknown until it is asked again.
    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, PaymentsUnavailable>;

    /// The payments that were taken since then (seconds since 1970), a page at a time, the newest first. Those in currencies that mPanel does not
    /// know are left out.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond.
    async fn taken_since(&self, since: i64, after: Option<&str>) -> Result<TakenPayments, PaymentsUnavailable>;

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
