//! Charging a saved card.

use super::{
    apply,
    letters::ConfirmationNeeded,
    queries::{self, ChargeOf},
};
use crate::{invoices, invoices::queries::Amount, ledger};
use adapters::payments::{Charge, ChargeRequest, PaymentLabels, Payments};
use db::{AuditEvent, SystemTx};
use engine::{Result, Services};
use model::{
    Time,
    audit_action::AuditAction,
    billing::payments::PaymentStatus,
    ids::{InvoiceId, PaymentId, PaymentMethodId, SubscriptionId, TenantId},
    money::Money,
};
use serde_json::json;
use sqlx::PgConnection;

/// A charge that the provider is to carry out.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct PendingCharge {
    pub id: PaymentId,
    pub tenant_id: TenantId,
    pub invoice_id: InvoiceId,
    pub invoice_number: String,
    pub subscription_id: Option<SubscriptionId>,
    pub method_id: PaymentMethodId,
    pub method_ref: String,
    pub provider: String,
    pub attempt: i32,
    pub request_version: i32,
    pub created_at: Time,
    #[sqlx(flatten)]
    pub money: Amount,
}

impl PendingCharge {
    /// Names the charge for the provider: asking again with it does not charge again.
    fn key(&self) -> String {
        format!("{}-{}", self.invoice_id, self.attempt)
    }
}

/// Stores an attempt to charge what an invoice has open to this card. Commit before [`execute_charge`].
pub(crate) async fn create_charge(
    tx: &mut SystemTx,
    services: &Services,
    tenant: TenantId,
    invoice: InvoiceId,
    method: PaymentMethodId,
    amount: Money,
) -> Result<()> {
    let payments = services.part::<dyn Payments>();
    let provider = (payments.name(), payments.charge_version());
    Ok(queries::insert_charge(tx.conn(), tenant, invoice, method, provider, amount, services.now()).await?)
}

/// A charge for a subscription that the provider has not answered yet, whatever became of its invoice or of the subscription.
pub(crate) async fn pending_of_subscription(tx: &mut SystemTx, subscription: SubscriptionId) -> Result<Option<PendingCharge>> {
    Ok(queries::charge(tx.conn(), ChargeOf::Unanswered(subscription)).await?)
}

/// Earlier attempts to charge an invoice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct History {
    /// Declines after which the card may be tried again.
    pub soft: i64,
    /// Declines of cards that failed for good.
    pub hard: i64,
    /// When the last one was made, and whether it was a hard decline.
    pub last_at: Option<Time>,
    pub is_last_hard: Option<bool>,
}

/// Earlier attempts to charge an invoice.
pub(crate) async fn history(conn: &mut PgConnection, invoice: InvoiceId) -> Result<History> {
    Ok(queries::history(conn, invoice).await?)
}

/// Asks the provider, without a transaction, and stores its answer.
///
/// # Errors
/// Unavailable when the provider does not answer; the attempt stays pending and is carried out by the next run.
pub(crate) async fn execute_charge(services: &Services, charge: &PendingCharge) -> Result<()> {
    let payments = services.part::<dyn Payments>();
    if payments.name() != charge.provider {
        return Err(engine::Error::unavailable(format!("The payment provider {} is not configured.", charge.provider)));
    }
    let request = ChargeRequest {
        key: charge.key(),
        method_ref: charge.method_ref.clone(),
        amount: charge.money.money(),
        description: format!("Invoice {}", charge.invoice_number),
        labels: PaymentLabels { tenant: Some(charge.tenant_id), invoice: Some(charge.invoice_number.clone()), subscription: charge.subscription_id },
        attempt: charge.attempt,
        age: (services.now() - charge.created_at).num_seconds(),
        version: charge.request_version,
    };
    let answer = payments.charge(&request).await.map_err(|error| {
        tracing::warn!(invoice = %charge.invoice_id, %error, "failed to charge a card");
        engine::Error::unavailable("The payment provider is not responding.")
    })?;
    settle_charge(services, charge, answer).await
}

/// Stores what became of a charge, in a transaction of its own.
pub(super) async fn settle_charge(services: &Services, charge: &PendingCharge, answer: Charge) -> Result<()> {
    let mut tx = services.db.system("payments").await?;
    settle(services, &mut tx, charge, answer).await?;
    Ok(tx.commit_progress().await?)
}

