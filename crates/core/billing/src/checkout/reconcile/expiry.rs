//! Checkouts that were not paid in time.

use crate::checkout::{PAYMENT_GRACE, queries};
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::ids::CheckoutId;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Closes checkouts. Starting one asks for the look at its end.
pub(in crate::checkout) struct CheckoutExpiry;

impl Reconciler for CheckoutExpiry {
    const NAME: &'static str = "checkout";
    const TITLE: &'static str = "Unpaid checkouts expire";
    const INTERVAL: Duration = Duration::from_secs(900);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::open_checkouts(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let mut tx = services.db.system("checkout").await?;
        let open = queries::expire(tx.conn(), CheckoutId(key), services.now() - PAYMENT_GRACE).await?;
        tx.commit_progress().await?;
        Ok(open.map_or(Outcome::Removed, Outcome::ok))
    }
}
