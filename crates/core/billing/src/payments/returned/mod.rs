//! Transfers that the bank takes back: the payment does not count any more, and what it has paid is open again.

mod queries;

use crate::{invoices, ledger};
use db::{AuditEvent, SystemTx};
use engine::{Error, Result};
use model::{
    Time,
    audit_action::AuditAction,
    ids::{InvoiceId, PaymentId, TenantId},
    money::Money,
};
use serde_json::json;

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
