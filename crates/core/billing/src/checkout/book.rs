//! An order whose payment was found at the provider.

use super::{fulfil, queries};
use db::SystemTx;
use engine::{Error, Result, Services};
use model::{billing::checkout::CheckoutStatus, ids::CheckoutId, money::Money};

/// Fulfills an order that was paid, and whose message never came or came too late.
///
/// # Errors
/// A conflict when it is paid already, for another amount, or cannot be fulfilled.
pub(crate) async fn book(services: &Services, tx: &mut SystemTx, id: CheckoutId, total: Money, payment_ref: &str) -> Result<()> {
    let row = queries::lock(tx.conn(), id).await?.ok_or_else(|| Error::conflict("Its order does not exist. Enter an invoice number."))?;
    if row.status == CheckoutStatus::Paid {
        return Err(Error::conflict("Its order is already paid. Enter an invoice number."));
    }
    if (total.minor, total.currency) != (row.total, row.currency) {
        return Err(Error::conflict(format!("Its order is for {}. Enter an invoice number.", Money::new(row.total, row.currency))));
    }
    let page = row.provider_ref.clone().unwrap_or_else(|| payment_ref.to_owned());
    match fulfil::fulfil(services, tx, &row, &page, Some(payment_ref)).await? {
        Ok(event) => tx.record(event),
        Err(reason) => return Err(Error::conflict(format!("Its order cannot be fulfilled: {reason}. Enter an invoice number."))),
    }
    Ok(())
}
