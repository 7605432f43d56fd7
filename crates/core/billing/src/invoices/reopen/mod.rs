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
