//! Mismatches as CSV, a part at a time.

use super::{filter, queries};
use crate::products::price;
use db::{Keyset, PlatformRead};
use engine::{Result, Services};
use model::{
    billing::mismatches::MismatchRow,
    page::{Page, PageRequest},
    permission::BillingRead,
};
use uuid::Uuid;

const HEAD: &str = "found_at,since,kind,object,customer,cause,amount,currency,cycle,accepted_until,accepted_reason\r\n";

/// A part of the file.
#[derive(Debug)]
pub struct Export {
    /// Its lines; the first part begins with the header.
    pub lines: String,
    /// The cursor of the next part.
    pub next: Option<String>,
}

/// The mismatches that the list shows by this filter, as CSV, from its cursor on.
///
/// # Errors
/// As the list.
pub async fn export(services: &Services, tx: &mut impl PlatformRead<BillingRead>, request: &PageRequest) -> Result<Export> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let rows = queries::page(tx.conn(), &keyset, filter(request, services.now())?).await?;
    let page: Page<MismatchRow> = keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &MismatchRow| row.id.0);
    let mut lines = if request.cursor.is_none() { HEAD.to_owned() } else { String::new() };
    page.rows.iter().for_each(|row| lines.push_str(&line(row)));
    Ok(Export { lines, next: page.older })
}

fn line(row: &MismatchRow) -> String {
    let (until, reason) = row.accepted.clone().map(|(until, reason)| (until.to_rfc3339(), reason)).unwrap_or_default();
    let fields = [
        row.found_at.to_rfc3339(),
        row.since.to_rfc3339(),
        row.kind.to_string(),
        row.subject.clone(),
        row.tenant_name.clone().unwrap_or_default(),
        row.message.clone(),
        price::typed(row.amount),
        row.amount.currency.to_string(),
        row.cycle.map(|cycle| cycle.to_string()).unwrap_or_default(),
        until,
        reason,
    ];
    fields.map(|field| quoted(&field)).join(",") + "\r\n"
}

/// A field. Spreadsheets take what begins with certain signs for a formula, so a quote stands before it.
fn quoted(field: &str) -> String {
    let guard = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", field.replace('"', "\"\""))
}
