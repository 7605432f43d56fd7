//! Dunning: when invoices are issued, charged and given up, and what customers are told about overdue ones.

use crate::Time;
use serde::{Deserialize, Serialize};

crate::module! {
    ids {}
    permissions {}
    audit {
        /// The terms of payment were changed.
        PaymentTermsUpdated = "PAYMENT_TERMS_UPDATED",
    }
}

crate::text_enum! {
    /// A notice about an overdue invoice. Each is sent once for an invoice.
    DunningNotice {
        /// The invoice is overdue: its charge failed, or there is no card to charge.
        PaymentFailed = "PAYMENT_FAILED",
        /// Services are suspended in seven days.
        SuspensionIn7 = "SUSPENSION_IN_7",
        /// Services are suspended in three days.
        SuspensionIn3 = "SUSPENSION_IN_3",
        /// Services are suspended within a day.
        SuspensionIn1 = "SUSPENSION_IN_1",
        /// Services are suspended.
        Suspended = "SUSPENDED",
        /// The subscription is terminated in fourteen days.
        TerminationIn14 = "TERMINATION_IN_14",
        /// The subscription is terminated in seven days.
        TerminationIn7 = "TERMINATION_IN_7",
        /// The subscription is terminated within a day.
        TerminationIn1 = "TERMINATION_IN_1",
        /// The subscription is terminated.
        Terminated = "TERMINATED",
        /// The invoice is paid, and suspended services come back.
        Reinstated = "REINSTATED",
    }
}

/// Terms of payment, in days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentTermsView {
    /// Code of the product; nothing for every product without terms of its own.
    pub product_code: Option<String>,
    /// Its name.
    pub product_name: Option<String>,
    /// How long before a period its invoice is issued.
    pub invoice_lead_days: i32,
    /// When the card is charged, counted from the due date.
    pub attempt_days: Vec<i32>,
    /// From the due date to the suspension.
    pub suspend_after_days: i32,
    /// From the suspension to the termination.
    pub terminate_after_days: i32,
    /// Since when they hold; nothing for those that mPanel begins with.
    pub since: Option<Time>,
}

impl PaymentTermsView {
    /// `0, 3, 5, 7`
    pub fn attempts_label(&self) -> String {
        self.attempt_days.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// Terms of payment as staff type them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentTermsInput {
    /// Code of the product they are for; empty for every product without terms of its own.
    pub product_code: String,
    /// How many days before a period its invoice is issued.
    pub invoice_lead_days: i32,
    /// Days after the due date on which the card is charged, separated by commas.
    pub attempt_days: String,
    /// Days from the due date to the suspension.
    pub suspend_after_days: i32,
    /// Days from the suspension to the termination.
    pub terminate_after_days: i32,
}

/// All terms of payment that hold now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentTermsList {
    /// Those of every product without terms of its own, then the others.
    pub terms: Vec<PaymentTermsView>,
    /// Code and name of the plans without terms of their own.
    pub without: Vec<(String, String)>,
}
