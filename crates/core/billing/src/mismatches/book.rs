//! Booking a payment that the provider has taken.

use super::provider::{Purpose, queries};
use super::queries::clear;
use crate::{
    checkout,
    payments::{self, IncomingPayment},
};
use adapters::payments::{Charge, PaymentReference, Payments};
use db::{PlatformTx, SystemTx};
use engine::{Error, Result, Services};
use model::{
    billing::mismatches::MismatchKind,
    ids::{InvoiceId, TenantId},
    permission::BillingManage,
};

/// Books a payment that was found at the provider: for what it was asked for, or for the invoice of this number. What is too much becomes credit of
/// the account, and what was refunded at the provider is not booked. A charge whose answer was lost is settled by it.
///
/// # Errors
/// Not found when it is not listed as a mismatch; on field `invoice_number` when it is needed, unknown, or in another currency; a conflict when
/// the payment was booked meanwhile or refunded, or its order cannot be fulfilled; unavailable when the provider does not answer.
pub async fn book_payment(services: &Services, tx: PlatformTx<BillingManage>, payment_ref: &str, invoice_number: &str) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system_read("mismatches").await?;
    queries::amount(tx.conn(), payment_ref).await?.ok_or_else(|| Error::not_found("Payment"))?;
    tx.finish().await?;
    // Somebody may have given it back in the provider's own pages.
    let refunded = services.part::<dyn Payments>().refunded(payment_ref).await.map_err(|error| {
        tracing::warn!(%error, "failed to ask what was refunded of a payment");
        Error::unavailable("The payment provider is not responding.")
    })?;
    let provider = services.part::<dyn Payments>().name();
    let mut tx = services.db.system(caller).await?;
    let taken = queries::taken(tx.conn(), payment_ref).await?.ok_or_else(|| Error::not_found("Payment"))?;
    let mut amount = taken.amount.money();
    amount.minor -= refunded;
    if amount.minor <= 0 {
        done(services, tx, payment_ref).await?;
        return Err(Error::conflict("This payment was refunded at the provider. There is nothing to book."));
    }
    let purpose = taken.purpose.as_deref().map_or(Purpose::Unknown, Purpose::of);
    let field = |message: &str| Error::field("invoice_number", message);
    if let (Purpose::Charge(_), Some(key)) = (&purpose, taken.purpose.as_deref())
        && let Some(number) = payments::unsettled_charge(&mut tx, key).await?
    {
        // Its answer was lost. Whatever is booked for it otherwise would be booked again when the answer comes.
        if !["", &number.to_lowercase()].contains(&&*invoice_number.trim().to_lowercase()) {
            return Err(field(&format!("It was charged for invoice {number}. Book it for that one.")));
        }
        let answer = Charge::Succeeded { provider_ref: payment_ref.to_owned() };
        if let Err(reason) = payments::charge_changed(services, &mut tx, provider, key, answer, Some(amount)).await? {
            return Err(Error::conflict(format!("It cannot be booked while its charge is in progress: {reason}.")));
        }
        return done(services, tx, payment_ref).await;
    }
    match (invoice_number.trim(), purpose) {
        ("", Purpose::Page(PaymentReference::Invoice(page))) => match payments::paid(services, &mut tx, page, provider, amount, payment_ref).await? {
            Ok(payments::ReceiveOutcome::Stored) => {}
            Ok(payments::ReceiveOutcome::Duplicate) => return Err(booked()),
            Err(reason) => return Err(Error::conflict(format!("It cannot be booked for its payment page: {reason}. Enter an invoice number."))),
        },
        ("", Purpose::Page(PaymentReference::Checkout(order))) => checkout::book(services, &mut tx, order, amount, payment_ref).await?,
        ("", Purpose::Charge(invoice)) => {
            let found = queries::invoice_by_id(tx.conn(), invoice).await?.ok_or_else(|| field("Enter the number of the invoice that it pays."))?;
            receive(services, &mut tx, (found.tenant_id, invoice), provider, payment_ref, amount).await?;
        }
        ("", Purpose::Unknown) => return Err(field("Enter the number of the invoice that it pays.")),
        (number, _) => {
            let found = queries::invoice_by_number(tx.conn(), number).await?.ok_or_else(|| field("No invoice has this number."))?;
            if found.currency != amount.currency {
                return Err(field(&format!("This invoice is in {}, the payment in {}.", found.currency, amount.currency)));
            }
            receive(services, &mut tx, (found.tenant_id, found.invoice_id), provider, payment_ref, amount).await?;
        }
    }
    done(services, tx, payment_ref).await
}

/// It is a mismatch no longer.
async fn done(services: &Services, mut tx: SystemTx, payment_ref: &str) -> Result<()> {
    let kind = [MismatchKind::PaymentWithoutInvoice.as_str()];
    clear(tx.conn(), (&kind, &[payment_ref.to_owned()]), (&[], &[]), services.now()).await?;
    Ok(tx.commit_progress().await?)
}

async fn receive(
    services: &Services,
    tx: &mut SystemTx,
    (tenant, invoice): (TenantId, InvoiceId),
    provider: &str,
    payment_ref: &str,
    amount: model::money::Money,
) -> Result<()> {
    let received = IncomingPayment { tenant, invoice: Some(invoice), provider, provider_ref: Some(payment_ref), amount, at: services.now() };
    payments::receive(tx, &received).await?.map(|_| ()).ok_or_else(booked)
}

fn booked() -> Error {
    Error::conflict("This payment is booked already.")
}
