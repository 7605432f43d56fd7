//! Dunning: what happens to an invoice that is not paid, and when. [`rules`] decide, without I/O; the reconciler of subscriptions acts.
//!
//! Staff set the terms, for all products and for single ones. Terms are never changed, only followed by others: an invoice keeps those that held
//! when it was issued, so nobody is suspended earlier than the invoice said.

pub(crate) mod extensions;
mod letters;
mod manage;
mod notices;
mod queries;
pub(crate) mod rules;
mod terms;
#[cfg(test)]
mod tests;

pub use manage::{list, remove, set};
pub(crate) use notices::{NoticeContext, notify};
pub use terms::Terms;
pub(crate) use terms::terms_at;

use crate::{invoices::OpenInvoice, payments};
use engine::{Result, Services};
use model::{Time, ids::TenantId};
use rules::Overdue;
use sqlx::PgConnection;

/// What is known of an invoice that is due.
pub(crate) async fn overdue(
    services: &Services,
    conn: &mut PgConnection,
    tenant: TenantId,
    invoice: &OpenInvoice,
    suspended_at: Option<Time>,
) -> Result<Overdue> {
    Ok(Overdue {
        due_at: invoice.due_at,
        history: payments::history(&mut *conn, invoice.id).await?,
        methods: payments::usable(services, &mut *conn, tenant).await?.len(),
        extended_until: extensions::of_invoice(&mut *conn, invoice.id).await?,
        waiting: payments::waiting_for(conn, invoice.id).await?,
        suspended_at,
    })
}
