//! What Stripe's messages mean. A message says which object has changed; the object, fetched again, says how it is now: so messages may come in
//! any order, more than once, or made up.

use super::{Stripe, declines, objects::*, path};
use crate::payments::{
    Charge, Dispute, EventUnread, PaymentReference, PaymentsUnavailable, ProviderEvent, ProviderEventKind, Refund, SetupReference, WebhookRefused,
};
use model::{
    billing::payments::DisputeStatus,
    money::{Currency, Money},
};

/// The messages that something is done about.
pub(super) const TYPES: &[&str] = &[
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "refund.updated",
    "refund.failed",
];

/// The declines that an attempt is ended with when nobody has confirmed it.
const NOT_CONFIRMED: &str = "authentication_required";

/// Reads the envelope of a message. `is_live`: whether the key moves real money.
pub(super) fn read(body: &[u8], is_live: bool) -> Result<ProviderEvent, WebhookRefused> {
    let event = envelope(body)?;
    // A message without its object says so itself; one of the other mode belongs to another webhook.
    if event.object != "v2.core.event" && event.livemode != Some(is_live) {
        return Err(malformed(format!("livemode is not {is_live}")));
    }
    Ok(ProviderEvent { id: event.id, happened_at: event.created, kind: ProviderEventKind::Other(event.r#type) })
}

fn envelope(body: &[u8]) -> Result<Event, WebhookRefused> {
    let event: Event = serde_json::from_slice(body).map_err(|error| malformed(format!("not an event in JSON ({error})")))?;
    let is_plain = |text: &str| !text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_graphic());
    if is_plain(&event.id) && is_plain(&event.r#type) { Ok(event) } else { Err(malformed("its id or type is not a short plain word")) }
}

/// How far a charge is, by its intent.
pub(super) fn charge_of(intent: &Intent, attempt: i32) -> Charge {
    let provider_ref = intent.id.clone();
    match intent.status.as_str() {
        "succeeded" => Charge::Succeeded { provider_ref },
        "processing" => Charge::Processing { provider_ref },
        "requires_action" | "requires_confirmation" => Charge::ActionRequired { provider_ref },
        "canceled" => Charge::Declined { code: NOT_CONFIRMED.to_owned(), is_hard: false },
        _ => match &intent.last_payment_error {
            Some(error) if declines::needs_customer(error) => Charge::ActionRequired { provider_ref },
            Some(error) => Charge::Declined { code: declines::code(error), is_hard: declines::is_hard(error, attempt) },
            None => Charge::ActionRequired { provider_ref },
        },
    }
}

/// How far a refund is.
pub(super) fn refund_of(refund: RefundObject) -> Refund {
    match refund.status.as_deref() {
        Some("succeeded") => Refund::Succeeded { provider_ref: refund.id },
        Some("failed" | "canceled") => Refund::Failed { code: refund.failure_reason.unwrap_or_else(|| "failed".to_owned()) },
        _ => Refund::Pending { provider_ref: refund.id },
    }
}

/// A dispute about a payment. Inquiries (`warning_..`) move no money, but are answered all the same.
fn dispute_of(dispute: DisputeObject) -> Result<Option<ProviderEventKind>, WebhookRefused> {
    let Some(payment_ref) = dispute.payment_intent else { return Ok(None) };
    let status = match dispute.status.as_str() {
        "won" | "warning_closed" | "prevented" => DisputeStatus::Won,
        "lost" => DisputeStatus::Lost,
        _ => DisputeStatus::Open,
    };
    Ok(Some(ProviderEventKind::Dispute(Dispute {
        provider_ref: dispute.id,
        payment_ref,
        amount: money(dispute.amount, &dispute.currency)?,
        reason: declines::word(&dispute.reason),
        status,
        respond_by: dispute.evidence_details.and_then(|details| details.due_by),
    })))
}

impl Stripe {
    /// What a message means now.
    pub(super) async fn resolve(&self, body: &[u8]) -> Result<ProviderEvent, EventUnread> {
        let event = envelope(body)?;
        let other = |event: &Event| ProviderEventKind::Other(event.r#type.clone());
        let id = event.data.as_ref().and_then(|data| data.object.id.as_deref());
        let kind = match id {
            Some(id) if TYPES.contains(&event.r#type.as_str()) && event.r#type.starts_with("checkout.session.") => {
                let session: Session = self.ask(&format!("/v1/checkout/sessions/{}", path(id)), &[]).await?;
                if session.mode == "setup" { self.saved_card(&session).await? } else { self.paid_page(&session).await? }
            }
            Some(id) if TYPES.contains(&event.r#type.as_str()) && event.r#type.starts_with("refund.") => {
                let refund: RefundObject = self.ask(&format!("/v1/refunds/{}", path(id)), &[]).await?;
                let key = refund.metadata.get(REFUND).cloned();
                key.map(|key| ProviderEventKind::Refund { key, refund: refund_of(refund) })
            }
            Some(id) if TYPES.contains(&event.r#type.as_str()) && event.r#type.starts_with("charge.dispute.") => {
                dispute_of(self.ask(&format!("/v1/disputes/{}", path(id)), &[]).await?)?
            }
            Some(id) if TYPES.contains(&event.r#type.as_str()) => self.intent_changed(id).await?,
            _ => {
                if event.object == "v2.core.event" {
                    tracing::warn!(event = event.id, "Stripe sends thin events; register the webhook for snapshot events");
                }
                None
            }
        };
        Ok(ProviderEvent { kind: kind.unwrap_or_else(|| other(&event)), happened_at: event.created, id: event.id })
    }

    /// An object that a message names. One that does not exist was made up.
    async fn ask<T: serde::de::DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, EventUnread> {
        self.client.get(path, query).await.map_err(|error| match error {
            super::CallError::Refused { status: 404, .. } => malformed("Stripe does not know its object").into(),
            error => PaymentsUnavailable::from(error).into(),
        })
    }

    async fn intent_changed(&self, id: &str) -> Result<Option<ProviderEventKind>, EventUnread> {
        let intent: Intent = self.ask(&format!("/v1/payment_intents/{}", path(id)), &[]).await?;
        if let Some(key) = intent.metadata.get(CHARGE) {
            let taken = (intent.status == "succeeded").then(|| money(intent.amount_received, &intent.currency)).transpose()?;
            return Ok(Some(ProviderEventKind::Charge { key: key.clone(), charge: charge_of(&intent, 1), taken }));
        }
        if !intent.metadata.contains_key(REFERENCE) {
            return Ok(None);
        }
        let found: List<Session> = self.ask("/v1/checkout/sessions", &[("payment_intent", intent.id.clone()), ("limit", "1".to_owned())]).await?;
        match found.data.first() {
            Some(session) => self.paid_page(session).await,
            None => Ok(None),
        }
    }

    /// The card that a page has saved, if it has.
    async fn saved_card(&self, session: &Session) -> Result<Option<ProviderEventKind>, EventUnread> {
        let Some(setup) = &session.setup_intent else { return Ok(None) };
        let reference = session.client_reference_id.as_deref().ok_or_else(|| malformed("no client_reference_id"))?;
        let reference: SetupReference = reference.parse().map_err(|_| malformed("the client_reference_id is none of ours"))?;
        let setup: SetupIntent = self.ask(&format!("/v1/setup_intents/{}", path(setup)), &[]).await?;
        let Some(method) = setup.payment_method.filter(|_| setup.status == "succeeded") else { return Ok(None) };
        let card = self.card(&method).await.map_err(PaymentsUnavailable::from)?;
        Ok(card.map(|card| ProviderEventKind::CardSaved { reference, card }))
    }

    /// Whether a page was paid, by the payment behind it.
    async fn paid_page(&self, session: &Session) -> Result<Option<ProviderEventKind>, EventUnread> {
        let Some(payment) = &session.payment_intent else { return Ok(None) };
        let reference = session.client_reference_id.as_deref().ok_or_else(|| malformed("no client_reference_id"))?;
        let reference: PaymentReference = reference.parse().map_err(|_| malformed("the client_reference_id is none of ours"))?;
        let intent: Intent = self.ask(&format!("/v1/payment_intents/{}", path(payment)), &[]).await?;
        let is_complete = session.status.as_deref() == Some("complete");
        if intent.status == "succeeded" && session.payment_status == "paid" {
            let total = money(intent.amount_received, &intent.currency)?;
            if session.amount_total != Some(total.minor) || session.currency.as_deref() != Some(&intent.currency) {
                return Err(malformed("the page and its payment differ in their amount").into());
            }
            return Ok(Some(ProviderEventKind::Paid { reference, total, provider_ref: session.id.clone(), payment_ref: Some(intent.id) }));
        }
        // A page that is still open takes another card.
        let failed = matches!(intent.status.as_str(), "requires_payment_method" | "canceled");
        Ok((is_complete && failed).then_some(ProviderEventKind::Declined { reference }))
    }
}

fn money(minor: i64, currency: &str) -> Result<Money, WebhookRefused> {
    let currency: Currency = currency.to_ascii_uppercase().parse().map_err(|_| malformed("unsupported currency"))?;
    Ok(Money::new(minor, currency))
}

fn malformed(why: impl Into<String>) -> WebhookRefused {
    WebhookRefused::Malformed(why.into())
}
