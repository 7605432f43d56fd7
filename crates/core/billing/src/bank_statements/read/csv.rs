//! CSV as banks export it: with `,` or `;` between fields, with lines above the header, in UTF-8 or Windows-1252.

use super::super::matching::invoice_numbers;
use super::{CsvFormat, Entry, MAX_ACCOUNT_CHARS, MAX_ENTRIES, MAX_NAME_CHARS, MAX_TEXT_CHARS, ReadError, Statement, clean, refused, values};
use model::{billing::bank_statements::AmountFormat, money::Money};

/// The header is looked for in so many lines.
const MAX_PREAMBLE: usize = 50;

const DATE: &[&str] = &[
    "buchungstag",
    "buchungsdatum",
    "booking date",
    "bookingdate",
    "date",
    "datum",
    "boekingsdatum",
    "date comptable",
    "fecha operación",
    "data contabile",
];
const AMOUNT: &[&str] =
    &["betrag", "betrag (€)", "betrag (eur)", "betrag in eur", "amount", "amount (eur)", "bedrag", "montant", "importe", "importo"];
const CURRENCY: &[&str] = &["währung", "waehrung", "currency", "munt", "devise", "divisa", "valuta"];
const TEXT: &[&str] = &[
    "verwendungszweck",
    "payment reference",
    "remittance information",
    "reference",
    "description",
    "omschrijving",
    "mededeling",
    "libellé",
    "concepto",
    "descrizione",
    "text",
];
const COUNTERPARTY: &[&str] = &[
    "beguenstigter/zahlungspflichtiger",
    "name zahlungsbeteiligter",
    "zahlungspflichtige*r",
    "auftraggeber",
    "auftraggeber/empfänger",
    "partner name",
    "counterparty",
    "counterparty name",
    "payer",
    "payee",
    "naam tegenpartij",
    "name",
];
const STATUS: &[&str] = &["status", "state", "info"];
/// What stands there for what is booked.
const BOOKED: &[&str] = &["", "gebucht", "umsatz gebucht", "booked", "book", "completed"];

/// The columns of a file.
struct Places {
    date: usize,
    amount: usize,
    text: usize,
    currency: Option<usize>,
    counterparty: Option<usize>,
    status: Option<usize>,
    /// Fields of each line.
    width: usize,
}

pub(super) fn read(file: &[u8], format: &CsvFormat) -> Result<Statement, ReadError> {
    // As in a file of the bank's: both may bring the same entries.
    let account = clean(&format.account, MAX_ACCOUNT_CHARS + 1).split_whitespace().collect::<String>().to_uppercase();
    if account.is_empty() || account.chars().count() > MAX_ACCOUNT_CHARS {
        return Err(ReadError {
            field: "account",
            message: format!("Enter the bank account of this file, in at most {MAX_ACCOUNT_CHARS} characters."),
        });
    }
    let text = decoded(file);
    let (semicolons, commas) = (rows(&text, ';'), rows(&text, ','));
    // Which sign stands between fields is seen by the header; a file that is broken by both has none.
    let with = |rows: &Result<Vec<Row>, String>| rows.as_ref().ok().and_then(|rows| header(rows, format));
    let (rows, (at, places)) = match (with(&semicolons), with(&commas)) {
        (Some(found), _) if found.1.is_ok() => (semicolons, found),
        (other, Some(found)) => match other {
            Some(other) if found.1.is_err() => (semicolons, other),
            _ => (commas, found),
        },
        (Some(found), None) => (semicolons, found),
        (None, None) => return Err(no_header(&semicolons, &commas, format)),
    };
    let places = places?;
    let mut read = Statement::default();
    for row in rows.map_err(refused)?.into_iter().skip(at + 1).filter(|row| row.fields.iter().any(|field| !field.trim().is_empty())) {
        if read.entries.len() + read.skipped >= MAX_ENTRIES {
            return Err(refused(format!("The file has more than {MAX_ENTRIES} lines. Export a shorter period.")));
        }
        match entry(&row, &places, format, &account)? {
            Some(entry) => read.entries.push(entry),
            None => read.skipped += 1,
        }
    }
    Ok(read)
}

