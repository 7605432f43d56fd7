//! Acting on a stored message: exactly once, whatever order they come in and however many hands there are.

use super::{PAYMENT_GRACE, fulfil, queries, reconcile::PaymentEventInbox};
use crate::payments;
use adapters::payments::{EventUnread, PaymentReference, Payments, ProviderEventKind};
use db::{AuditEvent, SystemTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, withdraw},
};
use model::{
    Time,
    audit_action::AuditAction,
    billing::checkout::CheckoutStatus,
    ids::{CheckoutId, PaymentEventId},
    money::Money,
};
use queries::EventStatus;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was acted on, now.
    Processed,
    /// There was nothing to do about it.
    Ignored(String),
    /// It was refused, and nothing was made.
    Refused(String),
    /// It was dealt with before, or somebody else is at it.
    NotMine,
}

/// How often an order is tried again when another one takes its domain in the same moment.
const DOMAIN_RACES: usize = 3;

/// Acts on one stored message in one transaction: all of it, or none.
///
/// # Errors
/// When PostgreSQL does not answer or something of ours fails; the message then stays in the inbox and is tried again.
pub async fn process(services: &Services, event_id: &str) -> Result<Outcome> {
    for _ in 0..DOMAIN_RACES {
        match attempt(services, event_id).await {
            // The transaction is gone with the refused row; the next one sees that the domain is taken.
            Err(Error::Api(error)) if error.fields.iter().any(|fault| fault.field == "domain") => {}
            other => return other,
        }
    }
    attempt(services, event_id).await
}

/// Carries out an order that costs nothing, without a payment.
///
/// # Errors
/// A conflict when it cannot be carried out; it then stays open, and expires.
pub(super) async fn fulfil_free(services: &Services, id: CheckoutId) -> Result<()> {
    for _ in 0..DOMAIN_RACES {
        match attempt_free(services, id).await {
            Err(Error::Api(error)) if error.fields.iter().any(|fault| fault.field == "domain") => {}
            other => return other,
        }
    }
    attempt_free(services, id).await
}

async fn attempt_free(services: &Services, id: CheckoutId) -> Result<()> {
    let mut tx = services.db.system("checkout").await?;
    let row = queries::lock(tx.conn(), id).await?.filter(|row| row.status == CheckoutStatus::Open);
    // What is too little for the provider is carried to the next invoice.
    let row = row.filter(|row| payments::takes(services, Money::new(row.total, row.currency)).minor == 0);
    let Some(row) = row else { return Err(Error::conflict("This order can't be carried out without a payment.")) };
    match fulfil::fulfil(services, &mut tx, &row, &format!("free_{id}"), None).await? {
        Ok(paid) => Ok(tx.commit(paid).await?),
        Err(reason) => {
            tracing::error!(checkout = %id, reason, "an order of nothing was not carried out");
            Err(Error::conflict("This order can't be carried out now. Start a new one."))
        }
    }
}

async fn attempt(services: &Services, event_id: &str) -> Result<Outcome> {
    let asked = services.part::<dyn Payments>();
    let provider = asked.name();
    let mut tx = services.db.system_read("checkout").await?;
    let body = queries::waiting_body(tx.conn(), provider, event_id).await?;
    tx.finish().await?;
    let Some(body) = body else { return Ok(Outcome::NotMine) };
    // The provider is asked without a transaction.
    let read = match asked.read_stored(&body).await {
        Ok(event) => Ok(event),
        Err(EventUnread::Refused(refused)) => Err(refused.to_string()),
        Err(EventUnread::Unavailable(error)) => {
            tracing::warn!(event = event_id, %error, "failed to ask what an event means");
            return Err(Error::unavailable("The payment provider is not responding."));
        }
    };
    let mut tx = services.db.system("checkout").await?;
    // First the message, then the checkout: two messages about one checkout meet at the checkout, and never in a circle.
    let Some(stored) = queries::claim_event(tx.conn(), provider, event_id).await? else {
        return Ok(Outcome::NotMine);
    };
    let done = Done { services, event: stored.id, event_id };
    let event = match read {
        Ok(event) => event,
        Err(reason) => return done.refused(tx, None, reason).await,
    };
    match event.kind {
        ProviderEventKind::Other(kind) => done.ignored(tx, None, format!("{kind} is not handled")).await,
        ProviderEventKind::CardSaved { reference, card } => match payments::card_saved(services, &mut tx, provider, reference, &card).await? {
            Ok(true) => done.settled(tx).await,
            Ok(false) => done.ignored(tx, None, "card already saved".to_owned()).await,
            Err(reason) => done.refused(tx, None, reason).await,
        },
        ProviderEventKind::Charge { key, charge, taken } => match payments::charge_changed(services, &mut tx, provider, &key, charge, taken).await? {
            Ok(()) => done.settled(tx).await,
            Err(reason) => done.refused(tx, None, reason).await,
        },
        ProviderEventKind::Dispute(dispute) => match payments::dispute_changed(services, &mut tx, provider, &dispute).await? {
            Ok(()) => done.settled(tx).await,
            Err(reason) => done.refused(tx, None, reason).await,
        },
        ProviderEventKind::Refund { key, refund } => match payments::refund_changed(services, &mut tx, &key, refund).await? {
            Ok(()) => done.settled(tx).await,
            Err(reason) => done.refused(tx, None, reason).await,
        },
        ProviderEventKind::Declined { reference: PaymentReference::Checkout(checkout) } => declined(&done, tx, checkout).await,
        ProviderEventKind::Declined { reference: PaymentReference::Invoice(session) } => match payments::declined(&mut tx, session).await? {
            Ok(()) => done.settled(tx).await,
            Err(reason) => done.ignored(tx, None, reason).await,
        },
        ProviderEventKind::Paid { reference: PaymentReference::Checkout(checkout), total, provider_ref, payment_ref } => {
            let Some(row) = queries::lock(tx.conn(), checkout).await? else {
                return done.refused(tx, None, format!("checkout {checkout} not found")).await;
            };
            if row.status == CheckoutStatus::Paid {
                return done.ignored(tx, Some(checkout), "checkout already paid".to_owned()).await;
            }
            if let Some(reason) = mismatch(services, &row, provider, &provider_ref, total, paid_at(event.happened_at, stored.received_at)) {
                return done.refused(tx, Some(checkout), reason).await;
            }
            match fulfil::fulfil(services, &mut tx, &row, &provider_ref, payment_ref.as_deref()).await? {
                Ok(paid) => done.processed(tx, checkout, paid).await,
                Err(reason) => done.refused(tx, Some(checkout), reason).await,
            }
        }
        ProviderEventKind::Paid { reference: PaymentReference::Invoice(session), total, provider_ref, payment_ref } => {
            let payment_ref = payment_ref.unwrap_or(provider_ref);
            match payments::paid(services, &mut tx, session, provider, total, &payment_ref).await? {
                Ok(payments::ReceiveOutcome::Stored) => done.settled(tx).await,
                Ok(payments::ReceiveOutcome::Duplicate) => done.ignored(tx, None, "payment already received".to_owned()).await,
                Err(reason) => done.refused(tx, None, reason).await,
            }
        }
    }
}

