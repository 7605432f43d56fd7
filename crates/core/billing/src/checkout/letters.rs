//! Letters to buyers.

use engine::mail::{Attachment, Letter};
use serde::Serialize;

/// To a buyer who has no way into the panel yet.
#[derive(Serialize)]
pub(super) struct Welcome {
    /// The invoice as a file.
    #[serde(skip)]
    pub(super) document: Attachment,
    /// Name of the plan.
    pub(super) plan: String,
    /// Domain of the site.
    pub(super) domain: String,
    /// The domain that was asked for, when another CloudPod has it.
    pub(super) asked: Option<String>,
    /// Number of the invoice.
    pub(super) invoice: String,
    /// What was paid, as shown.
    pub(super) total: String,
    /// The single-use link that sets the password.
    pub(super) link: String,
    /// How long the link works, in words.
    pub(super) valid: String,
}

impl Letter for Welcome {
    const TEMPLATE: &'static str = "welcome";
    const TEXT: &'static str = include_str!("templates/welcome.txt");
    const HTML: &'static str = include_str!("templates/welcome.html");

    fn subject(&self, company: &str) -> String {
        format!("Welcome to {company}: activate your account for {}", self.domain)
    }

    fn attachment(&self) -> Option<Attachment> {
        Some(self.document.clone())
    }
}

/// To a buyer who has signed in before.
#[derive(Serialize)]
pub(super) struct NewPod {
    /// The invoice as a file.
    #[serde(skip)]
    pub(super) document: Attachment,
    /// Name of the plan.
    pub(super) plan: String,
    /// Domain of the site.
    pub(super) domain: String,
    /// The domain that was asked for, when another CloudPod has it.
    pub(super) asked: Option<String>,
    /// Number of the invoice.
    pub(super) invoice: String,
    /// What was paid, as shown.
    pub(super) total: String,
    /// The panel's sign-in page.
    pub(super) link: String,
}

impl Letter for NewPod {
    const TEMPLATE: &'static str = "new_pod";
    const TEXT: &'static str = include_str!("templates/new_pod.txt");
    const HTML: &'static str = include_str!("templates/new_pod.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: your order for {}", self.domain)
    }

    fn attachment(&self) -> Option<Attachment> {
        Some(self.document.clone())
    }
}
