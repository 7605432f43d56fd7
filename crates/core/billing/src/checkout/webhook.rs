//! The inbox: what a provider says is stored before anything is done about it.

use super::{process, queries, reconcile::PaymentEventInbox};
use adapters::payments::{Payments, ProviderEvent, ProviderEventKind, WebhookRefused};
use chrono::Duration;
use db::AuditEvent;
use engine::{
    Error, Services,
    reconcile::{Reconciler, touch},
};
use model::{audit_action::AuditAction, ids::PaymentEventId};
use uuid::Uuid;

/// The largest message that is looked at, in bytes. Providers' own stay below a tenth of it.
pub const LARGEST: usize = 256 * 1024;

/// Younger messages are left to whoever has just stored them.
const LEFT_ALONE: Duration = Duration::seconds(2);

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The provider's id of it.
    pub event_id: String,
    /// Whether it is the first time.
    pub fresh: bool,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// It must not be believed, or cannot be understood. 400: sending it again does not help.
    #[error(transparent)]
    Refused(#[from] WebhookRefused),
    /// It could not be stored. 503: the provider sends it again.
    #[error("failed to store the event: {0}")]
    Failed(Error),
}

/// Checks a message and stores it, in a transaction of its own. Refused ones go to the log with the reason and leave
/// nothing behind, so that a stranger cannot fill a table.
///
/// # Errors
/// As [`ReceiveError`] says; already logged.
pub async fn receive(services: &Services, body: &[u8], signature: Option<&str>) -> Result<Received, ReceiveError> {
    let provider = services.part::<dyn Payments>().name();
    let event = read(services, body, signature).inspect_err(|reason| {
        tracing::warn!(provider, bytes = body.len(), signed = signature.is_some(), %reason, "webhook rejected");
    })?;
    let fresh = store(services, body, &event).await.map_err(|error| {
        tracing::error!(provider, event = event.id, %error, "failed to store a webhook event");
        ReceiveError::Failed(error)
    })?;
    Ok(Received { event_id: event.id, fresh })
}

/// [`receive`], and then [`process()`] beside the caller, who can answer at once.
///
/// # Errors
/// As [`receive`].
pub async fn accept(services: &Services, body: &[u8], signature: Option<&str>) -> Result<Received, ReceiveError> {
    let received = receive(services, body, signature).await?;
    if received.fresh {
        let (services, event_id) = (services.clone(), received.event_id.clone());
        tokio::spawn(async move {
            // What fails here stays in the inbox, where the reconciler finds it.
            if let Err(error) = process(&services, &event_id).await {
                tracing::error!(event = event_id, %error, "webhook event not processed yet");
            }
        });
    }
    Ok(received)
}

fn read(services: &Services, body: &[u8], signature: Option<&str>) -> Result<ProviderEvent, WebhookRefused> {
    if body.len() > LARGEST {
        return Err(WebhookRefused::Malformed(format!("larger than {LARGEST} bytes")));
    }
    services.part::<dyn Payments>().read_webhook(body, signature, services.now().timestamp())
}

/// Stores a message that is believed to be the provider's. Whether it is new.
pub(super) async fn store(services: &Services, body: &[u8], event: &ProviderEvent) -> Result<bool, Error> {
    let kind = match &event.kind {
        ProviderEventKind::Paid { .. } => "paid",
        ProviderEventKind::Declined { .. } => "declined",
        ProviderEventKind::CardSaved { .. } => "card_saved",
        ProviderEventKind::Charge { .. } => "charge",
        ProviderEventKind::Refund { .. } => "refund",
        ProviderEventKind::Dispute(_) => "dispute",
        ProviderEventKind::Other(kind) => kind,
    };
    let provider = services.part::<dyn Payments>().name();
    let id = PaymentEventId(Uuid::now_v7());
    let mut tx = services.db.public("webhook").await?;
    let fresh = queries::store_event(tx.conn(), id, provider, &event.id, kind, body, services.now()).await?;
    if fresh {
        // Whoever has stored it acts on it at once; this is for when that does not happen.
        touch(tx.conn(), PaymentEventInbox::NAME, id.0, services.now() + LEFT_ALONE).await?;
        let received = AuditEvent::new(AuditAction::WebhookReceived, "payment_event", id, &event.id);
        tx.commit(received.after(serde_json::json!({ "provider": provider, "kind": kind }))).await?;
    } else {
        tx.finish().await?;
    }
    Ok(fresh)
}
