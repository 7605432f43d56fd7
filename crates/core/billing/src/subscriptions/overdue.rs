//! What staff do about an invoice that a customer has not paid: have it charged at once, or give more time.

use super::cancel::lock;
use crate::{
    dunning::{self, extensions},
    invoices::{self, SUBSCRIPTION_BILLING},
    ledger,
    payments::{self, Waiting},
};
use chrono::{Duration, NaiveDate};
use db::{AuditEvent, PlatformTx};
use engine::{
    Error, Result, Services,
    reconcile::touch,
    text::{day, minute},
};
use model::{
    Time,
    audit_action::AuditAction,
    ids::{InvoiceId, SubscriptionId},
    permission::SubscriptionsWrite,
};
use serde_json::json;

/// Longest extension, in days.
const MAX_DAYS: i64 = 90;

/// After this, the subscription's reconciler carries out a charge whose answer nobody waits for.
const UNATTENDED: Duration = Duration::seconds(30);

/// Charges the overdue invoice of a subscription to the card that is next in turn, now instead of on the next day of the payment terms, and returns
/// the result. It counts as one of their attempts. Account credit is used first.
///
/// # Errors
/// Not found; a conflict when nothing is due, a charge is on its way, no card can be charged, one was tried just now, or it was declined. Unavailable
/// when the provider does not answer: the charge is carried out once it does.
pub async fn charge_now(services: &Services, tx: PlatformTx<SubscriptionsWrite>, id: SubscriptionId) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let (mut tx, plan) = lock(services, caller, None, id).await?;
    let now = services.now();
    let due = payments::next_open(services, tx.conn(), plan.id).await?.filter(|invoice| invoice.due_at <= now);
    let mut invoice = due.ok_or_else(|| Error::conflict("No invoice of this subscription is due."))?;
    let overdue = dunning::overdue(services, tx.conn(), plan.tenant_id, &invoice, plan.suspended_at).await?;
    if overdue.waiting.is_some() || payments::pending_of_subscription(&mut tx, plan.id).await?.is_some() {
        return Err(Error::conflict("A payment of this invoice is in progress. Wait until it has completed."));
    }
    if ledger::use_credit(tx.conn(), plan.tenant_id, invoice.id, plan.currency, now).await? > 0 {
        invoices::note_if_paid(&mut tx, invoice.id, now).await?;
        match invoices::queries::open(tx.conn(), invoice.id).await?.filter(|open| payments::takes(services, open.money()).minor > 0) {
            Some(open) => invoice.open = open,
            None => return Ok(tx.commit_progress().await?),
        }
    }
    let terms = dunning::terms_at(tx.conn(), plan.id, invoice.issued_at).await?;
    if let Some(until) = overdue.cools_down_until(&terms).filter(|until| *until > now) {
        return Err(Error::conflict(format!("A card was declined a short time ago. Try again after {}.", minute(until))));
    }
    let methods = payments::usable(services, tx.conn(), plan.tenant_id).await?;
    let no_card = || Error::conflict("No card can be charged. The customer must add one, or pay on the invoice's page.");
    let method = methods.get(overdue.next_method()).ok_or_else(no_card)?;
    let amount = payments::to_charge(services, tx.conn(), plan.id, &invoice).await?;
    payments::create_charge(&mut tx, services, plan.tenant_id, invoice.id, *method, amount).await?;
    let event = AuditEvent::new(AuditAction::SubscriptionChargeRequested, "subscription", plan.id, &plan.product_name).in_tenant(plan.tenant_id);
    tx.record(event.after(json!({ "invoice": invoice.number, "amount": amount.to_string() })));
    touch(tx.conn(), SUBSCRIPTION_BILLING, plan.id.0, now + UNATTENDED).await?;
    tx.commit_progress().await?;
    answer(services, plan.id, invoice.id).await
}

