//! Invoices and credit notes.
//!
//! - A number is taken in the transaction that issues the document: no two share one, and none is left out.
//! - A document never changes. What is wrong on an invoice is credited by a credit note, which stands in the same list with negative sums.
//! - `status` follows from the ledger: an invoice is paid when nothing of it is open, void when it was credited in full before that, and written
//!   off when staff have given up what was open.

mod bank;
mod credit;
pub(crate) mod creditable;
mod issue;
mod letters;
pub(crate) mod queries;
mod reopen;
mod staff;
#[cfg(test)]
mod tests;

pub use bank::checked_bank;
pub use credit::credit;
pub(crate) use credit::{credit_rest, credit_subscription, credit_subscription_unsent, credit_unsent, send as send_credit_note};
pub(crate) use issue::{Issued, NewInvoice, issue, use_credit};
pub use reopen::reopen;
pub(crate) use reopen::{reopen_lost, reopen_unpaid};
pub use staff::{create, preview, write_off};
pub(crate) use staff::{currency_of, has_currency};

use crate::{ledger, tax::evidence};
use db::{AuditEvent, Keyset, PlatformRead, SystemTx, TenantRead};
use engine::{Error, Result, reconcile::touch};
use model::{
    Time,
    audit_action::AuditAction,
    billing::invoices::{InvoiceKind, InvoiceRow, InvoiceStatus, InvoiceView},
    ids::{InvoiceId, SubscriptionId, TenantId},
    money::Currency,
    page::{Page, PageRequest},
    permission::{BillingRead, CustomersRead},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// The reconciler that has subscriptions invoiced and paid; it stands in a module above.
pub(crate) const SUBSCRIPTION_BILLING: &str = "subscription_billing";

/// What a bank says of a card and its holder is not told to who holds it.
const HIDDEN_DECLINE_CODES: &[&str] =
    &["lost_card", "stolen_card", "pickup_card", "fraudulent", "merchant_blacklist", "highest_risk_level", "security_violation"];

/// All invoices and credit notes, newest first. `state` may be the status of an invoice, or `CREDIT_NOTE`.
///
/// # Errors
/// When the cursor is unknown or PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<BillingRead>, request: &PageRequest) -> Result<Page<InvoiceRow>> {
    page(tx.conn(), None, request).await
}

/// The invoices of the open tenant, newest first.
///
/// # Errors
/// As [`list`].
pub async fn of_tenant(tx: &mut impl TenantRead<BillingRead>, request: &PageRequest) -> Result<Page<InvoiceRow>> {
    let tenant = tx.tenant();
    page(tx.conn(), Some(tenant), request).await
}

/// One invoice with its lines.
///
/// # Errors
/// Not found.
pub async fn get(tx: &mut impl PlatformRead<BillingRead>, id: InvoiceId) -> Result<InvoiceView> {
    one(tx.conn(), None, id).await
}

/// One invoice of the open tenant with its lines.
///
/// # Errors
/// Not found, also when it is somebody else's.
pub async fn get_of_tenant(tx: &mut impl TenantRead<BillingRead>, id: InvoiceId) -> Result<InvoiceView> {
    let tenant = tx.tenant();
    let mut view = one(tx.conn(), Some(tenant), id).await?;
    for payment in &mut view.payments {
        if payment.decline_code.as_deref().is_some_and(|code| HIDDEN_DECLINE_CODES.contains(&code)) {
            payment.decline_code = Some("card_declined".to_owned());
        }
    }
    Ok(view)
}

/// The newest of a customer, for staff.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn of_customer(tx: &mut impl PlatformRead<CustomersRead>, tenant: TenantId) -> Result<Vec<InvoiceRow>> {
    Ok(page(tx.conn(), Some(tenant), &PageRequest::default()).await?.rows)
}

/// A page of all, or of one tenant's.
async fn page(conn: &mut PgConnection, tenant: Option<TenantId>, request: &PageRequest) -> Result<Page<InvoiceRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let state = request.state.as_deref().filter(|state| !state.is_empty());
    let unknown = |_| Error::field("state", "Unknown status filter.");
    let (kind, status) = match state {
        None => (None, None),
        Some(word) if word == InvoiceKind::CreditNote.as_str() => (Some(InvoiceKind::CreditNote), None),
        Some(word) => (Some(InvoiceKind::Invoice), Some(word.parse::<InvoiceStatus>().map_err(unknown)?)),
    };
    let rows = queries::page(conn, &keyset, tenant, kind, status).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &InvoiceRow| row.id.0))
}

