//! The record as staff read it and take it along.

use super::{filter::Filter, queries};
use db::{Keyset, PlatformRead};
use engine::Result;
use model::{
    page::{Page, PageRequest},
    permission::AuditRead,
    security::audit::AuditRow,
};
use sqlx::PgConnection;

/// Events in one part of an export.
const EXPORT: i64 = 1000;

/// A part of the record as JSON lines.
#[derive(Clone, Debug)]
pub struct Export {
    /// One object a line, oldest first, each line ended by a line feed.
    pub lines: String,
    /// Ask for the next part behind this event; nothing when this was the last.
    pub next: Option<i64>,
}

/// Events of all chains, newest first. `state` is an action; `search` takes words and
/// `actor:`, `tenant:<slug or id>`, `target:<kind>/<id>`, `since:`, `until:`.
///
/// # Errors
/// On fields `cursor`, `state`, `search`.
pub async fn list(tx: &mut impl PlatformRead<AuditRead>, request: &PageRequest) -> Result<Page<AuditRow>> {
    let keyset = Keyset::<i64>::from_request(request)?;
    let filter = Filter::from_request(request)?;
    let rows = queries::page(tx.conn(), &keyset, &filter).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &AuditRow| row.id))
}

/// The part of an export behind event `after`, 0 for the first; filtered as [`list`].
///
/// # Errors
/// On fields `state` and `search`.
pub async fn export(tx: &mut impl PlatformRead<AuditRead>, request: &PageRequest, after: i64) -> Result<Export> {
    let rows = queries::export(tx.conn(), after, EXPORT, &Filter::from_request(request)?).await?;
    let next = rows.last().map(|row| row.id).filter(|_| i64::try_from(rows.len()).is_ok_and(|rows| rows == EXPORT));
    Ok(Export { lines: rows.into_iter().map(|row| row.line + "\n").collect(), next })
}

/// The newest events, for the dashboard.
pub async fn newest(conn: &mut PgConnection, limit: i64) -> Result<Vec<AuditRow>> {
    let keyset = Keyset::<i64>::from_request(&PageRequest::default())?.with_size(limit);
    let rows = queries::page(conn, &keyset, &Filter::default()).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &AuditRow| row.id).rows)
}
