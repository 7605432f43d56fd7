//! Writing off: what will not be paid is owed no more, and nobody is reminded of it.

use super::queries;
use crate::{
    invoices::{queries as of_invoices, touch_billing},
    ledger,
};
use db::{AuditEvent, PlatformTx};
use engine::{Error, Result, Services};
use model::{audit_action::AuditAction, ids::InvoiceId, permission::BillingManage};
use serde_json::json;

/// Writes off what an invoice has open. The document stays as it is, and so does its tax: only a credit note takes that back. A subscription
/// whose invoice it was goes on; it has to be cancelled apart from this.
///
/// # Errors
/// On field `reason` when it is missing or too long; a conflict when the invoice is not open a payment of it is in progress,
/// or a payment page of it is open.
pub async fn write_off(services: &Services, tx: PlatformTx<BillingManage>, invoice: InvoiceId, reason: &str) -> Result<()> {
    let reason = crate::reason::check(reason)?;
    let (caller, at) = (tx.caller().clone(), services.now());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let tenant = of_invoices::tenant_of(tx.conn(), invoice).await?.ok_or_else(|| Error::not_found("Invoice"))?;
    ledger::lock(tx.conn(), tenant).await?;
    let open = of_invoices::open(tx.conn(), invoice).await?.ok_or_else(|| Error::conflict("This invoice is not open."))?.money();
    if queries::is_being_paid(tx.conn(), invoice).await? {
        return Err(Error::conflict("A payment of this invoice is in progress. Wait for its result."));
    }
    if let Some(until) = queries::page_open_until(tx.conn(), invoice, at).await? {
        let until = until.format("%H:%M");
        return Err(Error::conflict(format!("A payment page of this invoice is open. It can be written off after {until} UTC.")));
    }
    let entry = ledger::write_off(tx.conn(), tenant, invoice, open, reason, at).await?;
    ledger::allocate(tx.conn(), tenant, entry, invoice, at).await?;
    let number = queries::set_written_off(tx.conn(), invoice).await?;
    let event = AuditEvent::new(AuditAction::InvoiceWrittenOff, "invoice", invoice, number).in_tenant(tenant);
    tx.record(event.after(json!({ "amount": open.to_string(), "reason": reason })));
    touch_billing(&mut tx, invoice, at).await?;
    Ok(tx.commit_progress().await?)
}
