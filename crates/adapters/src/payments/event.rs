//! Parses webhook events in Stripe's format. Only the fields that mPanel uses are read.

use super::{PaymentReference, ProviderEvent, ProviderEventKind, WebhookRefused};
use model::money::{Currency, Money};
use serde::Deserialize;

#[derive(Deserialize)]
struct Envelope {
    id: String,
    r#type: String,
    created: Option<i64>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: serde_json::Value,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    client_reference_id: Option<String>,
    amount_total: Option<i64>,
    currency: Option<String>,
    payment_status: Option<String>,
    payment_intent: Option<String>,
}

/// Parses an event whose signature was verified.
pub(super) fn read(body: &[u8]) -> Result<ProviderEvent, WebhookRefused> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|error| malformed(format!("not an event in JSON ({error})")))?;
    let id = plain_token(envelope.id, "the event's id")?;
    let kind = plain_token(envelope.r#type, "the event's type")?;
    let kind = match kind.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => paid(&kind, envelope.data.object)?,
        "checkout.session.async_payment_failed" => ProviderEventKind::Declined { reference: reference(&session(envelope.data.object)?)? },
        _ => ProviderEventKind::Other(kind),
    };
    Ok(ProviderEvent { id, happened_at: envelope.created, kind })
}

fn paid(kind: &str, object: serde_json::Value) -> Result<ProviderEventKind, WebhookRefused> {
    let session = session(object)?;
    // With delayed payment methods the session completes first, and the payment follows in another event.
    if session.payment_status.as_deref() != Some("paid") {
        return Ok(ProviderEventKind::Other(kind.to_owned()));
    }
    let reference = reference(&session)?;
    let currency = session.currency.unwrap_or_default().to_ascii_uppercase();
    let currency: Currency = currency.parse().map_err(|_| malformed("unsupported currency"))?;
    let minor = session.amount_total.filter(|minor| *minor >= 0).ok_or_else(|| malformed("no amount"))?;
    let provider_ref = plain_token(session.id, "the session's id")?;
    let payment_ref = session.payment_intent.map(|name| plain_token(name, "the payment's id")).transpose()?;
    Ok(ProviderEventKind::Paid { reference, total: Money::new(minor, currency), provider_ref, payment_ref })
}

fn session(object: serde_json::Value) -> Result<Session, WebhookRefused> {
    serde_json::from_value(object).map_err(|error| malformed(format!("not a checkout session ({error})")))
}

fn reference(session: &Session) -> Result<PaymentReference, WebhookRefused> {
    let reference = session.client_reference_id.as_deref().ok_or_else(|| malformed("no client_reference_id"))?;
    reference.parse().map_err(|_| malformed("the client_reference_id is none of ours"))
}

/// A value that is stored as received, and must therefore be short printable ASCII.
fn plain_token(text: String, what: &str) -> Result<String, WebhookRefused> {
    let plain = !text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_graphic());
    if plain { Ok(text) } else { Err(malformed(format!("{what} is not a short plain word"))) }
}

fn malformed(why: impl Into<String>) -> WebhookRefused {
    WebhookRefused::Malformed(why.into())
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
