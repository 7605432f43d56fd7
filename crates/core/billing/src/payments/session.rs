//! The page of the provider on which a customer pays an open invoice, with whatever card. That card is saved.

use super::{IncomingPayment, give_up, queries, receive, takes};
use crate::{invoices, ledger, profiles};
use adapters::payments::{PaymentLabels, PaymentReference, PaymentRequest, Payments, sandbox::SandboxPayment};
use chrono::Duration;
use db::{AuditEvent, Caller, PublicTx, SystemTx, TenantTx};
use engine::{Error, Result, Services, secrets};
use model::{
    audit_action::AuditAction,
    billing::{
        checkout::{OrderLine, OrderLineKind, SandboxChoice},
        payments::{PaymentSessionStatus, PaymentSessionView},
    },
    ids::{InvoiceId, PaymentSessionId},
    money::Money,
    permission::BillingManage,
};
use uuid::Uuid;

/// How long the page can be paid on.
const LIFETIME: Duration = Duration::hours(1);

/// Opens the provider's page for what an invoice of the open account has open. Answers with its URL.
///
/// # Errors
/// Not found when it is somebody else's; a conflict when it is not open; unavailable when the provider does not answer.
pub async fn open_payment_page(services: &Services, tx: TenantTx<BillingManage>, invoice: InvoiceId) -> Result<String> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system_read("payments").await?;
    let is_theirs = invoices::queries::tenant_of(tx.conn(), invoice).await? == Some(tenant);
    tx.finish().await?;
    if !is_theirs {
        return Err(Error::not_found("Invoice"));
    }
    // A charge that waits for this customer would be a second payment.
    give_up(services, invoice).await?;
    let (id, token) = (PaymentSessionId(Uuid::now_v7()), secrets::new_token());
    let (now, provider) = (services.now(), services.part::<dyn Payments>());
    let mut tx = services.db.system(caller).await?;
    ledger::lock(tx.conn(), tenant).await?;
    let open = invoices::queries::open(tx.conn(), invoice).await?.ok_or_else(|| Error::conflict("This invoice is not open."))?.money();
    let open = takes(services, open);
    if open.minor == 0 {
        return Err(Error::conflict("This amount is too small to be paid by card. It is charged with your next invoice."));
    }
    if queries::is_pending(tx.conn(), invoice).await? {
        return Err(Error::conflict("A payment of this invoice is in progress. Try again in a minute."));
    }
    let number = queries::invoice_number(tx.conn(), invoice).await?;
    let subscription = invoices::queries::subscription_of(tx.conn(), invoice).await?;
    let (slug, contacts) = profiles::contacts(tx.conn(), tenant).await?;
    let saved_method = queries::any_method(tx.conn(), tenant, provider.name()).await?;
    let hash = secrets::token_hash(&token);
    queries::insert_session(tx.conn(), id, tenant, invoice, open, provider.name(), &hash, now, now + LIFETIME).await?;
    let event = AuditEvent::new(AuditAction::PaymentStarted, "invoice", invoice, &number).in_tenant(tenant);
    tx.commit(event.after(serde_json::json!({ "amount": open.to_string() }))).await?;

    let back = format!("{}/t/{slug}/invoices/{invoice}", services.settings.public_url);
    let request = PaymentRequest {
        reference: PaymentReference::Invoice(id),
        total: open,
        lines: vec![OrderLine {
            code: String::new(),
            kind: OrderLineKind::Product,
            description: format!("Invoice {number}"),
            quantity: 1,
            unit_price: open.minor,
            net: open.minor,
            after_trial: None,
        }],
        email: contacts.into_iter().next().unwrap_or_default(),
        return_url: back.clone(),
        cancel_url: back,
        buyer_token: token,
        saved_method,
        labels: PaymentLabels { tenant: Some(tenant), invoice: Some(number), subscription },
        now: now.timestamp(),
        lifetime: LIFETIME.num_seconds(),
    };
    let page = provider.open_page(&request).await.map_err(|error| {
        tracing::warn!(session = %id, %error, "failed to open the payment page");
        Error::unavailable("Couldn't open the payment page. You have not been charged. Try again in a moment.")
    })?;
    let mut tx = services.db.system("payments").await?;
    queries::set_session_ref(tx.conn(), id, &page.provider_ref).await?;
    tx.commit_progress().await?;
    Ok(page.url)
}

