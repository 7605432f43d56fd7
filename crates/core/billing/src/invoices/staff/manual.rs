//! Invoices that staff write, for what no subscription is for. Once issued they are like any other.

use super::queries;
use crate::{
    documents,
    invoices::{self, Issued, NewInvoice, issue, issue::Sums, letters::InvoiceIssued, use_credit},
    letters,
    products::price,
    profiles,
    tax::TaxDecision,
};
use chrono::{NaiveDate, NaiveTime};
use db::PlatformTx;
use engine::{Error, Result, Services, text::day};
use model::{
    Time,
    billing::invoices::{DraftLine, InvoiceDraft, InvoiceLine, InvoicePreview, Party},
    ids::InvoiceId,
    money::{Currency, Money},
    permission::BillingManage,
};
use sqlx::PgConnection;

/// Most lines of one.
const MAX_LINES: usize = 100;
/// Longest description, in characters.
const MAX_DESCRIPTION_CHARS: usize = 300;
const MAX_QUANTITY: i32 = 1_000_000;
/// How far ahead one can be due.
const MAX_DAYS: i64 = 365;

/// What an invoice with these lines would say. Without lines it says whom it would be for.
///
/// # Errors
/// Not found; on field `description`, `quantity` or `unit_price` when a line is not right.
pub async fn preview(services: &Services, mut tx: PlatformTx<BillingManage>, draft: &InvoiceDraft) -> Result<InvoicePreview> {
    let found = prepare(services, tx.conn(), draft).await?;
    tx.finish().await?;
    Ok(found.preview)
}

/// Issues it, uses the account's credit for it, and mails it to the account. `total` is what the preview showed.
///
/// # Errors
/// As [`preview`]; on `due_on` when it is no day from today on; a conflict when the total is another one now.
pub async fn create(services: &Services, tx: PlatformTx<BillingManage>, draft: &InvoiceDraft, due_on: &str, total: i64) -> Result<InvoiceId> {
    let at = services.now();
    let due_at = due(due_on, at)?;
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let found = prepare(services, tx.conn(), draft).await?;
    let shown = &found.preview;
    if shown.lines.is_empty() || shown.total.minor <= 0 {
        return Err(Error::conflict("Add a line with an amount first."));
    }
    if shown.total.minor != total {
        return Err(Error::conflict(format!("The total is {} now. Check it and issue the invoice again.", shown.total)));
    }
    let new = NewInvoice {
        tenant: draft.tenant,
        subscription: None,
        checkout: None,
        period_start: None,
        currency: shown.total.currency,
        lines: &shown.lines,
        tax: &found.tax,
        buyer: &found.buyer,
        seller: &services.settings.seller,
        at,
        due_at,
    };
    let Issued { id, number, total } = {
        let issued = issue(&mut tx, &new).await?;
        use_credit(&mut tx, draft.tenant, &issued, at).await?;
        issued
    };
    let open = invoices::queries::open(tx.conn(), id).await?.map(invoices::queries::Amount::money);
    let write = |portal: &str| InvoiceIssued {
        document: documents::attachment(id, &number),
        invoice: number.clone(),
        total: total.to_string(),
        open: open.map(|open| open.to_string()),
        due: day(due_at),
        link: format!("{portal}/invoices/{id}"),
    };
    letters::send(services, &mut tx, draft.tenant, write).await?;
    tx.commit_progress().await?;
    Ok(id)
}

struct Prepared {
    preview: InvoicePreview,
    buyer: Party,
    tax: TaxDecision,
}

async fn prepare(services: &Services, conn: &mut PgConnection, draft: &InvoiceDraft) -> Result<Prepared> {
    let (name, currency) = queries::account(conn, draft.tenant).await?.ok_or_else(|| Error::not_found("Customer"))?;
    let buyer = profiles::buyer(conn, draft.tenant).await?;
    if draft.lines.len() > MAX_LINES {
        return Err(Error::field("description", format!("An invoice has at most {MAX_LINES} lines.")));
    }
    let at = services.now();
    let lines = draft.lines.iter().map(|line| read(line, currency, at)).collect::<Result<Vec<_>>>()?;
    let tax = buyer.tax(&services.settings, at);
    let sums = Sums::of(&lines, currency, tax.rate_bp).ok_or_else(|| Error::field("unit_price", "The total is too large."))?;
    let preview = InvoicePreview {
        tenant: draft.tenant,
        tenant_name: name,
        currency,
        draft: draft.lines.clone(),
        lines,
        net: sums.net,
        tax_rate_bp: tax.rate_bp,
        tax_note: tax.note.clone(),
        tax: sums.tax,
        total: sums.total,
    };
    Ok(Prepared { preview, buyer: buyer.party, tax })
}

/// A line as it was typed.
fn read(line: &DraftLine, currency: Currency, at: Time) -> Result<InvoiceLine> {
    let description = line.description.trim();
    if description.is_empty() || description.chars().count() > MAX_DESCRIPTION_CHARS || description.chars().any(char::is_control) {
        return Err(Error::field("description", format!("Enter a description of at most {MAX_DESCRIPTION_CHARS} characters.")));
    }
    if !(1..=MAX_QUANTITY).contains(&line.quantity) {
        return Err(Error::field("quantity", "Enter a quantity from 1 to 1,000,000."));
    }
    let unit_price = price::parse(&line.unit_price, currency).map_err(|message| Error::field("unit_price", message))?;
    let net = unit_price.minor.checked_mul(line.quantity.into()).filter(|net| *net <= price::HIGHEST * 1000);
    let net = Money::new(net.ok_or_else(|| Error::field("unit_price", "The amount of this line is too large."))?, currency);
    Ok(InvoiceLine { description: description.to_owned(), quantity: line.quantity, unit_price, net, period_start: at, period_end: at })
}

/// The end of a day.
fn due(day: &str, now: Time) -> Result<Time> {
    let wrong = || Error::field("due_on", format!("Choose a day from today on, at most {MAX_DAYS} days ahead."));
    let day: NaiveDate = day.trim().parse().map_err(|_| wrong())?;
    let ahead = (day - now.date_naive()).num_days();
    if !(0..=MAX_DAYS).contains(&ahead) {
        return Err(wrong());
    }
    let end = NaiveTime::from_hms_opt(23, 59, 59).ok_or_else(wrong)?;
    Ok(day.and_time(end).and_utc())
}