async fn one(conn: &mut PgConnection, tenant: Option<TenantId>, id: InvoiceId) -> Result<InvoiceView> {
    let detail = queries::one(&mut *conn, tenant, id).await?.ok_or_else(|| Error::not_found("Invoice"))?;
    let lines = queries::lines(&mut *conn, id).await?;
    let credit_notes = queries::credit_notes(&mut *conn, id).await?;
    let payments = queries::payments(&mut *conn, id).await?.into_iter().map(queries::PaymentRow::view).collect();
    let write_off = if tenant.is_none() { staff::write_off_of(&mut *conn, id).await? } else { None };
    let credit_used = queries::credit_used(&mut *conn, id).await?;
    let mut view = detail.view(lines, credit_notes, payments, credit_used, write_off);
    if tenant.is_none() {
        view.tax_evidence = evidence::of_invoice(conn, id).await?;
    }
    Ok(view)
}

/// An invoice or credit note, whoever it belongs to.
pub(crate) async fn as_issued(conn: &mut PgConnection, id: InvoiceId) -> Result<InvoiceView> {
    one(conn, None, id).await
}

/// The newest of a subscription.
pub(crate) async fn of_subscription(conn: &mut PgConnection, subscription: SubscriptionId) -> Result<Vec<InvoiceRow>> {
    Ok(queries::of_subscription(conn, subscription).await?.into_iter().map(queries::Row::view).collect())
}

/// An invoice that is to be paid.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct OpenInvoice {
    pub id: InvoiceId,
    pub number: String,
    pub issued_at: Time,
    pub due_at: Time,
    /// What is left to pay.
    #[sqlx(flatten)]
    pub open: queries::Amount,
}

/// The open invoices of a subscription, the oldest first.
pub(crate) async fn open_of(conn: &mut PgConnection, subscription: SubscriptionId) -> Result<Vec<OpenInvoice>> {
    Ok(queries::open_of(conn, subscription).await?)
}

/// The invoices of an account that are due, the oldest first.
pub(crate) async fn due_of_account(conn: &mut PgConnection, tenant: TenantId, currency: Currency, now: Time) -> Result<Vec<InvoiceId>> {
    Ok(queries::due_of_account(conn, tenant, currency, now).await?)
}

/// The invoice of the period that begins then, if it was issued.
pub(crate) async fn of_period(conn: &mut PgConnection, subscription: SubscriptionId, start: Time) -> Result<Option<(InvoiceId, InvoiceStatus)>> {
    Ok(queries::of_period(conn, subscription, start).await?)
}

/// Notes an invoice as paid once nothing of it is open, and has its subscription looked at.
pub(crate) async fn note_if_paid(tx: &mut SystemTx, invoice: InvoiceId, at: Time) -> Result<()> {
    if ledger::open_amount(tx.conn(), invoice).await? > 0 {
        return Ok(());
    }
    if let Some((tenant, number)) = queries::set_paid(tx.conn(), invoice, at).await? {
        tx.record(AuditEvent::new(AuditAction::InvoicePaid, "invoice", invoice, number).in_tenant(tenant));
    }
    touch_billing(tx, invoice, at).await
}

/// Has the subscriptions of an account looked at that have an invoice due.
pub(crate) async fn touch_overdue(tx: &mut SystemTx, tenant: TenantId, at: Time) -> Result<()> {
    for subscription in queries::overdue_subscriptions(tx.conn(), tenant, at).await? {
        touch(tx.conn(), SUBSCRIPTION_BILLING, subscription.0, at).await?;
    }
    Ok(())
}

/// Has the subscription of an invoice looked at.
pub(crate) async fn touch_billing(tx: &mut SystemTx, invoice: InvoiceId, at: Time) -> Result<()> {
    if let Some(subscription) = queries::subscription_of(tx.conn(), invoice).await? {
        touch(tx.conn(), SUBSCRIPTION_BILLING, subscription.0, at).await?;
    }
    Ok(())
}