/// The payment of a line that came in or is taken back; nothing when it is neither.
fn entry(row: &Row, places: &Places, format: &CsvFormat, account: &str) -> Result<Option<Entry>, ReadError> {
    let at = row.line;
    if row.fields.len() != places.width {
        return Err(refused(format!("Line {at} has {} fields, the header has {}.", row.fields.len(), places.width)));
    }
    let field = |place: usize| row.fields.get(place).map_or("", |field| field.trim());
    let wrong =
        |name: &'static str, what: &str, value: &str| ReadError { field: name, message: format!("Line {at}: {what} \"{}\".", clean(value, 40)) };
    let is_booked = places.status.is_none_or(|place| BOOKED.contains(&field(place).to_lowercase().as_str()));
    let currency = match places.currency.map(field) {
        None => format.currency,
        Some(code) => match code.parse() {
            Ok(currency) => currency,
            Err(_) if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => return Ok(None),
            Err(_) => return Err(wrong("currency_column", "not a currency:", code)),
        },
    };
    let written = field(places.amount);
    let (is_out, digits) = match written.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, written.strip_prefix('+').unwrap_or(written)),
    };
    let (decimal, grouping) = match format.amounts {
        AmountFormat::Point => ('.', ','),
        AmountFormat::Comma => (',', '.'),
    };
    let minor = values::minor(digits, currency, decimal, Some(grouping))
        .ok_or_else(|| wrong("amount_format", &format!("not an amount in {currency} in this format:"), written))?;
    let booked_on =
        values::day(field(places.date), format.dates).ok_or_else(|| wrong("date_format", "not a date in this format:", field(places.date)))?;
    let entry = Entry {
        account: account.to_owned(),
        reference: None,
        booked_on,
        amount: Money::new(minor, currency),
        is_return: is_out,
        counterparty: clean(places.counterparty.map_or("", field), MAX_NAME_CHARS),
        text: clean(field(places.text), MAX_TEXT_CHARS),
    };
    // What goes out says in no file that it is a payment that is taken back, but repeats what that was for.
    let is_ours = !is_out || !invoice_numbers(&entry.text).is_empty();
    Ok((is_ours && is_booked && minor > 0).then_some(entry))
}

/// The first line that has a date and an amount, and the columns by it.
fn header(rows: &[Row], format: &CsvFormat) -> Option<(usize, Result<Places, ReadError>)> {
    let columns = &format.columns;
    let at = rows.iter().take(MAX_PREAMBLE).position(|row| {
        let has = |wanted: &str, usual: &[&str]| place(&row.fields, wanted, usual).is_some();
        has(&columns.date, DATE) && has(&columns.amount, AMOUNT)
    })?;
    let fields = &rows.get(at)?.fields;
    let required = |field: &'static str, wanted: &str, usual: &[&str]| {
        let missing = || ReadError { field, message: format!("The file has no such column. It has: {}.", listed(fields)) };
        let found = place(fields, wanted, usual).ok_or_else(missing)?;
        let again = fields.iter().filter(|other| name(other) == name(&fields[found])).count() > 1;
        if again { Err(ReadError { field, message: format!("The file has two columns named {}.", clean(&fields[found], 40)) }) } else { Ok(found) }
    };
    let optional = |field: &'static str, wanted: &str, usual: &[&str]| match place(fields, wanted, usual) {
        None if wanted.trim().is_empty() => Ok(None),
        _ => required(field, wanted, usual).map(Some),
    };
    let places = || {
        Ok(Places {
            date: required("date_column", &columns.date, DATE)?,
            amount: required("amount_column", &columns.amount, AMOUNT)?,
            text: required("text_column", &columns.text, TEXT)?,
            currency: optional("currency_column", &columns.currency, CURRENCY)?,
            counterparty: optional("counterparty_column", &columns.counterparty, COUNTERPARTY)?,
            status: place(fields, "", STATUS),
            width: fields.len(),
        })
    };
    Some((at, places()))
}

