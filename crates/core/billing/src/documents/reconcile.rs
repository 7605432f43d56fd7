//! Every invoice has its document, also when nobody asks for it.

use super::{of_invoice, queries};
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::ids::InvoiceId;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Makes documents that nobody has asked for yet.
pub(super) struct StoredDocuments;

impl Reconciler for StoredDocuments {
    const NAME: &'static str = "invoice_document";
    const TITLE: &'static str = "Invoices are stored as PDF";
    const INTERVAL: Duration = Duration::from_secs(3600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::without(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        of_invoice(services, InvoiceId(key)).await?;
        Ok(Outcome::Removed)
    }
}