/// Stores what became of a charge. What is known already changes nothing, and money that was taken counts whatever was said before.
async fn settle(services: &Services, tx: &mut SystemTx, charge: &PendingCharge, answer: Charge) -> Result<()> {
    let at = services.now();
    ledger::lock(tx.conn(), charge.tenant_id).await?;
    match answer {
        Charge::Succeeded { provider_ref } => {
            if queries::succeed(tx.conn(), charge.id, &provider_ref, at).await? {
                apply(tx, charge.tenant_id, charge.id, Some(charge.invoice_id), charge.money.money(), at).await?;
            }
        }
        Charge::Declined { code, is_hard } => {
            if queries::fail(tx.conn(), charge.id, &code, is_hard, at).await? {
                declined(tx, charge, &code, is_hard).await?;
                invoices::touch_billing(tx, charge.invoice_id, at).await?;
            }
        }
        Charge::ActionRequired { provider_ref } => {
            if queries::wait(tx.conn(), charge.id, PaymentStatus::ActionRequired, &provider_ref).await? {
                waits(tx, charge, PaymentStatus::ActionRequired);
                let write = |portal: &str| ConfirmationNeeded {
                    invoice: charge.invoice_number.clone(),
                    amount: charge.money.money().to_string(),
                    link: format!("{portal}/invoices/{}", charge.invoice_id),
                };
                crate::letters::send(services, tx, charge.tenant_id, write).await?;
            }
        }
        Charge::Processing { provider_ref } => {
            if queries::wait(tx.conn(), charge.id, PaymentStatus::Processing, &provider_ref).await? {
                waits(tx, charge, PaymentStatus::Processing);
                invoices::touch_billing(tx, charge.invoice_id, at).await?;
            }
        }
    }
    Ok(())
}

fn waits(tx: &mut SystemTx, charge: &PendingCharge, status: PaymentStatus) {
    let event = AuditEvent::new(AuditAction::PaymentWaiting, "invoice", charge.invoice_id, &charge.invoice_number);
    let what = json!({ "amount": charge.money.money().to_string(), "attempt": charge.attempt, "status": status });
    tx.record(event.in_tenant(charge.tenant_id).after(what));
}

async fn declined(tx: &mut SystemTx, charge: &PendingCharge, code: &str, is_hard: bool) -> Result<()> {
    let event = AuditEvent::new(AuditAction::PaymentFailed, "invoice", charge.invoice_id, &charge.invoice_number);
    tx.record(event.in_tenant(charge.tenant_id).after(json!({
        "amount": charge.money.money().to_string(), "attempt": charge.attempt, "decline_code": code, "hard": is_hard,
    })));
    if is_hard && let Some(label) = queries::fail_method(tx.conn(), charge.method_id, code).await? {
        let event = AuditEvent::new(AuditAction::PaymentMethodUpdated, "payment_method", charge.method_id, label);
        tx.record(event.in_tenant(charge.tenant_id).after(json!({ "status": "FAILED", "decline_code": code })));
    }
    Ok(())
}

/// The provider says how far a charge is. Answers with why that was not believed, if so.
pub(crate) async fn charge_changed(
    services: &Services,
    tx: &mut SystemTx,
    provider: &str,
    key: &str,
    answer: Charge,
    taken: Option<Money>,
) -> Result<Result<(), String>> {
    let Some((invoice, attempt)) = named(key) else { return Ok(Err(format!("{key} is no charge of ours"))) };
    let Some(charge) = queries::charge(tx.conn(), ChargeOf::Key(invoice, attempt)).await? else { return Ok(Err(format!("charge {key} not found"))) };
    if charge.provider != provider {
        return Ok(Err(format!("charge belongs to provider {}", charge.provider)));
    }
    if let Some(taken) = taken.filter(|taken| *taken != charge.money.money()) {
        return Ok(Err(format!("taken {taken}, asked for {}", charge.money.money())));
    }
    settle(services, tx, &charge, answer).await?;
    Ok(Ok(()))
}

/// The number of the invoice of a charge, if it is one of ours whose money is not in the books.
pub(crate) async fn unsettled_charge(tx: &mut SystemTx, key: &str) -> Result<Option<String>> {
    let Some((invoice, attempt)) = named(key) else { return Ok(None) };
    Ok(queries::unsettled_charge(tx.conn(), invoice, attempt).await?)
}

/// Invoice and attempt of a [`PendingCharge::key`].
fn named(key: &str) -> Option<(InvoiceId, i32)> {
    let (invoice, attempt) = key.rsplit_once('-')?;
    Some((invoice.parse().ok()?, attempt.parse().ok()?))
}
