//! An invoice that was marked as paid and is not.

mod queries;

use super::{note_if_paid, queries::tenant_of, touch_billing};
use crate::ledger;
use db::{AuditEvent, PlatformTx, SystemTx};
use engine::{Error, Result, Services};
use model::{
    Time,
    audit_action::AuditAction,
    ids::{InvoiceId, TenantId},
    money::Money,
    permission::BillingManage,
};
use serde_json::json;

/// Opens an invoice again that is marked as paid although the ledger has something of it open: from then on it is charged and reminded of like
/// any other. The document stays as it is.
///
/// # Errors
/// Not found; a conflict when nothing of it is open, or it is not marked as paid.
pub async fn reopen(services: &Services, tx: PlatformTx<BillingManage>, invoice: InvoiceId) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let tenant = tenant_of(tx.conn(), invoice).await?.ok_or_else(|| Error::not_found("Invoice"))?;
    ledger::lock(tx.conn(), tenant).await?;
    let open = ledger::open_amount(tx.conn(), invoice).await?;
    if open <= 0 {
        return Err(Error::conflict("Payments and credit cover this invoice."));
    }
    let Some((number, currency)) = queries::set_open(tx.conn(), invoice).await? else {
        return Err(Error::conflict("This invoice is not marked as paid."));
    };
    touch_billing(&mut tx, invoice, services.now()).await?;
    let event = AuditEvent::new(AuditAction::InvoiceReopened, "invoice", invoice, number).in_tenant(tenant);
    Ok(tx.commit(event.before(json!({ "status": "PAID" })).after(json!({ "open": Money::new(open, currency).to_string() }))).await?)
}

/// Opens an invoice again of whose payment this much was taken back: credit of the account pays it, or else it is charged and reminded of like any
/// other. The account is locked.
///
/// # Errors
/// A conflict when it was credited meanwhile, and that credit was used.
pub(crate) async fn reopen_unpaid(tx: &mut SystemTx, tenant: TenantId, invoice: InvoiceId, taken: Money, at: Time) -> Result<()> {
    if queries::is_void(tx.conn(), invoice).await? {
        return match ledger::cover_void(tx.conn(), tenant, invoice, taken, at).await? {
            0 => Ok(()),
            _ => Err(Error::conflict(
                "An invoice that this payment paid was credited, and the credit was used. Issue an invoice for the amount instead.",
            )),
        };
    }
    if let Some((number, currency)) = queries::set_unpaid(tx.conn(), invoice).await? {
        let open = Money::new(ledger::open_amount(tx.conn(), invoice).await?, currency);
        let event = AuditEvent::new(AuditAction::InvoiceReopened, "invoice", invoice, number).in_tenant(tenant);
        tx.record(event.after(json!({ "open": open.to_string() })));
    }
    ledger::use_credit(tx.conn(), tenant, invoice, taken.currency, at).await?;
    note_if_paid(tx, invoice, at).await?;
    touch_billing(tx, invoice, at).await
}

/// As [`reopen_unpaid`], where the bank has taken a payment back for good: what credit of the account does not pay is written off, or stays open where
/// it `is_owed`. A void invoice cannot be open; what is missing of it is written off in any case. The account is locked.
pub(crate) async fn reopen_lost(
    tx: &mut SystemTx,
    tenant: TenantId,
    invoice: InvoiceId,
    taken: Money,
    is_owed: bool,
    reason: &str,
    at: Time,
) -> Result<()> {
    let is_void = queries::is_void(tx.conn(), invoice).await?;
    let missing = if is_void {
        ledger::cover_void(tx.conn(), tenant, invoice, taken, at).await?
    } else {
        reopen_unpaid(tx, tenant, invoice, taken, at).await?;
        if is_owed { 0 } else { ledger::open_amount(tx.conn(), invoice).await?.min(taken.minor) }
    };
    if missing <= 0 {
        return Ok(());
    }
    let lost = Money::new(missing, taken.currency);
    let entry = ledger::write_off(tx.conn(), tenant, invoice, lost, reason, at).await?;
    if is_void {
        ledger::cover_void(tx.conn(), tenant, invoice, lost, at).await?;
    } else {
        ledger::allocate(tx.conn(), tenant, entry, invoice, at).await?;
    }
    let number = queries::set_given_up(tx.conn(), invoice).await?;
    let event = AuditEvent::new(AuditAction::InvoiceWrittenOff, "invoice", invoice, number).in_tenant(tenant);
    tx.record(event.after(json!({ "amount": lost.to_string(), "reason": reason })));
    Ok(())
}
