//! Invoices.

use super::{
    payments::PaymentView,
    tax::{TaxEvidence, TaxTreatment},
};
use crate::{
    Time,
    ids::{InvoiceId, TenantId},
    money::{Currency, Money},
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// An invoice.
        InvoiceId,
    }
    permissions {
        /// View invoices.
        BillingRead "billing:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING, TENANT_OWNER, TENANT_ADMIN, TENANT_BILLING];
        /// Pay invoices, change saved cards and the billing profile; for staff, record transfers, issue invoices and credit notes, and write off as well.
        BillingManage "billing:manage" write covers BillingRead [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_BILLING, TENANT_OWNER, TENANT_ADMIN, TENANT_BILLING];
    }
    audit {
        /// An invoice was issued.
        InvoiceIssued = "INVOICE_ISSUED",
        /// An invoice is paid in full.
        InvoicePaid = "INVOICE_PAID",
        /// An invoice that no payment covers is open again.
        InvoiceReopened = "INVOICE_REOPENED",
        /// What an invoice had open was written off.
        InvoiceWrittenOff = "INVOICE_WRITTEN_OFF",
        /// A credit note was issued.
        CreditNoteIssued = "CREDIT_NOTE_ISSUED",
    }
}

crate::text_enum! {
    /// Status of an invoice.
    InvoiceStatus {
        /// Issued, not paid in full.
        Open = "OPEN",
        /// Paid in full.
        Paid = "PAID",
        /// Credited in full before it was paid.
        Void = "VOID",
        /// What was open was given up.
        WrittenOff = "WRITTEN_OFF",
    }
}

crate::text_enum! {
    /// Kind of document.
    InvoiceKind {
        /// An invoice.
        Invoice = "INVOICE",
        /// Corrects an invoice; its amounts are negative.
        CreditNote = "CREDIT_NOTE",
    }
}

/// An invoice in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvoiceRow {
    /// The invoice.
    pub id: InvoiceId,
    /// Its number; numbers have no gaps.
    pub number: String,
    /// The customer it belongs to.
    pub tenant: TenantId,
    /// Name of the customer.
    pub tenant_name: String,
    /// Invoice or credit note.
    pub kind: InvoiceKind,
    /// Its status.
    pub status: InvoiceStatus,
    /// The total; negative on a credit note.
    pub total: Money,
    /// What is left to pay.
    pub open: Money,
    /// When it was issued.
    pub issued_at: Time,
    /// When it is due.
    pub due_at: Time,
    /// When it was paid.
    pub paid_at: Option<Time>,
}

/// A party, as of the issue date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Party {
    /// Name.
    pub name: String,
    /// Postal address, lines separated by line feeds; may be empty.
    #[serde(default)]
    pub address: String,
    /// ISO 3166 code.
    #[serde(default)]
    pub country: String,
    /// Email address.
    #[serde(default)]
    pub email: String,
    /// Tax ID; may be empty.
    #[serde(default)]
    pub tax_number: String,
    /// Where a seller takes bank transfers; none for buyers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<BankDetails>,
}

/// A bank account that takes transfers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BankDetails {
    /// Whose account it is.
    pub holder: String,
    /// Its number, without spaces.
    pub iban: String,
    /// The bank; may be empty.
    #[serde(default)]
    pub bic: String,
}

impl BankDetails {
    /// The number as people read it: in groups of four.
    pub fn iban_in_groups(&self) -> String {
        let mut out = String::with_capacity(self.iban.len() + self.iban.len() / 4);
        for (place, c) in self.iban.chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                out.push(' ');
            }
            out.push(c);
        }
        out
    }
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvoiceLine {
    /// What it is.
    pub description: String,
    /// How many.
    pub quantity: i32,
    /// Unit price without tax.
    pub unit_price: Money,
    /// Line total without tax.
    pub net: Money,
    /// Start of the billing period.
    pub period_start: Time,
    /// End of the billing period.
    pub period_end: Time,
}

/// An invoice in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvoiceView {
    /// The same data as in the list.
    pub invoice: InvoiceRow,
    /// The buyer, as of the issue date.
    pub buyer: Party,
    /// The seller, as of the issue date.
    pub seller: Party,
    /// Its lines.
    pub lines: Vec<InvoiceLine>,
    /// Subtotal without tax.
    pub net: Money,
    /// Hundredths of a percent.
    pub tax_rate_bp: i32,
    /// The tax.
    pub tax: Money,
    /// Why this rate.
    pub tax_treatment: TaxTreatment,
    /// What the law wants the document to say about tax; may be empty.
    pub tax_note: String,
    /// Evidence of the customer's place; for staff only.
    pub tax_evidence: Vec<TaxEvidence>,
    /// Account credit that was used for it.
    pub credit_used: Money,
    /// Payments and attempts, newest first.
    pub payments: Vec<PaymentView>,
    /// When and why staff gave up what was open; for staff only.
    pub write_off: Option<WriteOff>,
    /// The invoice that a credit note corrects.
    pub corrects: Option<(InvoiceId, String)>,
    /// Why a credit note was issued.
    pub reason: String,
    /// Credit notes for this invoice.
    pub credit_notes: Vec<(InvoiceId, String, Money)>,
}

/// What staff gave up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WriteOff {
    /// When.
    pub at: Time,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
}

/// A line of an invoice that staff write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DraftLine {
    /// What it is.
    pub description: String,
    /// How many.
    pub quantity: i32,
    /// Unit price without tax, as typed.
    pub unit_price: String,
}

/// An invoice that staff write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvoiceDraft {
    /// The customer.
    pub tenant: TenantId,
    /// Its lines.
    #[serde(default)]
    pub lines: Vec<DraftLine>,
}

/// What an invoice would say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvoicePreview {
    /// The customer.
    pub tenant: TenantId,
    /// Name of the customer.
    pub tenant_name: String,
    /// The currency of the account.
    pub currency: Currency,
    /// The lines as typed.
    pub draft: Vec<DraftLine>,
    /// The lines.
    pub lines: Vec<InvoiceLine>,
    /// Subtotal without tax.
    pub net: Money,
    /// Hundredths of a percent.
    pub tax_rate_bp: i32,
    /// What the law wants the document to say about tax; may be empty.
    pub tax_note: String,
    /// The tax.
    pub tax: Money,
    /// The total.
    pub total: Money,
}
