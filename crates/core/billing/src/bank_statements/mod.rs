//! Bank statements: staff import what came in on the company's bank account, and it is booked for the invoices that it pays.
//!
//! - An entry is stored once, by the bank's reference or by what it says: importing the same or an overlapping file again books nothing again.
//! - It is booked by itself only when its text names one open invoice of its currency that has at least that amount open. Everything else waits
//!   for staff, who book it for an invoice or an account, or ignore it with a reason.
//! - An entry by which the bank takes an earlier payment back waits for staff with the payment that it seems to be. They have it taken back, and what
//!   it had paid is open again; or they ignore it.
//! - Entries are stored first and booked one by one, each in a transaction of its own; what was not reached is reached by the next import.

#[cfg(test)]
mod hostile;
mod matching;
mod queries;
mod read;
mod returns;
#[cfg(test)]
mod tests;

pub use returns::take_back;

use crate::{
    ledger,
    payments::{self, IncomingPayment, MANUAL},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use db::{AuditEvent, Caller, Keyset, PlatformRead, PlatformTx, SystemTx};
use engine::{Error, Result, Services};
use model::{
    audit_action::AuditAction,
    billing::{
        bank_statements::{BankEntryRow, BankEntryStatus, StatementImport, StatementInput},
        invoices::InvoiceStatus,
    },
    ids::{BankEntryId, InvoiceId, TenantId},
    money::Currency,
    page::{Page, PageRequest},
    permission::{BillingManage, BillingRead},
};
use read::{Columns, CsvFormat, Entry};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// Of the text of an entry, this is kept as the payment's reference.
const MAX_REFERENCE_CHARS: usize = 140;
/// Longest name of a file that is recorded.
const MAX_FILE_NAME_CHARS: usize = 120;

/// Entries, newest first. `state` may be their status.
///
/// # Errors
/// When the cursor is unknown or PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<BillingRead>, request: &PageRequest) -> Result<Page<BankEntryRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let status = request.state.as_deref().filter(|state| !state.is_empty());
    let status: Option<BankEntryStatus> =
        status.map(|status| status.parse().map_err(|_| Error::field("state", "Unknown status filter."))).transpose()?;
    let rows = queries::page(tx.conn(), &keyset, status).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &BankEntryRow| row.id.0))
}

/// Imports a statement, and books what is sure.
///
/// # Errors
/// On the field that is at fault; nothing is stored then.
pub async fn import(services: &Services, tx: PlatformTx<BillingManage>, input: &StatementInput) -> Result<StatementImport> {
    let file = decode(&input.file)?;
    let is_xml = read::is_xml(&file);
    let statement = read::read(&file, &csv_format(input)?).map_err(|error| Error::field(error.field, error.message))?;
    if statement.entries.is_empty() && statement.skipped == 0 {
        return Err(Error::field("file", "The file has no entries."));
    }
    let (caller, now) = (tx.caller().clone(), services.now());
    tx.finish().await?;
    let mut tx = services.db.system(caller.clone()).await?;
    let (mut new, mut returned) = (Vec::new(), 0);
    for (entry, key) in statement.entries.iter().zip(keys(&statement.entries)) {
        let format = if is_xml { "CAMT" } else { "CSV" };
        if let Some(id) = queries::insert(tx.conn(), entry, &key, format, now).await? {
            new.push(id);
            returned += usize::from(entry.is_return);
        }
    }
    let name: String = input.file_name.chars().filter(|sign| !sign.is_control()).take(MAX_FILE_NAME_CHARS).collect();
    let event =
        AuditEvent::new(AuditAction::BankStatementImported, "bank_statement", Uuid::now_v7(), if name.is_empty() { "Statement" } else { &name });
    let counted = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let mut done = StatementImport {
        entries: counted(statement.entries.len()),
        new: counted(new.len()),
        returned: counted(returned),
        skipped: counted(statement.skipped),
        ..StatementImport::default()
    };
    let what = json!({
        "sha256": hex::encode(Sha256::digest(&file)), "entries": done.entries, "new": done.new, "returned": done.returned, "skipped": done.skipped,
    });
    tx.commit(event.after(what)).await?;
    let mut tx = services.db.system_read("bank_statements").await?;
    let unmatched = queries::unmatched(tx.conn()).await?;
    tx.finish().await?;
    for id in unmatched {
        if book_if_sure(services, caller.clone(), id).await? && new.contains(&id) {
            done.booked += 1;
        }
    }
    Ok(done)
}

