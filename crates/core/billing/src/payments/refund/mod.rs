//! Refunds to the card: staff credit an invoice, and send what the credit note gave back to the card that had paid.
//!
//! A refund uses up the credit of its note in the ledger before the provider is asked, so that it cannot be spent twice. One that fails gives
//! the credit back, however late that is, and can be tried again.

mod queries;
mod reconcile;

pub(super) use reconcile::PendingRefunds;

use super::letters::{RefundFailed, RefundSucceeded};
use crate::{ledger, letters};
use adapters::payments::{Payments, Refund, RefundRequest};
use core_administration::outbox;
use db::{AuditEvent, PlatformRead, PlatformTx, SystemTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
};
use model::{
    Time,
    audit_action::AuditAction,
    billing::payments::Refunds,
    ids::{InvoiceId, RefundId},
    money::Money,
    permission::{BillingManage, BillingRead},
};
use uuid::Uuid;

/// After this, the reconciler asks the provider for an answer that nobody waits for.
const ASK_AGAIN_AFTER: chrono::Duration = chrono::Duration::seconds(30);

/// Refunds of a credit note, and what of it can still be refunded.
///
/// # Errors
/// Not found.
pub async fn refunds(services: &Services, tx: &mut impl PlatformRead<BillingRead>, credit_note: InvoiceId) -> Result<Refunds> {
    let provider = &**services.part::<dyn Payments>();
    let note = queries::note(tx.conn(), credit_note).await?.ok_or_else(|| Error::not_found("Credit note"))?;
    let refundable = refundable(tx.conn(), provider, credit_note, &note).await?.map(|found| found.amount);
    let refunds = queries::of_note(tx.conn(), credit_note).await?.into_iter().map(queries::Row::view).collect();
    Ok(Refunds { number: note.number, refundable, refunds })
}

/// What can be refunded: from which entries of credit, to which payment.
struct Refundable {
    credits: Vec<(ledger::EntryId, i64)>,
    payment: queries::Paid,
    amount: Money,
}

async fn refundable(
    conn: &mut sqlx::PgConnection,
    provider: &dyn Payments,
    credit_note: InvoiceId,
    note: &queries::Note,
) -> Result<Option<Refundable>> {
    let credits = ledger::credit_left(&mut *conn, credit_note).await?;
    let left: i64 = credits.iter().map(|(_, left)| left).sum();
    let Some(payment) = queries::refundable_payment(conn, note.corrects_id, provider.name()).await? else { return Ok(None) };
    let amount = provider.takes_refund(Money::new(left.min(payment.amount_left), note.currency));
    Ok((amount.minor > 0).then_some(Refundable { credits, amount, payment }))
}

/// Refunds what is left of a credit note to the card that has paid its invoice. `typed` is the number of the credit note, to be sure.
///
/// # Errors
/// On field `confirm_name` when that is another number; a conflict when nothing can be refunded.
pub async fn refund(services: &Services, tx: PlatformTx<BillingManage>, credit_note: InvoiceId, typed: &str) -> Result<()> {
    let (caller, now) = (tx.caller().clone(), services.now());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let note = queries::note(tx.conn(), credit_note).await?.ok_or_else(|| Error::not_found("Credit note"))?;
    if typed.trim() != note.number {
        return Err(Error::field("confirm_name", format!("Type {} to refund it.", note.number)));
    }
    let started = start(services, &mut tx, credit_note, &note, now + ASK_AGAIN_AFTER).await?;
    let id = started.ok_or_else(|| Error::conflict("Nothing can be refunded: the credit is used, or the invoice was not paid by card."))?;
    tx.commit_progress().await?;
    if let Err(error) = execute(services, id).await {
        // It stays pending, and the page says so.
        tracing::warn!(refund = %id, %error, "a refund was not carried out yet");
    }
    Ok(())
}

/// Stores a refund of what is left of a credit note, to be carried out by the reconciler from then on. Nothing where nothing can be refunded.
async fn start(services: &Services, tx: &mut SystemTx, credit_note: InvoiceId, note: &queries::Note, from: Time) -> Result<Option<RefundId>> {
    ledger::lock(tx.conn(), note.tenant_id).await?;
    let (provider, now) = (&**services.part::<dyn Payments>(), services.now());
    let Some(found) = refundable(tx.conn(), provider, credit_note, note).await? else { return Ok(None) };
    let id = RefundId(Uuid::now_v7());
    queries::insert(tx.conn(), id, note.tenant_id, credit_note, found.payment.id, found.amount, now).await?;
    ledger::refund(tx.conn(), note.tenant_id, &found.credits, id, found.amount, now).await?;
    touch(tx.conn(), PendingRefunds::NAME, id.0, from).await?;
    let event = AuditEvent::new(AuditAction::RefundStarted, "invoice", credit_note, &note.number).in_tenant(note.tenant_id);
    tx.record(event.after(serde_json::json!({ "refund": id, "amount": found.amount.to_string() })));
    Ok(Some(id))
}

