//! Charges that wait: for the customer, who confirms them with the bank, or for the provider, who takes days.

use super::{
    charge,
    queries::{self, WaitingOf},
};
use crate::invoices;
use adapters::payments::{Charge, Payments};
use db::TenantTx;
use engine::{
    Error, Result, Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::{
    billing::payments::PaymentStatus,
    ids::{InvoiceId, PaymentId},
    permission::BillingManage,
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// What a charge waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The customer has to confirm it.
    Customer,
    /// The money is on its way.
    Provider,
}

/// What a charge of an invoice waits for, if there is one that does.
pub(crate) async fn waiting_for(conn: &mut PgConnection, invoice: InvoiceId) -> Result<Option<Waiting>> {
    Ok(queries::waiting_for(conn, invoice).await?)
}

/// The bank's page on which the customer confirms the charge of an invoice. Answers with its URL.
///
/// # Errors
/// Not found when it is somebody else's; a conflict when nothing is to be confirmed; unavailable when the provider does not answer.
pub async fn confirm_page(services: &Services, mut tx: TenantTx<BillingManage>, invoice: InvoiceId) -> Result<String> {
    let tenant = tx.tenant();
    let is_theirs = invoices::queries::tenant_of(tx.conn(), invoice).await? == Some(tenant);
    let found = queries::waiting(tx.conn(), WaitingOf::Invoice(invoice)).await?;
    tx.finish().await?;
    if !is_theirs {
        return Err(Error::not_found("Invoice"));
    }
    let done = || Error::conflict("No payment of this invoice has to be confirmed. Reload the page.");
    let found = found.filter(|found| found.status == PaymentStatus::ActionRequired).ok_or_else(done)?;
    let provider = configured(services, &found.charge.provider)?;
    let back = format!("{}/t/{}/invoices/{invoice}", services.settings.public_url, found.tenant_slug);
    match provider.confirm_page(&found.payment_ref, &found.charge.method_ref, &back).await.map_err(|error| unavailable(&error))? {
        Some(url) => Ok(url),
        None => {
            refresh(services, &found).await?;
            Err(done())
        }
    }
}

/// Gives up the charge of an invoice that waits for the customer. Whatever comes out of that is stored.
pub(crate) async fn give_up(services: &Services, invoice: InvoiceId) -> Result<()> {
    let mut tx = services.db.system_read("payments").await?;
    let found = queries::waiting(tx.conn(), WaitingOf::Invoice(invoice)).await?;
    tx.finish().await?;
    match found {
        Some(found) if found.status == PaymentStatus::ActionRequired => {
            let provider = configured(services, &found.charge.provider)?;
            let answer = provider.give_up(&found.payment_ref).await.map_err(|error| unavailable(&error))?;
            charge::settle_charge(services, &found.charge, answer).await
        }
        _ => Ok(()),
    }
}

/// Asks the provider what became of a charge, and stores it.
async fn refresh(services: &Services, found: &queries::WaitingCharge) -> Result<Charge> {
    let answer = configured(services, &found.charge.provider)?.charge_state(&found.payment_ref).await.map_err(|error| unavailable(&error))?;
    charge::settle_charge(services, &found.charge, answer.clone()).await?;
    Ok(answer)
}

fn configured<'a>(services: &'a Services, provider: &str) -> Result<&'a dyn Payments> {
    let found = services.part::<dyn Payments>();
    if found.name() == provider { Ok(&**found) } else { Err(Error::unavailable(format!("The payment provider {provider} is not configured."))) }
}

fn unavailable(error: &adapters::payments::PaymentsUnavailable) -> Error {
    tracing::warn!(%error, "failed to ask for a payment that waits");
    Error::unavailable("The payment provider is not responding.")
}

/// Asks what became of charges that wait, for when no message tells of it.
pub(super) struct WaitingPayments;

impl Reconciler for WaitingPayments {
    const NAME: &'static str = "payment_waiting";
    const TITLE: &'static str = "Payments that wait are settled";
    const INTERVAL: Duration = Duration::from_secs(3600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::all_waiting(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let mut tx = services.db.system_read("payments").await?;
        let found = queries::waiting(tx.conn(), WaitingOf::Payment(PaymentId(key))).await?;
        tx.finish().await?;
        let Some(found) = found else { return Ok(Outcome::Removed) };
        // Nobody needs it any more: it was paid otherwise, or credited.
        if found.status == PaymentStatus::ActionRequired && !found.is_wanted {
            give_up(services, found.charge.invoice_id).await?;
            return Ok(Outcome::Removed);
        }
        match refresh(services, &found).await? {
            Charge::ActionRequired { .. } | Charge::Processing { .. } => Ok(Outcome::ok(format!("Invoice {}", found.charge.invoice_number))),
            Charge::Succeeded { .. } | Charge::Declined { .. } => Ok(Outcome::Removed),
        }
    }
}