/// When an order was paid: as the provider says, whose message may have been lost or late, and not later than it came.
fn paid_at(happened_at: Option<i64>, received_at: Time) -> Time {
    happened_at.and_then(|at| Time::from_timestamp(at, 0)).map_or(received_at, |at| at.min(received_at))
}

/// Why a payment is not the one this checkout waits for. A declined checkout is no reason: the money counts.
fn mismatch(services: &Services, row: &queries::Row, provider: &str, provider_ref: &str, total: Money, paid_at: Time) -> Option<String> {
    if row.provider != provider {
        return Some(format!("checkout belongs to provider {}", row.provider));
    }
    if row.provider_ref.as_deref().is_some_and(|known| known != provider_ref) {
        return Some("checkout has a different payment page".to_owned());
    }
    if total.currency != row.currency {
        return Some(format!("paid in {}, ordered in {}", total.currency, row.currency));
    }
    let due = payments::takes(services, Money::new(row.total, row.currency));
    if total != due {
        return Some(format!("paid {total}, ordered {due}"));
    }
    if paid_at > row.expires_at + PAYMENT_GRACE {
        return Some(format!("checkout expired at {}", row.expires_at.format("%Y-%m-%d %H:%M:%S UTC")));
    }
    None
}

async fn declined(done: &Done<'_>, mut tx: SystemTx, checkout: CheckoutId) -> Result<Outcome> {
    let Some(row) = queries::lock(tx.conn(), checkout).await? else {
        return done.refused(tx, None, format!("checkout {checkout} not found")).await;
    };
    if row.status != CheckoutStatus::Open {
        return done.ignored(tx, Some(checkout), format!("checkout is already {}", row.status)).await;
    }
    queries::set_status(tx.conn(), checkout, CheckoutStatus::Declined).await?;
    let event = AuditEvent::new(AuditAction::CheckoutDeclined, "checkout", checkout, &row.plan_code);
    done.processed(tx, checkout, event).await
}

/// The end of a message's way: its row says what became of it, in the transaction that did it.
struct Done<'a> {
    services: &'a Services,
    event: PaymentEventId,
    event_id: &'a str,
}

impl Done<'_> {
    /// Notes what became of it. Nobody has to look whether it was acted on.
    async fn settle(&self, tx: &mut SystemTx, status: EventStatus, reason: Option<&str>, checkout: Option<CheckoutId>) -> Result<()> {
        queries::settle_event(tx.conn(), self.event, status, reason, checkout, self.services.now()).await?;
        Ok(withdraw(tx.conn(), PaymentEventInbox::NAME, self.event.0).await?)
    }

    async fn processed(&self, mut tx: SystemTx, checkout: CheckoutId, event: AuditEvent) -> Result<Outcome> {
        self.settle(&mut tx, EventStatus::Processed, None, Some(checkout)).await?;
        tx.commit(event).await?;
        Ok(Outcome::Processed)
    }

    /// Acted on; what it did has recorded itself.
    async fn settled(&self, mut tx: SystemTx) -> Result<Outcome> {
        self.settle(&mut tx, EventStatus::Processed, None, None).await?;
        tx.commit_progress().await?;
        Ok(Outcome::Processed)
    }

    async fn ignored(&self, mut tx: SystemTx, checkout: Option<CheckoutId>, reason: String) -> Result<Outcome> {
        self.settle(&mut tx, EventStatus::Ignored, Some(&reason), checkout).await?;
        tx.commit_progress().await?;
        Ok(Outcome::Ignored(reason))
    }

    /// Money may have been taken for nothing: the log, the row and the record all say so.
    async fn refused(&self, mut tx: SystemTx, checkout: Option<CheckoutId>, reason: String) -> Result<Outcome> {
        tracing::error!(event = self.event_id, checkout = checkout.map(|id| id.to_string()), reason, "webhook event rejected");
        self.settle(&mut tx, EventStatus::Failed, Some(&reason), checkout).await?;
        let event = AuditEvent::new(AuditAction::WebhookRefused, "payment_event", self.event, self.event_id);
        tx.commit(event.after(serde_json::json!({ "reason": reason, "checkout": checkout }))).await?;
        Ok(Outcome::Refused(reason))
    }
}