/// Where the column of this name stands, or else the first of the usual names.
fn place(fields: &[String], wanted: &str, usual: &[&str]) -> Option<usize> {
    let wanted = name(wanted);
    if wanted.is_empty() {
        return usual.iter().find_map(|usual| fields.iter().position(|field| name(field) == *usual));
    }
    fields.iter().position(|field| name(field) == wanted)
}

fn name(field: &str) -> String {
    field.trim().to_lowercase()
}

fn listed(fields: &[String]) -> String {
    clean(&fields.iter().map(|field| field.trim()).filter(|field| !field.is_empty()).collect::<Vec<_>>().join(", "), 300)
}

fn no_header(semicolons: &Result<Vec<Row>, String>, commas: &Result<Vec<Row>, String>, format: &CsvFormat) -> ReadError {
    let rows = match (semicolons, commas) {
        (Err(what), Err(_)) => return refused(what.clone()),
        (Ok(rows), Ok(others)) => {
            let widest = |rows: &[Row]| rows.iter().take(MAX_PREAMBLE).map(|row| row.fields.len()).max().unwrap_or_default();
            if widest(others) > widest(rows) { others } else { rows }
        }
        (Ok(rows), Err(_)) | (Err(_), Ok(rows)) => rows,
    };
    let Some(row) = rows.iter().take(MAX_PREAMBLE).max_by_key(|row| row.fields.len()) else { return refused("The file is empty.") };
    let has = |wanted: &str, usual: &[&str]| rows.iter().take(MAX_PREAMBLE).any(|row| place(&row.fields, wanted, usual).is_some());
    let field = if has(&format.columns.date, DATE) { "amount_column" } else { "date_column" };
    ReadError { field, message: format!("The file has no such column. Its longest line is: {}.", listed(&row.fields)) }
}

/// A line of the file; a quoted field may go over several.
struct Row {
    /// Number of its first line.
    line: usize,
    fields: Vec<String>,
}

/// Reads all lines. A quote opens a field or stands in none, and is written twice inside.
fn rows(text: &str, delimiter: char) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    let mut signs = text.chars().peekable();
    let mut line = 1;
    while signs.peek().is_some() {
        let mut row = Row { line, fields: Vec::new() };
        loop {
            let mut field = String::new();
            let end = if signs.next_if_eq(&'"').is_some() {
                loop {
                    match signs.next() {
                        Some('"') if signs.next_if_eq(&'"').is_some() => field.push('"'),
                        Some('"') => break,
                        Some(sign) => {
                            line += usize::from(sign == '\n');
                            field.push(sign);
                        }
                        None => return Err(format!("Line {}: a quote is not closed.", row.line)),
                    }
                }
                // Nothing but the end of the field stands after its quote.
                match signs.next() {
                    Some('\r') => signs.next_if_eq(&'\n').or(Some('\n')),
                    other => other,
                }
            } else {
                loop {
                    match signs.next() {
                        Some('"') => return Err(format!("Line {line}: a quote stands inside a field.")),
                        Some('\r') => break signs.next_if_eq(&'\n').or(Some('\n')),
                        Some(sign) if sign == delimiter || sign == '\n' => break Some(sign),
                        Some(sign) => field.push(sign),
                        None => break None,
                    }
                }
            };
            row.fields.push(field);
            match end {
                Some(sign) if sign == delimiter => {}
                None => break,
                Some('\n') => {
                    line += 1;
                    break;
                }
                Some(_) => return Err(format!("Line {line}: something stands after a quoted field.")),
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The text of a file: UTF-8, or else what German banks write.
fn decoded(file: &[u8]) -> String {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    match std::str::from_utf8(file) {
        Ok(text) => text.to_owned(),
        Err(_) => file.iter().map(|byte| if *byte == 0x80 { '€' } else { char::from(*byte) }).collect(),
    }
}