/// What the sandbox's page shows.
///
/// # Errors
/// Not found for an unknown page, a wrong token, or when another provider takes the payments.
pub async fn session_page(services: &Services, tx: &mut PublicTx, id: PaymentSessionId, token: &str) -> Result<PaymentSessionView> {
    Ok(find(services, tx, id, token).await?.view(services.now()))
}

/// The customer's decision on the sandbox's page. Answers with the path of the invoice; the webhook has the message then.
///
/// # Errors
/// Not found as in [`session_page`]; a conflict when it can no longer be paid; unavailable when the webhook does not answer.
pub async fn sandbox_decide(
    services: &Services,
    caller: impl Into<Caller>,
    id: PaymentSessionId,
    token: &str,
    choice: SandboxChoice,
) -> Result<String> {
    let sandbox = services.part::<dyn Payments>().sandbox().ok_or_else(gone)?;
    let mut tx = services.db.public(caller).await?;
    let found = find(services, &mut tx, id, token).await?;
    tx.finish().await?;
    let path = format!("/t/{}/invoices/{}", found.tenant_slug, found.invoice_id);
    let view = found.view(services.now());
    if !view.is_open {
        return Err(Error::conflict("This payment page has expired or was used. Open the invoice to pay it."));
    }
    let payment = SandboxPayment { reference: PaymentReference::Invoice(id), total: view.amount };
    sandbox.decide(&payment, choice).await.map_err(|error| {
        tracing::error!(session = %id, %error, "sandbox failed to deliver the webhook");
        Error::unavailable("Couldn't confirm the payment. You have not been charged. Try again in a moment.")
    })?;
    Ok(path)
}

async fn find(services: &Services, tx: &mut PublicTx, id: PaymentSessionId, token: &str) -> Result<queries::FoundSession> {
    if services.part::<dyn Payments>().sandbox().is_none() {
        return Err(gone());
    }
    queries::find_session(tx.conn(), id, &secrets::token_hash(token)).await?.ok_or_else(gone)
}

fn gone() -> Error {
    Error::not_found("Payment page")
}

/// What became of a message that a page was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReceiveOutcome {
    /// The payment was stored.
    Stored,
    /// The payment was known.
    Duplicate,
}

/// The provider says that a page was paid. The money counts, whatever became of the page since; what the invoice does not need is credit.
/// Answers with why it was not believed, if so.
pub(crate) async fn paid(
    services: &Services,
    tx: &mut SystemTx,
    id: PaymentSessionId,
    provider: &str,
    total: Money,
    payment_ref: &str,
) -> Result<Result<ReceiveOutcome, String>> {
    let Some(session) = queries::lock_session(tx.conn(), id).await? else { return Ok(Err(format!("payment page {id} not found"))) };
    if session.provider != provider {
        return Ok(Err(format!("payment page belongs to provider {}", session.provider)));
    }
    if total.currency != session.currency {
        return Ok(Err(format!("paid in {}, invoiced in {}", total.currency, session.currency)));
    }
    if total.minor <= 0 {
        return Ok(Err("nothing was paid".to_owned()));
    }
    let received = IncomingPayment {
        tenant: session.tenant_id,
        invoice: Some(session.invoice_id),
        provider,
        provider_ref: Some(payment_ref),
        amount: total,
        at: services.now(),
    };
    if receive(tx, &received).await?.is_none() {
        return Ok(Ok(ReceiveOutcome::Duplicate));
    }
    queries::set_session_status(tx.conn(), id, PaymentSessionStatus::Paid).await?;
    Ok(Ok(ReceiveOutcome::Stored))
}

/// The provider says that a payment on a page was declined.
pub(crate) async fn declined(tx: &mut SystemTx, id: PaymentSessionId) -> Result<Result<(), String>> {
    match queries::lock_session(tx.conn(), id).await? {
        None => Ok(Err(format!("payment page {id} not found"))),
        Some(session) if session.status != PaymentSessionStatus::Open => Ok(Err(format!("payment page is already {}", session.status))),
        Some(_) => {
            queries::set_session_status(tx.conn(), id, PaymentSessionStatus::Declined).await?;
            Ok(Ok(()))
        }
    }
}
