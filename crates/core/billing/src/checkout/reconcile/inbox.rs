//! Messages that were stored and not acted on: the process died in between, or PostgreSQL was away.

use crate::checkout::{process, queries};
use adapters::payments::Payments;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::ids::PaymentEventId;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Takes up what waits in the inbox.
pub(in crate::checkout) struct PaymentEventInbox;

impl Reconciler for PaymentEventInbox {
    const NAME: &'static str = "payment_event";
    const TITLE: &'static str = "Payment events are processed";
    const INTERVAL: Duration = Duration::from_secs(60);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::waiting_events(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let mut tx = services.db.system_read("checkout").await?;
        let waiting = queries::waiting_event(tx.conn(), PaymentEventId(key)).await?;
        tx.finish().await?;
        let Some((provider, event_id)) = waiting else { return Ok(Outcome::Removed) };
        if provider != services.part::<dyn Payments>().name() {
            return Err(ReconcileError(format!("The payment provider {provider} is not configured.")));
        }
        match process::process(services, &event_id).await? {
            // Whoever is at it may yet fail.
            process::Outcome::NotMine => Ok(Outcome::ok(event_id)),
            _ => Ok(Outcome::Removed),
        }
    }
}
