//! Bank statements: entries of the company's bank account, and which invoices they pay.

use crate::{
    Time,
    ids::{BankEntryId, InvoiceId, TenantId},
    money::Money,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// An entry of a bank statement.
        BankEntryId,
    }
    permissions {}
    audit {
        /// Staff imported a bank statement.
        BankStatementImported = "BANK_STATEMENT_IMPORTED",
        /// Staff booked an entry of a bank statement for an invoice or an account.
        BankEntryAssigned = "BANK_ENTRY_ASSIGNED",
        /// Staff decided that an entry of a bank statement is no payment of a customer.
        BankEntryIgnored = "BANK_ENTRY_IGNORED",
        /// Staff had an entry of a bank statement take back the payment that it reverses.
        BankEntryReturned = "BANK_ENTRY_RETURNED",
    }
}

crate::text_enum! {
    /// What became of an entry.
    BankEntryStatus {
        /// Nobody knows yet what it pays.
        Open = "OPEN",
        /// It was booked as a payment, or as one that was taken back.
        Booked = "BOOKED",
        /// It is no payment of a customer.
        Ignored = "IGNORED",
    }
}

impl BankEntryStatus {
    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            BankEntryStatus::Open => "Unassigned",
            BankEntryStatus::Booked => "Booked",
            BankEntryStatus::Ignored => "Ignored",
        }
    }
}

crate::text_enum! {
    /// How a CSV file writes days.
    DateFormat {
        /// `2026-11-30`.
        Iso = "ISO",
        /// `30.11.2026`.
        Dots = "DOTS",
        /// `30/11/2026`.
        DayFirst = "DAY_FIRST",
        /// `11/30/2026`.
        MonthFirst = "MONTH_FIRST",
    }
}

crate::text_enum! {
    /// How a CSV file writes amounts.
    AmountFormat {
        /// `1,234.56`.
        Point = "POINT",
        /// `1.234,56`.
        Comma = "COMMA",
    }
}

/// A statement as it is imported. All but the file is for CSV files: a CAMT.053 file says it itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct StatementInput {
    /// Name of the file.
    pub file_name: String,
    /// The file, in base64: CAMT.053 (XML, versions 02 and 08) or CSV, at most 1 MiB.
    pub file: String,
    /// The bank account: its IBAN, or a name.
    pub account: String,
    /// Currency of a file that has no column for it.
    pub currency: String,
    /// How it writes days.
    pub date_format: String,
    /// How it writes amounts.
    pub amount_format: String,
    /// Name of the column with the booking date. Empty, as the following, for one of the usual names.
    pub date_column: String,
    /// Name of the column with the amount; negative ones are skipped.
    pub amount_column: String,
    /// Name of the column with the currency.
    pub currency_column: String,
    /// Name of the column with the reference or text.
    pub text_column: String,
    /// Name of the column with the name of who paid.
    pub counterparty_column: String,
}

impl Default for StatementInput {
    fn default() -> Self {
        Self {
            file_name: String::new(),
            file: String::new(),
            account: String::new(),
            currency: "EUR".to_owned(),
            date_format: DateFormat::Iso.to_string(),
            amount_format: AmountFormat::Point.to_string(),
            date_column: String::new(),
            amount_column: String::new(),
            currency_column: String::new(),
            text_column: String::new(),
            counterparty_column: String::new(),
        }
    }
}

/// What an import has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatementImport {
    /// Incoming payments in the file, and those that are taken back.
    pub entries: i64,
    /// Those that were not imported before.
    pub new: i64,
    /// New ones that were booked.
    pub booked: i64,
    /// New ones by which the bank takes an earlier payment back: they wait for staff.
    pub returned: i64,
    /// Lines that are neither: outgoing, not booked yet, or in a currency that nothing is invoiced in.
    pub skipped: i64,
}

/// An entry of a bank statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BankEntryRow {
    /// The entry.
    pub id: BankEntryId,
    /// The bank account that it stands on.
    pub account: String,
    /// When the bank booked it.
    pub booked_on: NaiveDate,
    /// What came in; negative where an earlier payment is taken back.
    pub amount: Money,
    /// Whether it takes an earlier payment back.
    pub is_return: bool,
    /// Who paid, by the bank's word.
    pub counterparty: String,
    /// What for, by the payer's word.
    pub text: String,
    /// What became of it.
    pub status: BankEntryStatus,
    /// Why it was not booked, or why it is ignored.
    pub note: Option<String>,
    /// The payment that it seems to take back, for people.
    pub suggestion: Option<String>,
    /// The customer whose payment it is.
    pub tenant: Option<TenantId>,
    /// Name of the customer.
    pub tenant_name: Option<String>,
    /// The invoice that it was booked for.
    pub invoice: Option<InvoiceId>,
    /// Number of the invoice.
    pub invoice_number: Option<String>,
    /// When it was imported.
    pub imported_at: Time,
}
