//! Invoices.

use crate::{
    Time,
    ids::{InvoiceId, TenantId},
    money::Money,
};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// State of an invoice.
    InvoiceStatus {
        /// Issued, not paid.
        Open = "OPEN",
        /// Paid.
        Paid = "PAID",
        /// Taken back.
        Void = "VOID",
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
    /// Whose.
    pub tenant: TenantId,
    /// Name of that customer.
    pub tenant_name: String,
    /// Its state.
    pub status: InvoiceStatus,
    /// What is paid.
    pub total: Money,
    /// When it was issued.
    pub issued_at: Time,
    /// When it was paid.
    pub paid_at: Option<Time>,
}

/// A party as it was when the invoice was issued.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Party {
    /// Name.
    pub name: String,
    /// Address, lines separated by line feeds; may be empty.
    #[serde(default)]
    pub address: String,
    /// ISO 3166 code.
    #[serde(default)]
    pub country: String,
    /// E-mail address.
    #[serde(default)]
    pub email: String,
    /// Tax number; may be empty.
    #[serde(default)]
    pub tax_number: String,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvoiceLine {
    /// What it is.
    pub description: String,
    /// How many.
    pub quantity: i32,
    /// Price of one, without tax.
    pub unit_price: Money,
    /// The line, without tax.
    pub net: Money,
    /// Begin of the time it pays for.
    pub period_start: Time,
    /// End of that time.
    pub period_end: Time,
}

/// An invoice, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvoiceView {
    /// As in the list.
    pub invoice: InvoiceRow,
    /// Who buys, copied when it was issued.
    pub buyer: Party,
    /// Who sells, copied when it was issued.
    pub seller: Party,
    /// Its lines.
    pub lines: Vec<InvoiceLine>,
    /// Sum without tax.
    pub net: Money,
    /// Hundredths of a percent.
    pub tax_rate_bp: i32,
    /// The tax.
    pub tax: Money,
    /// When it is due.
    pub due_at: Time,
}