fn decode(file: &str) -> Result<Vec<u8>> {
    if file.is_empty() {
        return Err(Error::field("file", "Choose a file."));
    }
    if file.len() > read::MAX_FILE / 3 * 4 + 8 {
        return Err(Error::field("file", "The file is larger than 1 MiB. Export a shorter period."));
    }
    BASE64_STANDARD.decode(file).map_err(|_| Error::field("file", "The file must be sent in base64."))
}

fn csv_format(input: &StatementInput) -> Result<CsvFormat> {
    let currency = input.currency.parse().map_err(|_| Error::field("currency", "Select a currency."))?;
    Ok(CsvFormat {
        account: input.account.clone(),
        currency,
        dates: input.date_format.parse().map_err(|_| Error::field("date_format", "Select a date format."))?,
        amounts: input.amount_format.parse().map_err(|_| Error::field("amount_format", "Select an amount format."))?,
        columns: Columns {
            date: input.date_column.clone(),
            amount: input.amount_column.clone(),
            currency: input.currency_column.clone(),
            text: input.text_column.clone(),
            counterparty: input.counterparty_column.clone(),
        },
    })
}

/// What tells each entry from the others of its account: the bank's reference, else all that it says. Of several that say the same, the
/// first in one file is the first in another.
fn keys(entries: &[Entry]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let key = |entry: &Entry| {
        // The bank may take a payment back under the reference that it came with.
        let sign = if entry.is_return { "-" } else { "" };
        let sum = format!("{} {sign}{} {}", entry.booked_on, entry.amount.minor, entry.amount.currency);
        let key = match &entry.reference {
            Some(reference) => format!("{reference} {sum}"),
            None => hex::encode(Sha256::digest(format!("{sum}\n{}\n{}", entry.counterparty, entry.text))),
        };
        let number = seen.entry(format!("{}\n{key}", entry.account)).or_default();
        *number += 1;
        if *number == 1 { key } else { format!("{key} #{number}") }
    };
    entries.iter().map(key).collect()
}

/// Books an entry when it is sure what it pays, and notes why not otherwise. Whether it was booked.
async fn book_if_sure(services: &Services, caller: Caller, id: BankEntryId) -> Result<bool> {
    let mut tx = services.db.system(caller).await?;
    let Some(entry) = queries::lock(tx.conn(), id).await?.filter(|entry| entry.status == BankEntryStatus::Open) else {
        tx.finish().await?;
        return Ok(false);
    };
    if entry.is_return {
        returns::suggest(&mut tx, &entry).await?;
        tx.commit_progress().await?;
        return Ok(false);
    }
    let verdict = match sure_invoice(&mut tx, &entry).await? {
        Ok(invoice) => {
            // Its account is locked from here: what is open does not change any more.
            ledger::lock(tx.conn(), invoice.tenant_id).await?;
            let open = crate::invoices::queries::open(tx.conn(), invoice.id).await?.map(|open| open.money().minor).unwrap_or_default();
            if open == 0 {
                Err(format!("Invoice {} is not open.", invoice.number))
            } else if entry.money().minor > open {
                Err(format!("It is more than invoice {} has open.", invoice.number))
            } else {
                Ok(invoice)
            }
        }
        Err(reason) => Err(reason),
    };
    let is_sure = verdict.is_ok();
    match verdict {
        Ok(invoice) => book(services, &mut tx, &entry, invoice.tenant_id, Some(invoice.id)).await?,
        Err(reason) => queries::note(tx.conn(), id, &reason).await?,
    }
    tx.commit_progress().await?;
    Ok(is_sure)
}

/// The one invoice that an entry names, or why there is none.
async fn sure_invoice(tx: &mut SystemTx, entry: &queries::StoredEntry) -> Result<Result<queries::Named, String>> {
    let mut numbers: Vec<String> = matching::invoice_numbers(&entry.remittance).into_iter().collect();
    let number = match (numbers.pop(), numbers.is_empty()) {
        (None, _) => return Ok(Err("Its text names no invoice.".to_owned())),
        (Some(_), false) => return Ok(Err("Its text names several invoices.".to_owned())),
        (Some(number), true) => number,
    };
    if queries::has_twin(tx.conn(), entry.id).await? {
        return Ok(Err("One of this day and amount was imported before. Check that it is not the same.".to_owned()));
    }
    Ok(match queries::invoice(tx.conn(), &number).await? {
        None => Err(format!("There is no invoice {number}.")),
        Some(invoice) if invoice.currency != entry.money().currency => Err(format!("Invoice {number} is in {}.", invoice.currency)),
        Some(invoice) if invoice.status != InvoiceStatus::Open => Err(format!("Invoice {number} is not open.")),
        Some(invoice) => Ok(invoice),
    })
}

