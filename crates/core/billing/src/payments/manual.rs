//! Transfers that staff have seen on the bank account.

use super::{IncomingPayment, MANUAL, receive};
use crate::{invoices, ledger, products::price};
use db::PlatformTx;
use engine::{Error, Result, Services};
use model::{
    ids::{InvoiceId, PaymentId},
    money::Money,
    permission::BillingManage,
};

/// Longest reference, in characters.
const MAX_REFERENCE_CHARS: usize = 140;

/// Records a bank transfer for an invoice. `amount` is as typed; empty for all that is open. What is too much becomes credit of the account.
///
/// # Errors
/// On field `amount` when it is no amount; on `reference` when it is too long; a conflict when the invoice is not open.
pub async fn record_transfer(
    services: &Services,
    tx: PlatformTx<BillingManage>,
    invoice: InvoiceId,
    amount: &str,
    reference: &str,
) -> Result<PaymentId> {
    let reference = reference.trim();
    if reference.chars().count() > MAX_REFERENCE_CHARS || reference.chars().any(char::is_control) {
        return Err(Error::field("reference", format!("Use at most {MAX_REFERENCE_CHARS} characters on one line.")));
    }
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let tenant = invoices::queries::tenant_of(tx.conn(), invoice).await?.ok_or_else(|| Error::not_found("Invoice"))?;
    ledger::lock(tx.conn(), tenant).await?;
    let open = invoices::queries::open(tx.conn(), invoice).await?.ok_or_else(|| Error::conflict("This invoice is not open."))?.money();
    let amount = match amount.trim() {
        "" => open,
        typed => price::parse(typed, open.currency).map_err(|message| Error::field("amount", message))?,
    };
    if amount.minor <= 0 {
        return Err(Error::field("amount", format!("Enter an amount above {}.", Money::new(0, open.currency))));
    }
    let received = IncomingPayment {
        tenant,
        invoice: Some(invoice),
        provider: MANUAL,
        provider_ref: Some(reference).filter(|reference| !reference.is_empty()),
        amount,
        at: services.now(),
    };
    let id = receive(&mut tx, &received).await?.ok_or_else(|| anyhow::anyhow!("a transfer was taken for a known payment"))?;
    tx.commit_progress().await?;
    Ok(id)
}
