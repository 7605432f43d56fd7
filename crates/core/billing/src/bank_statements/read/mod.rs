//! Bank statements as files. The readers are strict: what is not understood refuses the whole file, and nothing is guessed.
//!
//! - Amounts are exact minor units; a fraction that the currency does not have is refused.
//! - Entries are booked incoming payments, and outgoing ones by which a bank takes one of them back: those that say so, or that name an invoice.
//!   Everything else is counted as skipped.
//! - XML with a document type is refused, so that there is no entity to resolve.

mod camt;
mod csv;
mod values;

use chrono::NaiveDate;
use model::{
    billing::bank_statements::{AmountFormat, DateFormat},
    money::{Currency, Money},
};

/// Largest file, in bytes.
pub const MAX_FILE: usize = 1024 * 1024;
/// Most lines of one file.
pub const MAX_ENTRIES: usize = 5_000;
/// Longest text of an entry, in characters. The rest is cut off.
pub const MAX_TEXT_CHARS: usize = 1_000;
/// Longest name of who paid, in characters. The rest is cut off.
pub const MAX_NAME_CHARS: usize = 200;
/// Longest name of a bank account, in characters.
pub const MAX_ACCOUNT_CHARS: usize = 64;
/// Longest reference of the bank, in characters.
pub const MAX_REFERENCE_CHARS: usize = 100;

/// An incoming payment, or one that is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The bank account: IBAN or name.
    pub account: String,
    /// The bank's own name of it.
    pub reference: Option<String>,
    /// When the bank booked it.
    pub booked_on: NaiveDate,
    /// More than nothing.
    pub amount: Money,
    /// Whether the bank takes an earlier payment back: the amount goes out.
    pub is_return: bool,
    /// Who paid.
    pub counterparty: String,
    /// What for.
    pub text: String,
}

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// Incoming payments and those that are taken back, as they follow each other.
    pub entries: Vec<Entry>,
    /// Lines that are none.
    pub skipped: usize,
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The field of the form that is at fault.
    pub field: &'static str,
    /// What is wrong.
    pub message: String,
}

/// The file itself is at fault.
fn refused(message: impl Into<String>) -> ReadError {
    ReadError { field: "file", message: message.into() }
}

/// How a CSV file is to be read.
#[derive(Clone, Debug)]
pub struct CsvFormat {
    /// The bank account that it is of.
    pub account: String,
    /// Where it has no column for it.
    pub currency: Currency,
    /// How it writes days.
    pub dates: DateFormat,
    /// How it writes amounts.
    pub amounts: AmountFormat,
    /// Names of the columns; an empty one stands for the usual names.
    pub columns: Columns,
}

/// Names of columns.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The booking date.
    pub date: String,
    /// The amount.
    pub amount: String,
    /// The currency.
    pub currency: String,
    /// The reference.
    pub text: String,
    /// Who paid.
    pub counterparty: String,
}

/// Whether a file is XML, by its first sign.
pub fn is_xml(file: &[u8]) -> bool {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    file.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// Reads a statement: CAMT.053 where it is XML, else CSV.
///
/// # Errors
/// What is wrong with the file, or with what was said about it.
pub fn read(file: &[u8], format: &CsvFormat) -> Result<Statement, ReadError> {
    if file.len() > MAX_FILE {
        return Err(refused("The file is larger than 1 MiB. Export a shorter period."));
    }
    if file.contains(&0) {
        return Err(refused("The file is not text."));
    }
    if is_xml(file) { camt::read(file) } else { csv::read(file, format) }
}

/// Text on one line without signs that do not print, cut off at this length.
fn clean(text: &str, max_chars: usize) -> String {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.chars().filter(|sign| !sign.is_control()).collect())
        .filter(|word: &String| !word.is_empty())
        .collect();
    words.join(" ").chars().take(max_chars).collect::<String>().trim_end().to_owned()
}
