//! Letters about renewals, changes and ends of subscriptions.

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

/// The invoice of a change of plan or of a reactivation that was made.
#[derive(Serialize)]
pub(super) struct ChangeInvoiced {
    /// The invoice as a file.
    #[serde(skip)]
    pub(super) document: Attachment,
    /// What was done, in a sentence.
    pub(super) text: String,
    pub(super) product: String,
    pub(super) invoice: String,
    pub(super) amount: String,
    /// The part that is too little to charge to a card, and is charged with the next invoice.
    pub(super) carried: Option<String>,
    /// The invoice's page.
    pub(super) link: String,
}

impl Letter for ChangeInvoiced {
    const TEMPLATE: &'static str = "subscription_changed";
    const TEXT: &'static str = include_str!("templates/changed.txt");
    const HTML: &'static str = include_str!("templates/changed.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: invoice {} for {}", self.invoice, self.product)
    }

    fn attachment(&self) -> Option<Attachment> {
        Some(self.document.clone())
    }
}

/// A change of plan or a reactivation that was not made: its invoice is credited.
#[derive(Serialize)]
pub(super) struct ChangeNotMade {
    /// The credit note as a file.
    #[serde(skip)]
    pub(super) document: Attachment,
    /// The subject: what was not done.
    pub(super) title: String,
    /// What was not done, and what became of the money.
    pub(super) text: String,
    pub(super) invoice: String,
    pub(super) credit_note: String,
    pub(super) amount: String,
    /// The credit note's page.
    pub(super) link: String,
}

impl Letter for ChangeNotMade {
    const TEMPLATE: &'static str = "subscription_not_changed";
    const TEXT: &'static str = include_str!("templates/not_changed.txt");
    const HTML: &'static str = include_str!("templates/not_changed.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {}", self.title)
    }

    fn attachment(&self) -> Option<Attachment> {
        Some(self.document.clone())
    }
}

/// The end of a subscription: scheduled, undone, or reached.
#[derive(Serialize)]
pub(super) struct EndNotice {
    pub(super) title: String,
    pub(super) text: String,
    /// The subscription's page.
    pub(super) link: String,
}

impl Letter for EndNotice {
    const TEMPLATE: &'static str = "subscription_end";
    const TEXT: &'static str = include_str!("templates/end.txt");
    const HTML: &'static str = include_str!("templates/end.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {}", self.title)
    }
}
