//! Payment providers behind one trait.

mod card;
mod charge;
mod dispute;
mod event;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_tests;
mod labels;
mod reference;
mod refund;
pub mod sandbox;
pub mod signature;
pub mod stripe;
mod webhook;

pub use card::{SavedMethod, SetupReference, SetupRequest};
pub use charge::Charge;
pub use dispute::Dispute;
pub use labels::PaymentLabels;
pub use reference::PaymentReference;
pub use refund::{Refund, RefundRequest};
pub use webhook::{ProviderEvent, ProviderEventKind, WebhookRefused};

use async_trait::async_trait;
use model::{billing::checkout::OrderLine, ids::TenantId, money::Money};

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
    /// A card that the account has saved; its next ones are saved beside it.
    pub saved_method: Option<String>,
    /// What it is about, as far as that is known before it is paid.
    pub labels: PaymentLabels,
    /// The present moment, in seconds since 1970.
    pub now: i64,
    /// How long the page is needed, in seconds.
    pub lifetime: i64,
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
    /// What it is about.
    pub labels: PaymentLabels,
    /// Which attempt to pay it is, from 1.
    pub attempt: i32,
    /// How long ago it was asked for first, in seconds.
    pub age: i64,
    /// [`Payments::charge_version`] of when it was asked for first.
    pub version: i32,
}

/// Messages that a provider has sent, or has tried to send.
#[derive(Clone, Debug, Default)]
pub struct SentEvents {
    /// Each with its body, as it would have been delivered.
    pub events: Vec<(ProviderEvent, Vec<u8>)>,
    /// Ask for the next page with it; nothing when there is none.
    pub next: Option<String>,
}

/// Who an account is, for the provider's receipts and its own pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerDetails {
    /// The account.
    pub tenant: TenantId,
    /// Name of the person or company.
    pub name: String,
    /// Email address.
    pub email: String,
    /// Postal address, lines separated by line feeds; may be empty.
    pub address: String,
    /// ISO 3166 code.
    pub country: String,
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

/// Why a stored event could not be read.
#[derive(Debug, thiserror::Error)]
pub enum EventUnread {
    /// It never will.
    #[error(transparent)]
    Refused(#[from] WebhookRefused),
    /// It may later.
    #[error(transparent)]
    Unavailable(#[from] PaymentsUnavailable),
}

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

    /// Whether a card can be saved without a payment.
    fn can_save_cards(&self) -> bool {
        false
    }

    /// Creates a page that saves a card without a payment. Idempotent per reference.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond, or cannot do it.
    async fn open_setup_page(&self, request: &SetupRequest) -> Result<PaymentPage, PaymentsUnavailable> {
        Err(PaymentsUnavailable(format!("{} saves no cards without a payment ({})", self.name(), request.reference)))
    }

    /// The card that was saved with a payment; nothing when none was.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond.
    async fn saved_method(&self, payment_ref: &str) -> Result<Option<SavedMethod>, PaymentsUnavailable>;

    /// How much of an amount the provider can take at once: nothing when it is too little, and rounded down to its units.
    fn takes(&self, amount: Money) -> Money {
        amount
    }

    /// Which parameters a charge is sent with, as a number that goes up with each change of them. It is stored with the charge: a provider that is
    /// asked again with the same key wants the same parameters, also from a later release.
    fn charge_version(&self) -> i32 {
        1
    }

    /// Charges a saved card. Idempotent per key.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond: whether the card was charged is then unknown until it is asked again.
    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, PaymentsUnavailable>;

    /// What has become of a charge.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond.
    async fn charge_state(&self, provider_ref: &str) -> Result<Charge, PaymentsUnavailable>;

    /// The URL where the customer confirms a charge with the bank; nothing when there is nothing to confirm, or no more.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond.
    async fn confirm_page(&self, provider_ref: &str, method_ref: &str, return_url: &str) -> Result<Option<String>, PaymentsUnavailable>;

    /// Gives up a charge that waits for the customer. Answers with what became of it, which may be that it was paid in the last second.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond.
    async fn give_up(&self, provider_ref: &str) -> Result<Charge, PaymentsUnavailable>;

    /// Tells the provider who the account of a saved card is now. Nothing to do for a provider that keeps no customers.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond.
    async fn update_customer(&self, _method_ref: &str, _details: &CustomerDetails) -> Result<(), PaymentsUnavailable> {
        Ok(())
    }

    /// What of a payment was given back, by whomever and wherever, in minor units. What is on its way back counts.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond.
    async fn refunded(&self, payment_ref: &str) -> Result<i64, PaymentsUnavailable>;

    /// How much of an amount the provider can give back at once: rounded down to its units.
    fn takes_refund(&self, amount: Money) -> Money {
        amount
    }

    /// Refunds a payment, or a part of it. Idempotent per key.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond: whether it was refunded is then unknown until it is asked again.
    async fn refund(&self, request: &RefundRequest) -> Result<Refund, PaymentsUnavailable>;

    /// What was sent to the webhook since then (seconds since 1970), whether it arrived or not, a page at a time. Nothing for a provider whose
    /// messages cannot be lost.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond.
    async fn sent_since(&self, since: i64, after: Option<&str>) -> Result<SentEvents, PaymentsUnavailable>;

    /// The payments that were taken since then (seconds since 1970), a page at a time, the newest first. Those in currencies that mPanel does not
    /// know are left out.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the provider does not respond.
    async fn taken_since(&self, since: i64, after: Option<&str>) -> Result<TakenPayments, PaymentsUnavailable>;

    /// Verifies a webhook, and reads what it says it is. `signature` is the provider's header, `now` in seconds since 1970.
    ///
    /// # Errors
    /// [`WebhookRefused`] if it is forged, stale or malformed.
    fn read_webhook(&self, body: &[u8], signature: Option<&str>, now: i64) -> Result<ProviderEvent, WebhookRefused>;

    /// What a stored event means. A provider out there is asked for the object that it is about: the event itself is not believed.
    ///
    /// # Errors
    /// [`EventUnread`] if it cannot be parsed, or the provider does not respond.
    async fn read_stored(&self, body: &[u8]) -> Result<ProviderEvent, EventUnread>;

    /// The sandbox, if this provider is the sandbox: its payment page is part of mPanel.
    fn sandbox(&self) -> Option<&sandbox::Sandbox> {
        None
    }
}
