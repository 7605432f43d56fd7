//! Refunds whose answer is still to come.

use super::{execute, queries};
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::ids::RefundId;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Asks the provider again, by the same key.
pub(in crate::payments) struct PendingRefunds;

impl Reconciler for PendingRefunds {
    const NAME: &'static str = "refund";
    const TITLE: &'static str = "Refunds are carried out";
    const INTERVAL: Duration = Duration::from_secs(3600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::all_pending(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        Ok(if execute(services, RefundId(key)).await? { Outcome::Removed } else { Outcome::ok("Refund on its way") })
    }
}
