//! An invoice that was marked as paid and is not.

mod queries;

use super::{queries::tenant_of, touch_billing};
use crate::ledger;
use db::{AuditEvent, PlatformTx};
use engine::{Error, Result, Services};
use model::{audit_action::AuditAction, ids::InvoiceId, money::Money, permission::BillingManage};
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
