//! Payments of all customers, and the messages of the provider as they came, for staff.

mod queries;
#[cfg(test)]
mod tests;

use db::{Keyset, PlatformRead};
use engine::{Error, Result};
use model::{
    billing::payment_log::{PaymentEventRow, PaymentEventView, PaymentRow},
    ids::PaymentEventId,
    page::{Page, PageRequest},
    permission::BillingRead,
};
use std::str::FromStr;
use uuid::Uuid;

/// Payments and attempts, newest first. `state` may be a status word.
///
/// # Errors
/// When the cursor or the status is unknown, or PostgreSQL does not answer.
pub async fn payments(tx: &mut impl PlatformRead<BillingRead>, request: &PageRequest) -> Result<Page<PaymentRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let rows = queries::payments(tx.conn(), &keyset, status(request)?).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &PaymentRow| row.id.0))
}

/// Messages of the provider, newest first. `state` may be a status word.
///
/// # Errors
/// As [`payments`].
pub async fn events(tx: &mut impl PlatformRead<BillingRead>, request: &PageRequest) -> Result<Page<PaymentEventRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let rows = queries::events(tx.conn(), &keyset, status(request)?).await?;
    Ok(keyset.page(rows.into_iter().map(queries::EventRow::view).collect(), |row: &PaymentEventRow| row.id.0))
}

/// One message as it came, indented where it is JSON.
///
/// # Errors
/// Not found.
pub async fn event(tx: &mut impl PlatformRead<BillingRead>, id: PaymentEventId) -> Result<PaymentEventView> {
    let message = queries::event(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Payment event"))?;
    let json: Option<serde_json::Value> = serde_json::from_slice(&message.body).ok();
    let text = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    Ok(PaymentEventView { event: message.event.view(), body: text.unwrap_or_else(|| String::from_utf8_lossy(&message.body).into_owned()) })
}

fn status<T: FromStr>(request: &PageRequest) -> Result<Option<T>> {
    let state = request.state.as_deref().filter(|state| !state.is_empty());
    state.map(|state| state.parse().map_err(|_| Error::field("state", "Unknown status filter."))).transpose()
}
