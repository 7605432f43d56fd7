//! The card of each payment is saved, so that the next invoice can be charged to it.

use super::queries;
use crate::{profiles::PAYMENT_CUSTOMER, tax::evidence};
use adapters::payments::Payments;
use db::AuditEvent;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{
    audit_action::AuditAction,
    ids::{PaymentId, PaymentMethodId},
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Asks the provider for the card of a payment that was made on its page.
pub(super) struct SavedCards;

impl Reconciler for SavedCards {
    const NAME: &'static str = "payment_card";
    const TITLE: &'static str = "Save cards used for payments";
    const INTERVAL: Duration = Duration::from_secs(3600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::payments_without_card(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let id = PaymentId(key);
        let provider = services.part::<dyn Payments>();
        let mut tx = services.db.system_read("payments").await?;
        let found = queries::payment_without_card(tx.conn(), id, provider.name()).await?;
        tx.finish().await?;
        let Some((tenant, invoice, provider_ref)) = found else { return Ok(Outcome::Removed) };
        let card = provider.saved_method(&provider_ref).await.map_err(|error| ReconcileError(format!("{error}.")))?;
        let mut tx = services.db.system("payments").await?;
        let mut saved = None;
        if let Some(card) = card {
            let (method, is_new) =
                queries::upsert_method(tx.conn(), PaymentMethodId(Uuid::now_v7()), tenant, provider.name(), &card, services.now()).await?;
            if is_new {
                let label = format!("{} ending {}", card.brand, card.last4);
                tx.record(AuditEvent::new(AuditAction::PaymentMethodAdded, "payment_method", method, label).in_tenant(tenant));
            }
            if let Some(country) = &card.country {
                evidence::keep_card(tx.conn(), tenant, invoice, country, services.now()).await?;
            }
            touch(tx.conn(), PAYMENT_CUSTOMER, tenant.0, services.now()).await?;
            saved = Some(method);
        }
        queries::set_card(tx.conn(), id, saved, services.now()).await?;
        tx.commit_progress().await?;
        Ok(Outcome::Removed)
    }
}