async fn book(services: &Services, tx: &mut SystemTx, entry: &queries::StoredEntry, tenant: TenantId, invoice: Option<InvoiceId>) -> Result<()> {
    let reference: String = entry.remittance.chars().take(MAX_REFERENCE_CHARS).collect();
    let reference = reference.trim();
    let received = IncomingPayment {
        tenant,
        invoice,
        provider: MANUAL,
        provider_ref: Some(reference).filter(|reference| !reference.is_empty()),
        amount: entry.money(),
        at: services.now(),
    };
    let payment = payments::receive(tx, &received).await?.ok_or_else(|| anyhow::anyhow!("a transfer was taken for a known payment"))?;
    Ok(queries::set_booked(tx.conn(), entry.id, tenant, invoice, payment).await?)
}

/// Books an entry for the invoice of this number, or for an account: then it pays what the account owes, and the rest is its credit. `customer`
/// is the name or the short name of the account.
///
/// # Errors
/// Not found; on field `invoice_number` or `customer` when nothing or nothing single is named; a conflict when it is booked already.
pub async fn assign(services: &Services, tx: PlatformTx<BillingManage>, id: BankEntryId, invoice_number: &str, customer: &str) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let entry = undecided(&mut tx, id).await?;
    if entry.is_return {
        return Err(Error::conflict("This entry takes a payment back. It is none itself."));
    }
    let currency: Currency = entry.money().currency;
    let (tenant, invoice, name) = match (invoice_number.trim(), customer.trim()) {
        ("", "") => return Err(Error::field("invoice_number", "Enter an invoice number, or a customer.")),
        ("", customer) => match queries::accounts(tx.conn(), customer).await?.as_slice() {
            [] => return Err(Error::field("customer", "No customer has this name.")),
            [(tenant, name)] => (*tenant, None, name.clone()),
            _ => {
                return Err(Error::field(
                    "customer",
                    "Several customers have this name. Enter the short name that stands in the customer's portal address.",
                ));
            }
        },
        (number, "") => {
            let field = |message: String| Error::field("invoice_number", message);
            let invoice =
                queries::invoice(tx.conn(), &number.to_uppercase()).await?.ok_or_else(|| field("No invoice has this number.".to_owned()))?;
            if invoice.currency != currency {
                return Err(field(format!("This invoice is in {}, the payment in {currency}.", invoice.currency)));
            }
            (invoice.tenant_id, Some(invoice.id), invoice.number)
        }
        _ => return Err(Error::field("customer", "Enter an invoice number or a customer, not both.")),
    };
    ledger::lock(tx.conn(), tenant).await?;
    book(services, &mut tx, &entry, tenant, invoice).await?;
    let event = AuditEvent::new(AuditAction::BankEntryAssigned, "bank_entry", id, name).in_tenant(tenant);
    Ok(tx.commit(event.after(json!({ "amount": entry.money().to_string(), "invoice": invoice }))).await?)
}

/// Notes that an entry is no payment of a customer, and why. It can still be assigned later.
///
/// # Errors
/// Not found; on field `reason` when it is missing or too long; a conflict when the entry is booked.
pub async fn ignore(services: &Services, tx: PlatformTx<BillingManage>, id: BankEntryId, reason: &str) -> Result<()> {
    let reason = crate::reason::check(reason)?;
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let entry = undecided(&mut tx, id).await?;
    queries::set_ignored(tx.conn(), id, reason).await?;
    let event = AuditEvent::new(AuditAction::BankEntryIgnored, "bank_entry", id, &entry.account);
    Ok(tx.commit(event.after(json!({ "amount": entry.money().to_string(), "reason": reason }))).await?)
}

/// An entry that is not booked, locked against others who decide about it.
async fn undecided(tx: &mut SystemTx, id: BankEntryId) -> Result<queries::StoredEntry> {
    let entry = queries::lock(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Bank entry"))?;
    if entry.status == BankEntryStatus::Booked {
        return Err(Error::conflict("This entry is booked already. Reload the page."));
    }
    Ok(entry)
}
