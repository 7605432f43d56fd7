//! What the buyer sees of a checkout. The token in the link is the key; without it there is nothing here.

use super::queries::{self, Row};
use adapters::payments::{PaymentReference, Payments, sandbox::SandboxPayment};
use core_administration::provisioning;
use db::{Caller, PublicTx};
use engine::{Error, Result, Services, secrets};
use model::{
    administration::provisioning::JobPage,
    billing::checkout::{CheckoutStatus, CheckoutView, SandboxChoice},
    hosting::cloudpods::PodStatus,
    ids::CheckoutId,
};

/// The page that follows a checkout after it was paid.
pub fn result_path(id: CheckoutId, token: &str) -> String {
    format!("/checkout/result/{id}?follow={token}")
}

/// What the sandbox's payment page shows.
///
/// # Errors
/// Not found for an unknown checkout, a wrong token, or when another provider takes the payments.
pub async fn payment_page(services: &Services, tx: &mut PublicTx, id: CheckoutId, token: &str) -> Result<CheckoutView> {
    if services.part::<dyn Payments>().sandbox().is_none() {
        return Err(gone());
    }
    find(tx, id, token).await?.view(services.now())
}

/// What the result page shows: the sum, and the job with its steps and its log so far once it is paid.
///
/// # Errors
/// Not found for an unknown checkout or a wrong token.
pub async fn result(services: &Services, tx: &mut PublicTx, id: CheckoutId, token: &str) -> Result<CheckoutView> {
    let row = find(tx, id, token).await?;
    let job = row.job_id;
    let mut view = row.view(services.now())?;
    let outcome = queries::result(tx.conn(), id, &secrets::token_hash(token)).await?.ok_or_else(gone)?;
    view.invoice_number = outcome.invoice_number;
    view.site_url = outcome.site_url.filter(|_| outcome.pod_status == Some(PodStatus::Running));
    // The pod's own domain: it is another one when somebody was faster.
    if let Some(domain) = outcome.primary_domain {
        view.domain = domain;
    }
    if let Some(job) = job {
        let live = provisioning::live_for_buyer(tx, job, token, 0).await?;
        view.job = live.map(|live| JobPage { view: live.view, events: live.events });
    }
    Ok(view)
}

/// The buyer's decision on the sandbox's page. When this returns, the webhook has the message.
///
/// # Errors
/// Not found as in [`payment_page`]; conflict when it is no longer open; unavailable when the webhook does not answer.
pub async fn sandbox_decide(services: &Services, caller: impl Into<Caller>, id: CheckoutId, token: &str, choice: SandboxChoice) -> Result<()> {
    let sandbox = services.part::<dyn Payments>().sandbox().ok_or_else(gone)?;
    let mut tx = services.db.public(caller).await?;
    let view = find(&mut tx, id, token).await?.view(services.now())?;
    tx.finish().await?;
    match view.status {
        CheckoutStatus::Open => {}
        CheckoutStatus::Paid => return Err(Error::conflict("This order is already paid.")),
        CheckoutStatus::Declined => return Err(Error::conflict("This payment was declined. Start a new order.")),
        CheckoutStatus::Expired => return Err(Error::conflict("This order has expired. Start a new one.")),
    }
    let payment = SandboxPayment { reference: PaymentReference::Checkout(id), total: view.quote.total };
    sandbox.decide(&payment, choice).await.map_err(|error| {
        tracing::error!(checkout = %id, %error, "sandbox failed to deliver the webhook");
        Error::unavailable("Couldn't confirm the payment. You have not been charged. Try again in a moment.")
    })
}

async fn find(tx: &mut PublicTx, id: CheckoutId, token: &str) -> Result<Row> {
    queries::find(tx.conn(), id, &secrets::token_hash(token)).await?.ok_or_else(gone)
}

fn gone() -> Error {
    Error::not_found("Order")
}
