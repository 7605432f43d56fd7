//! An order whose payment was found at the provider.

use super::{fulfil, queries};
use crate::payments;
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
    let due = payments::takes(services, Money::new(row.total, row.currency));
    if total != due {
        return Err(Error::conflict(format!("Its order is for {due}. Enter an invoice number.")));
    }
    let page = row.provider_ref.clone().unwrap_or_else(|| payment_ref.to_owned());
    match fulfil::fulfil(services, tx, &row, &page, Some(payment_ref)).await? {
        Ok(event) => tx.record(event),
        Err(reason) => return Err(Error::conflict(format!("Its order cannot be fulfilled: {reason}. Enter an invoice number."))),
    }
    Ok(())
}
