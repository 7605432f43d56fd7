//! Letters that bring a document.

use engine::mail::{Attachment, Letter};
use serde::Serialize;

/// An invoice that staff have issued.
#[derive(Serialize)]
pub(super) struct InvoiceIssued {
    /// The invoice as a file.
    #[serde(skip)]
    pub(super) document: Attachment,
    pub(super) invoice: String,
    pub(super) total: String,
    /// What is left to pay, if anything is.
    pub(super) open: Option<String>,
    /// The day it is due.
    pub(super) due: String,
    /// The invoice's page.
    pub(super) link: String,
}

impl Letter for InvoiceIssued {
    const TEMPLATE: &'static str = "invoice_issued";
    const TEXT: &'static str = include_str!("templates/invoice.txt");
    const HTML: &'static str = include_str!("templates/invoice.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: invoice {}", self.invoice)
    }

    fn attachment(&self) -> Option<Attachment> {
        Some(self.document.clone())
    }
}

/// A credit note, issued by staff or by a change of a subscription.
#[derive(Serialize)]
pub(super) struct CreditNoteIssued {
    /// The credit note as a file.
    #[serde(skip)]
    pub(super) document: Attachment,
    pub(super) number: String,
    /// The invoice that it corrects.
    pub(super) invoice: String,
    pub(super) amount: String,
    pub(super) reason: String,
    /// The credit note's page.
    pub(super) link: String,
}

impl Letter for CreditNoteIssued {
    const TEMPLATE: &'static str = "credit_note_issued";
    const TEXT: &'static str = include_str!("templates/credit_note.txt");
    const HTML: &'static str = include_str!("templates/credit_note.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: credit note {} for invoice {}", self.number, self.invoice)
    }

    fn attachment(&self) -> Option<Attachment> {
        Some(self.document.clone())
    }
}
