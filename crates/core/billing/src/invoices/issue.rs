//! Issuing invoices and credit notes.

use super::queries;
use crate::{
    ledger,
    tax::{TaxDecision, evidence},
};
use chrono::Datelike;
use db::{AuditEvent, SystemTx};
use engine::Result;
use model::{
    Time,
    audit_action::AuditAction,
    billing::invoices::{InvoiceKind, InvoiceLine, InvoiceStatus, Party},
    ids::{CheckoutId, InvoiceId, SubscriptionId, TenantId},
    money::{Currency, Money},
};
use serde_json::json;
use uuid::Uuid;

/// What is to be invoiced.
pub(crate) struct NewInvoice<'a> {
    pub tenant: TenantId,
    /// None where staff invoice something else.
    pub subscription: Option<SubscriptionId>,
    pub checkout: Option<CheckoutId>,
    /// Start of the period that a renewal is for; a period is invoiced once.
    pub period_start: Option<Time>,
    pub currency: Currency,
    pub lines: &'a [InvoiceLine],
    pub tax: &'a TaxDecision,
    pub buyer: &'a Party,
    pub seller: &'a Party,
    pub at: Time,
    pub due_at: Time,
}

/// A document that was issued.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub id: InvoiceId,
    pub number: String,
    pub total: Money,
}

/// Net, tax and total of a document.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub net: Money,
    pub tax: Money,
    pub total: Money,
}

impl Sums {
    /// The tax is computed once, on the sum of the lines, and rounded half away from zero.
    pub fn of(lines: &[InvoiceLine], currency: Currency, tax_rate_bp: i32) -> Option<Self> {
        let net = lines.iter().try_fold(Money::new(0, currency), |sum, line| sum.plus(line.net))?;
        let tax = net.share(tax_rate_bp)?;
        Some(Self { net, tax, total: net.plus(tax)? })
    }
}

/// A document as it is stored.
pub(super) struct Document<'a> {
    pub kind: InvoiceKind,
    pub status: InvoiceStatus,
    pub number: &'a str,
    pub corrects: Option<InvoiceId>,
    pub reason: &'a str,
    pub sums: Sums,
}

/// Issues an invoice and charges the account with it. Credit of the account is not used here; the caller does that with [`use_credit`]. Call it
/// late in the transaction: from here until the commit every other invoice of this year waits for its number.
pub(crate) async fn issue(tx: &mut SystemTx, new: &NewInvoice<'_>) -> Result<Issued> {
    let sums = Sums::of(new.lines, new.currency, new.tax.rate_bp).ok_or_else(|| anyhow::anyhow!("the lines of an invoice do not add up"))?;
    issue_with(tx, new, sums).await
}

/// [`issue`] with sums that follow from another document.
pub(super) async fn issue_with(tx: &mut SystemTx, new: &NewInvoice<'_>, sums: Sums) -> Result<Issued> {
    ledger::lock(tx.conn(), new.tenant).await?;
    let id = InvoiceId(Uuid::now_v7());
    let number = number(tx, "INV", new.at).await?;
    let document = Document { kind: InvoiceKind::Invoice, status: InvoiceStatus::Open, number: &number, corrects: None, reason: "", sums };
    queries::insert(tx.conn(), id, &document, new).await?;
    queries::insert_lines(tx.conn(), new.tenant, id, new.lines).await?;
    evidence::keep(tx.conn(), new.tenant, id, &new.buyer.country, new.tax.treatment, new.at).await?;
    ledger::charge(tx.conn(), new.tenant, id, sums.total, new.at).await?;
    let event = AuditEvent::new(AuditAction::InvoiceIssued, "invoice", id, &number).in_tenant(new.tenant);
    tx.record(event.after(json!({ "total": sums.total.to_string(), "due_at": new.due_at })));
    Ok(Issued { id, number, total: sums.total })
}

/// Uses the account's credit for an invoice, and notes it as paid when nothing is left to pay.
pub(crate) async fn use_credit(tx: &mut SystemTx, tenant: TenantId, invoice: &Issued, at: Time) -> Result<()> {
    ledger::use_credit(tx.conn(), tenant, invoice.id, invoice.total.currency, at).await?;
    super::note_if_paid(tx, invoice.id, at).await?;
    Ok(())
}

/// A credit note for an invoice.
pub(super) struct NewCreditNote<'a> {
    pub corrects: &'a queries::Creditable,
    pub reason: &'a str,
    /// Negative.
    pub net: Money,
    /// Negative, or nothing.
    pub tax: Money,
    pub seller: &'a Party,
    pub at: Time,
}

/// Issues a credit note. Its sum goes to the invoice as far as that is open, and to the account's credit.
pub(super) async fn issue_credit_note(tx: &mut SystemTx, note: &NewCreditNote<'_>) -> Result<Issued> {
    let invoice = note.corrects;
    let currency = invoice.currency;
    let total = note.net.plus(note.tax).ok_or_else(|| anyhow::anyhow!("the sums of a credit note do not add up"))?;
    let id = InvoiceId(Uuid::now_v7());
    let number = number(tx, "CN", note.at).await?;
    let line = InvoiceLine {
        description: format!("Credit for invoice {}", invoice.number),
        quantity: 1,
        unit_price: note.net,
        net: note.net,
        period_start: note.at,
        period_end: note.at,
    };
    let tax = TaxDecision { rate_bp: invoice.tax_rate_bp, treatment: invoice.tax_treatment, note: invoice.tax_note.clone() };
    let new = NewInvoice {
        tenant: invoice.tenant_id,
        subscription: invoice.subscription_id,
        checkout: None,
        period_start: None,
        currency,
        lines: std::slice::from_ref(&line),
        tax: &tax,
        buyer: &invoice.buyer.0,
        seller: note.seller,
        at: note.at,
        due_at: note.at,
    };
    let document = Document {
        kind: InvoiceKind::CreditNote,
        status: InvoiceStatus::Paid,
        number: &number,
        corrects: Some(invoice.id),
        reason: note.reason,
        sums: Sums { net: note.net, tax: note.tax, total },
    };
    queries::insert(tx.conn(), id, &document, &new).await?;
    queries::insert_lines(tx.conn(), invoice.tenant_id, id, new.lines).await?;
    let entry = ledger::credit(tx.conn(), invoice.tenant_id, id, Money::new(-total.minor, currency), note.at).await?;
    ledger::allocate(tx.conn(), invoice.tenant_id, entry, invoice.id, note.at).await?;
    let event = AuditEvent::new(AuditAction::CreditNoteIssued, "invoice", id, &number).in_tenant(invoice.tenant_id);
    tx.record(event.after(json!({ "total": total.to_string(), "invoice": invoice.id, "invoice_number": invoice.number, "reason": note.reason })));
    Ok(Issued { id, number, total })
}

/// The next number of a series of this year.
async fn number(tx: &mut SystemTx, series: &str, at: Time) -> Result<String> {
    let series = format!("{series}-{}", at.year());
    let last = queries::next_number(tx.conn(), &series).await?;
    Ok(format!("{series}-{last:05}"))
}
