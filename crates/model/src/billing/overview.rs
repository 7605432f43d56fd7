//! The billing overview of an account: open invoices, next charge, credit, cards and profile.

use super::{
    invoices::{InvoiceRow, InvoiceView},
    payments::PaymentMethods,
    profiles::BillingProfile,
};
use crate::{
    Time,
    ids::{InvoiceId, SubscriptionId},
    money::{Currency, Money},
};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// Where account credit comes from.
    CreditSource {
        /// A credit note.
        CreditNote = "CREDIT",
        /// An overpayment, or a transfer without an invoice.
        Payment = "PAYMENT",
        /// A refund that did not reach the card.
        Refund = "REFUND",
        /// A payment of an invoice that had been written off.
        WriteOff = "WRITE_OFF",
    }
}

/// Account credit that is not used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreditEntry {
    /// When it was added.
    pub at: Time,
    /// What is left of it.
    pub amount: Money,
    /// Where it comes from.
    pub source: CreditSource,
    /// The credit note, or the invoice that the payment was for; none for a transfer that named none.
    pub document: Option<(InvoiceId, String)>,
    /// Why a credit note was issued; empty otherwise.
    pub reason: String,
}

/// The next period of one subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextChargeItem {
    /// The subscription of a plan or a domain.
    pub subscription: SubscriptionId,
    /// Name of the plan, or the domain.
    pub product_name: String,
    /// Without tax: the plan and its add-ons, after a coupon and with what is scheduled.
    pub net: Money,
    /// Hundredths of a percent, as of now.
    pub tax_rate_bp: i32,
    /// The tax.
    pub tax: Money,
    /// With tax.
    pub total: Money,
}

/// What is charged next, if nobody changes anything: the periods that are due on one day and have no invoice yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextCharge {
    /// When it is charged.
    pub due_at: Time,
    /// When the first of its invoices is issued.
    pub invoiced_at: Time,
    /// One for each subscription; each has an invoice of its own.
    pub items: Vec<NextChargeItem>,
    /// Sum without tax.
    pub net: Money,
    /// Sum of the tax.
    pub tax: Money,
    /// Sum with tax; account credit is not taken off.
    pub total: Money,
}

/// An invoice or a credit note in the overview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DocumentRow {
    /// The same data as in the list.
    pub invoice: InvoiceRow,
    /// Without tax; negative on a credit note.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// How many charges of it were declined.
    pub declined: i64,
    /// Whether it is open and overdue.
    pub is_overdue: bool,
}

/// The billing overview of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BillingOverview {
    /// Its currency; none before it has bought anything.
    pub currency: Option<Currency>,
    /// Open invoices, the one that is due first on top; at most ten.
    pub open: Vec<InvoiceView>,
    /// How many invoices are open.
    pub open_count: i64,
    /// How many of them are overdue.
    pub overdue_count: i64,
    /// What is charged next.
    pub next: Option<NextCharge>,
    /// Its credit in the order in which it is used: oldest first.
    pub credit: Vec<CreditEntry>,
    /// Its cards, and the sum of its credit.
    pub methods: PaymentMethods,
    /// Who is invoiced.
    pub profile: BillingProfile,
    /// Its newest invoices and credit notes.
    pub documents: Vec<DocumentRow>,
}
