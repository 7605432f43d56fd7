//! Payments that the bank takes back: they no longer count, and the invoices that they paid are open again.

mod queries;

use crate::{invoices, ledger};
use db::{AuditEvent, SystemTx};
use engine::{Error, Result, Services};
use model::{
    Time,
    audit_action::AuditAction,
    billing::payments::LostDispute,
    ids::{InvoiceId, PaymentId, TenantId},
    money::Money,
};
use serde_json::json;

/// Takes back a payment that was lost to a dispute. Account credit pays its invoices as far as it goes; the rest is written off or open again,
/// as configured (`payments.lost_dispute`). The account must be locked. Returns false, with nothing done, for a payment that does not count.
pub(super) async fn lose(services: &Services, tx: &mut SystemTx, lost: &LostPayment<'_>) -> Result<bool> {
    if !queries::set_returned(tx.conn(), lost.payment).await? {
        return Ok(false);
    }
    let at = services.now();
    let is_owed = services.settings.lost_dispute == LostDispute::Reopen;
    let reason = format!("The bank took the payment back: dispute {} was lost.", lost.dispute);
    let paid = ledger::take_back_payment(tx.conn(), lost.tenant, lost.payment, lost.amount, at).await?;
    for (invoice, part) in paid {
        invoices::reopen_lost(tx, lost.tenant, invoice, Money::new(part, lost.amount.currency), is_owed, &reason, at).await?;
    }
    let event = AuditEvent::new(AuditAction::PaymentReturned, "invoice", lost.invoice, lost.number).in_tenant(lost.tenant);
    tx.record(event.after(json!({ "payment": lost.payment, "amount": lost.amount.to_string(), "dispute": lost.dispute })));
    Ok(true)
}

/// A payment that was lost to a dispute.
pub(super) struct LostPayment<'a> {
    pub tenant: TenantId,
    pub payment: PaymentId,
    /// The invoice that it was for.
    pub invoice: InvoiceId,
    pub number: &'a str,
    /// Its whole amount.
    pub amount: Money,
    /// The provider's id of the dispute.
    pub dispute: &'a str,
}

/// Takes a transfer back. The account is locked.
///
/// # Errors
/// A conflict when it was taken back before, or an invoice that it paid was credited and the credit was used.
pub(crate) async fn take_back(
    tx: &mut SystemTx,
    tenant: TenantId,
    payment: PaymentId,
    invoice: Option<(InvoiceId, &str)>,
    amount: Money,
    at: Time,
) -> Result<()> {
    if !queries::set_returned(tx.conn(), payment).await? {
        return Err(Error::conflict("This payment was taken back already. Reload the page."));
    }
    let paid = ledger::take_back_payment(tx.conn(), tenant, payment, amount, at).await?;
    for (invoice, part) in &paid {
        invoices::reopen_unpaid(tx, tenant, *invoice, Money::new(*part, amount.currency), at).await?;
    }
    let event = match invoice {
        Some((invoice, number)) => AuditEvent::new(AuditAction::PaymentReturned, "invoice", invoice, number),
        None => AuditEvent::new(AuditAction::PaymentReturned, "tenant", tenant, super::queries::account_name(tx.conn(), tenant).await?),
    };
    tx.record(event.in_tenant(tenant).after(json!({ "payment": payment, "amount": amount.to_string() })));
    Ok(())
}