/// Sends the charge to the provider and returns its result.
async fn answer(services: &Services, id: SubscriptionId, invoice: InvoiceId) -> Result<()> {
    let mut tx = services.db.system("subscriptions").await?;
    let charge = payments::pending_of_subscription(&mut tx, id).await?;
    tx.finish().await?;
    if let Some(charge) = charge {
        payments::execute_charge(services, &charge).await?;
    }
    let mut tx = services.db.system("subscriptions").await?;
    let open = invoices::queries::open(tx.conn(), invoice).await?;
    let waiting = payments::waiting_for(tx.conn(), invoice).await?;
    let declined = payments::last_decline(tx.conn(), invoice).await?;
    tx.finish().await?;
    let is_paid = open.is_none_or(|open| payments::takes(services, open.money()).minor == 0);
    match waiting {
        // Paid, or on its way.
        waiting if is_paid || waiting == Some(Waiting::Provider) => Ok(()),
        Some(_) => Err(Error::conflict("The bank wants the customer to confirm this charge. They got a link by email.")),
        None => Err(Error::conflict(format!("The card was declined ({}).", declined.as_deref().unwrap_or("no reason given")))),
    }
}

/// Extends the payment deadline of a subscription: until the end of a day (UTC), such as `2026-12-14`, no card is charged automatically, and
/// nothing is suspended or terminated for an unpaid invoice. What is suspended already stays so. It replaces an earlier extension.
///
/// # Errors
/// On field `until` when it is no day from today to 90 days ahead; on `reason` when it is missing or too long; not found; a conflict when no invoice is
/// open.
pub async fn extend_deadline(services: &Services, tx: PlatformTx<SubscriptionsWrite>, id: SubscriptionId, until: &str, reason: &str) -> Result<()> {
    let now = services.now();
    let until = end_of(until, now)?;
    let reason = crate::reason::check(reason)?;
    let caller = tx.caller().clone();
    tx.finish().await?;
    let (mut tx, plan) = lock(services, caller, None, id).await?;
    if payments::next_open(services, tx.conn(), plan.id).await?.is_none() {
        return Err(Error::conflict("No invoice of this subscription is open."));
    }
    extensions::extend(tx.conn(), plan.tenant_id, plan.id, until, reason, now).await?;
    let event = AuditEvent::new(AuditAction::SubscriptionDeadlineExtended, "subscription", plan.id, &plan.product_name).in_tenant(plan.tenant_id);
    tx.record(event.after(json!({ "until": day(until), "reason": reason })));
    touch(tx.conn(), SUBSCRIPTION_BILLING, plan.id.0, now).await?;
    Ok(tx.commit_progress().await?)
}

/// Ends the extension: what the payment terms would have done meanwhile is done now.
///
/// # Errors
/// Not found; a conflict when none is left.
pub async fn end_extension(services: &Services, tx: PlatformTx<SubscriptionsWrite>, id: SubscriptionId) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let (mut tx, plan) = lock(services, caller, None, id).await?;
    let now = services.now();
    let ended = extensions::end(tx.conn(), plan.id, now).await?;
    let until = ended.ok_or_else(|| Error::conflict("The payment deadline of this subscription is not extended."))?;
    let event = AuditEvent::new(AuditAction::SubscriptionExtensionEnded, "subscription", plan.id, &plan.product_name).in_tenant(plan.tenant_id);
    tx.record(event.before(json!({ "until": day(until) })));
    touch(tx.conn(), SUBSCRIPTION_BILLING, plan.id.0, now).await?;
    Ok(tx.commit_progress().await?)
}

/// The last moment of a day.
fn end_of(typed: &str, now: Time) -> Result<Time> {
    let wrong = || Error::field("until", format!("Enter a day from today to {MAX_DAYS} days ahead."));
    let day: NaiveDate = typed.trim().parse().map_err(|_| wrong())?;
    if !(0..=MAX_DAYS).contains(&(day - now.date_naive()).num_days()) {
        return Err(wrong());
    }
    let end = day.and_hms_opt(23, 59, 59).ok_or_else(wrong)?.and_utc();
    if end > now { Ok(end) } else { Err(wrong()) }
}