/// Refunds what a credit note gave to the card that has paid its invoice, in the caller's transaction; the reconciler carries it out. What no card
/// has paid stays credit of the account.
pub(crate) async fn refund_by_itself(services: &Services, tx: &mut SystemTx, credit_note: InvoiceId) -> Result<()> {
    let note = queries::note(tx.conn(), credit_note).await?.ok_or_else(|| Error::not_found("Credit note"))?;
    start(services, tx, credit_note, &note, services.now()).await?;
    Ok(())
}

/// Asks the provider, without a transaction, and stores its answer. Whether it is settled.
///
/// # Errors
/// Unavailable when the provider does not answer; the refund stays pending.
async fn execute(services: &Services, id: RefundId) -> Result<bool> {
    let mut tx = services.db.system_read("payments").await?;
    let found = queries::pending(tx.conn(), id).await?;
    tx.finish().await?;
    let Some(found) = found else { return Ok(true) };
    let provider = services.part::<dyn Payments>();
    if provider.name() != found.provider {
        return Err(Error::unavailable(format!("The payment provider {} is not configured.", found.provider)));
    }
    let request = RefundRequest {
        key: id.to_string(),
        payment_ref: found.payment_ref,
        amount: found.money.money(),
        provider_ref: found.provider_ref,
        age: (services.now() - found.created_at).num_seconds(),
    };
    let answer = provider.refund(&request).await.map_err(|error| {
        tracing::warn!(refund = %id, %error, "failed to refund");
        Error::unavailable("The payment provider is not responding.")
    })?;
    let is_settled = !matches!(answer, Refund::Pending { .. });
    let mut tx = services.db.system("payments").await?;
    settle(services, &mut tx, id, answer).await?;
    tx.commit_progress().await?;
    Ok(is_settled)
}

/// Stores what became of a refund. What is known already changes nothing.
async fn settle(services: &Services, tx: &mut SystemTx, id: RefundId, answer: Refund) -> Result<()> {
    let at = services.now();
    let Some(known) = queries::known(tx.conn(), id).await? else { return Err(Error::not_found("Refund")) };
    ledger::lock(tx.conn(), known.tenant_id).await?;
    let (action, code) = match answer {
        Refund::Pending { provider_ref } => return Ok(queries::set_ref(tx.conn(), id, &provider_ref).await?),
        Refund::Succeeded { provider_ref } if queries::succeed(tx.conn(), id, &provider_ref, at).await? => (AuditAction::RefundSucceeded, None),
        Refund::Failed { code } if queries::fail(tx.conn(), id, &code, at).await? => {
            ledger::take_back_refund(tx.conn(), known.tenant_id, id, known.money.money(), at).await?;
            (AuditAction::RefundFailed, Some(code))
        }
        _ => return Ok(()),
    };
    let amount = known.money.money().to_string();
    match &code {
        None => {
            let write = |portal: &str| RefundSucceeded {
                amount: amount.clone(),
                credit_note: known.number.clone(),
                link: format!("{portal}/invoices/{}", known.credit_note_id),
            };
            letters::send(services, tx, known.tenant_id, write).await?;
        }
        Some(code) => {
            let letter = RefundFailed {
                amount: amount.clone(),
                credit_note: known.number.clone(),
                reason: code.replace('_', " "),
                link: format!("{}/admin/invoices/{}", services.settings.public_url, known.credit_note_id),
            };
            outbox::queue_for_staff::<BillingManage, _>(services, tx, &letter).await?;
        }
    }
    let event = AuditEvent::new(action, "invoice", known.credit_note_id, known.number).in_tenant(known.tenant_id);
    tx.record(event.after(serde_json::json!({ "refund": id, "amount": amount, "failure_code": code })));
    Ok(())
}

/// The provider says how far a refund is. Answers with why that was not believed, if so.
pub(crate) async fn refund_changed(services: &Services, tx: &mut SystemTx, key: &str, answer: Refund) -> Result<Result<(), String>> {
    let Ok(id) = key.parse::<RefundId>() else { return Ok(Err(format!("{key} is no refund of ours"))) };
    match settle(services, tx, id, answer).await {
        Err(Error::Api(error)) if error.code == model::error::ErrorCode::NotFound => Ok(Err(format!("refund {key} not found"))),
        other => other.map(Ok),
    }
}
