//! Invoices again what was credited for a change that was not made.

use super::super::{
    as_issued,
    credit::lock,
    issue::{NewInvoice, Sums, issue_with, use_credit},
};
use crate::tax::TaxDecision;
use db::SystemTx;
use engine::{Result, Services};
use model::{Time, billing::invoices::InvoiceLine, ids::InvoiceId, money::Money};

/// Reverses a credit note: the same amounts are invoiced for the same time and with the same tax, and paid with the credit from the note. The
/// credit note itself stays as it is.
pub(crate) async fn invoice_again(services: &Services, tx: &mut SystemTx, note: InvoiceId, time: (Time, Time)) -> Result<()> {
    let note = as_issued(tx.conn(), note).await?;
    let (corrected, _) = note.corrects.ok_or_else(|| anyhow::anyhow!("{} is no credit note", note.invoice.number))?;
    let found = lock(tx, corrected).await?;
    let now = services.now();
    let positive = |money: Money| Money::new(-money.minor, money.currency);
    let sums = Sums { net: positive(note.net), tax: positive(note.tax), total: positive(note.invoice.total) };
    let line = InvoiceLine {
        description: format!("Reversal of credit note {}", note.invoice.number),
        quantity: 1,
        unit_price: sums.net,
        net: sums.net,
        period_start: time.0,
        period_end: time.1,
    };
    let tax = TaxDecision { rate_bp: found.tax_rate_bp, treatment: found.tax_treatment, note: found.tax_note.clone() };
    let new = NewInvoice {
        tenant: found.tenant_id,
        subscription: found.subscription_id,
        checkout: None,
        period_start: None,
        currency: found.currency,
        lines: std::slice::from_ref(&line),
        tax: &tax,
        buyer: &found.buyer.0,
        seller: &services.settings.seller,
        at: now,
        due_at: now,
    };
    let issued = issue_with(tx, &new, sums).await?;
    use_credit(tx, found.tenant_id, &issued, now).await
}
