//! Entries by which the bank takes an earlier payment back.

use super::{matching, queries, undecided};
use crate::{ledger, payments};
use db::{AuditEvent, PlatformTx, SystemTx};
use engine::{Error, Result, Services};
use model::{audit_action::AuditAction, ids::BankEntryId, permission::BillingManage};
use serde_json::json;

/// Notes which payment an entry seems to take back, if it is a single one: that of the invoice that it names, or else that of the same payer.
pub(super) async fn suggest(tx: &mut SystemTx, entry: &queries::StoredEntry) -> Result<()> {
    let numbers = matching::invoice_numbers(&entry.remittance);
    let payer = entry.counterparty.to_lowercase();
    let mut found = queries::transfers(tx.conn(), entry).await?;
    found.retain(|transfer| match &transfer.invoice_number {
        Some(number) if !numbers.is_empty() => numbers.contains(number),
        _ => numbers.is_empty() && !payer.is_empty() && transfer.counterparty.as_ref().is_some_and(|other| other.to_lowercase() == payer),
    });
    let (note, payment) = match found.as_slice() {
        [only] => ("This may be a payment that the bank took back.", Some(only.id)),
        [] => ("This may be a payment that the bank took back. No booked transfer of this amount fits it.", None),
        _ => ("This may be a payment that the bank took back. Several booked transfers of this amount fit it.", None),
    };
    Ok(queries::note_return(tx.conn(), entry.id, note, payment).await?)
}

/// Takes back the payment that an entry reverses: what it had paid is open again. It is the transfer of this amount that was booked for the invoice of
/// this number, or the one that was suggested, where there is no number.
///
/// # Errors
/// Not found; on field `invoice_number` when there is no such transfer; a conflict when the entry is booked already or is an incoming payment, or the
/// payment can't be taken back any more.
pub async fn take_back(services: &Services, tx: PlatformTx<BillingManage>, id: BankEntryId, invoice_number: &str) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let entry = undecided(&mut tx, id).await?;
    if !entry.is_return {
        return Err(Error::conflict("This entry is an incoming payment. Assign it instead."));
    }
    let number = invoice_number.trim().to_uppercase();
    let field = |message: &str| Error::field("invoice_number", message);
    if number.is_empty() && entry.suggested_payment_id.is_none() {
        return Err(field("Enter the number of the invoice that the transfer had paid."));
    }
    let mut found = queries::transfers(tx.conn(), &entry).await?.into_iter();
    let transfer = found.find(|transfer| match &*number {
        "" => Some(transfer.id) == entry.suggested_payment_id,
        number => transfer.invoice_number.as_deref() == Some(number),
    });
    let transfer = transfer.ok_or_else(|| field("No transfer of this amount is booked for this invoice."))?;
    let (tenant, amount) = (transfer.tenant_id, entry.money());
    ledger::lock(tx.conn(), tenant).await?;
    let invoice = transfer.invoice_id.zip(transfer.invoice_number.as_deref());
    payments::take_back(&mut tx, tenant, transfer.id, invoice, amount, services.now()).await?;
    queries::set_booked(tx.conn(), entry.id, tenant, transfer.invoice_id, transfer.id).await?;
    let event = AuditEvent::new(AuditAction::BankEntryReturned, "bank_entry", id, &entry.account).in_tenant(tenant);
    Ok(tx.commit(event.after(json!({ "amount": amount.to_string(), "payment": transfer.id }))).await?)
}
