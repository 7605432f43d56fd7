//! The fields of Stripe's objects that mPanel reads. Unknown words are words of a newer Stripe, not errors.

use super::client::ApiError;
use serde::Deserialize;
use std::collections::HashMap;

/// Where a charge's key stands in the metadata of its intent.
pub(super) const CHARGE: &str = "charge";

/// Where a page's reference stands in the metadata of its session and its intent.
pub(super) const REFERENCE: &str = "reference";

/// Where a refund's key stands in its metadata.
pub(super) const REFUND: &str = "refund";

/// A list, the newest first.
#[derive(Deserialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// A payment, tried or made.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Intent {
    pub id: String,
    pub status: String,
    pub amount_received: i64,
    pub currency: String,
    pub created: i64,
    #[serde(default)]
    pub payment_method: Option<String>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
    #[serde(default)]
    pub last_payment_error: Option<ApiError>,
    #[serde(default)]
    pub next_action: Option<NextAction>,
}

/// What the customer is to do next.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct NextAction {
    pub redirect_to_url: Option<Redirect>,
}

/// A page of the customer's bank.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Redirect {
    pub url: Option<String>,
}

/// Money that goes back.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RefundObject {
    pub id: String,
    pub amount: i64,
    pub status: Option<String>,
    #[serde(default)]
    pub failure_reason: Option<String>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
}

/// A dispute.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DisputeObject {
    pub id: String,
    pub status: String,
    pub amount: i64,
    pub currency: String,
    pub reason: String,
    pub payment_intent: Option<String>,
    pub evidence_details: Option<EvidenceDetails>,
}

/// How a dispute can be answered.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EvidenceDetails {
    pub due_by: Option<i64>,
}

/// A payment page.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Session {
    pub id: String,
    pub url: Option<String>,
    pub status: Option<String>,
    pub payment_status: String,
    pub amount_total: Option<i64>,
    pub currency: Option<String>,
    pub client_reference_id: Option<String>,
    pub payment_intent: Option<String>,
    /// `payment`, or `setup` for a page that only saves a card.
    #[serde(default)]
    pub mode: String,
    #[serde(default)]
    pub setup_intent: Option<String>,
}

/// A card that is being saved without a payment.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SetupIntent {
    pub status: String,
    pub payment_method: Option<String>,
}

/// A customer, or a deleted one.
#[derive(Deserialize)]
pub(super) struct CustomerObject {
    pub id: String,
}

/// A saved way to pay.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Method {
    pub id: String,
    pub customer: Option<String>,
    pub card: Option<CardDetails>,
}

/// What is known of a card.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CardDetails {
    pub brand: String,
    pub last4: String,
    pub exp_month: i32,
    pub exp_year: i32,
    #[serde(default)]
    pub country: Option<String>,
}

/// A message, as it is delivered and listed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    pub id: String,
    #[serde(default)]
    pub object: String,
    pub r#type: String,
    #[serde(default)]
    pub created: Option<i64>,
    #[serde(default)]
    pub livemode: Option<bool>,
    pub data: Option<EventData>,
}

/// What a message is about.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EventData {
    pub object: EventObject,
}

/// The object of a message. It is fetched again by its id before anything is believed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EventObject {
    pub id: Option<String>,
}
