//! Letters about renewals.

use engine::mail::{Attachment, Letter};
use serde::Serialize;

/// The invoice of the next period: which card is charged, or that it must be paid.
#[derive(Serialize)]
pub(super) struct RenewalIssued {
    /// The invoice as a file.
    #[serde(skip)]
    pub(super) document: Attachment,
    pub(super) product: String,
    pub(super) invoice: String,
    pub(super) amount: String,
    /// The day it is due.
    pub(super) due: String,
    /// The card that will be charged, if there is one.
    pub(super) card: Option<String>,
    /// The invoice's page.
    pub(super) link: String,
}

impl Letter for RenewalIssued {
    const TEMPLATE: &'static str = "renewal_issued";
    const TEXT: &'static str = include_str!("templates/renewal.txt");
    const HTML: &'static str = include_str!("templates/renewal.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: invoice {} for {}", self.invoice, self.product)
    }

    fn attachment(&self) -> Option<Attachment> {
        Some(self.document.clone())
    }
}
