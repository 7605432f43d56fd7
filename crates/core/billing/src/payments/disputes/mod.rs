//! Disputes: a cardholder has the bank take a payment back. While one is open nothing is suspended and nothing is booked; staff are told, and answer at
//! the provider. One that is lost is booked: the money is gone.

mod queries;

use super::returned::{self, LostPayment};
use crate::ledger;
use adapters::payments::Dispute;
use chrono::DateTime;
use db::{AuditEvent, SystemTx};
use engine::{Result, Services};
use model::{audit_action::AuditAction, billing::payments::DisputeStatus, ids::DisputeId};
use uuid::Uuid;

/// The provider says how far a dispute is. Answers with why that was not believed, if so.
pub(crate) async fn dispute_changed(services: &Services, tx: &mut SystemTx, provider: &str, dispute: &Dispute) -> Result<Result<(), String>> {
    let Some(payment) = queries::disputed_payment(tx.conn(), provider, &dispute.payment_ref).await? else {
        return Ok(Err(format!("payment {} is disputed, and is none of ours", dispute.payment_ref)));
    };
    ledger::lock(tx.conn(), payment.tenant_id).await?;
    let respond_by = dispute.respond_by.and_then(|at| DateTime::from_timestamp(at, 0));
    let before = queries::dispute_status(tx.conn(), provider, &dispute.provider_ref).await?;
    queries::upsert_dispute(tx.conn(), DisputeId(Uuid::now_v7()), &payment, provider, dispute, respond_by, services.now()).await?;
    // Decided is decided, whatever order messages come in.
    let action = match (before, dispute.status) {
        (None | Some(DisputeStatus::Open), DisputeStatus::Won | DisputeStatus::Lost) => AuditAction::DisputeClosed,
        (None, DisputeStatus::Open) => AuditAction::DisputeOpened,
        _ => return Ok(Ok(())),
    };
    let event = AuditEvent::new(action, "invoice", payment.invoice_id, &payment.invoice_number).in_tenant(payment.tenant_id);
    tx.record(event.after(serde_json::json!({
        "dispute": dispute.provider_ref, "amount": dispute.amount.to_string(), "reason": dispute.reason, "status": dispute.status,
        "respond_by": respond_by,
    })));
    if dispute.status != DisputeStatus::Lost {
        return Ok(Ok(()));
    }
    let amount = queries::amount(tx.conn(), payment.id).await?;
    let lost = LostPayment {
        tenant: payment.tenant_id,
        payment: payment.id,
        invoice: payment.invoice_id,
        number: &payment.invoice_number,
        amount: dispute.amount,
        dispute: &dispute.provider_ref,
    };
    // A part of a payment cannot be told from the rest in the books: a person decides what it had paid.
    if amount != (dispute.amount.minor, dispute.amount.currency) || !returned::lose(services, tx, &lost).await? {
        let why = format!("dispute {} about invoice {} was lost for {}, ", dispute.provider_ref, payment.invoice_number, dispute.amount);
        return Ok(Err(why + "which is not a whole payment that was received: it is not booked"));
    }
    Ok(Ok(()))
}
