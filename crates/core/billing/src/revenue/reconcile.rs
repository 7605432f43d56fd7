//! The daily snapshot.

use super::queries;
use engine::{
    Result, Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Counts all subscriptions once a day, and compares the result with the movements.
pub(super) struct RevenueSnapshot;

impl Reconciler for RevenueSnapshot {
    const NAME: &'static str = "revenue_snapshot";
    const TITLE: &'static str = "Revenue matches subscriptions";
    const INTERVAL: std::time::Duration = std::time::Duration::from_secs(1800);

    async fn objects(_: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        Ok(Object::installation(after))
    }

    async fn reconcile(services: &Services, _: Uuid) -> Result<Outcome, ReconcileError> {
        Ok(Outcome::Checked { subject: "Monthly recurring revenue".to_owned(), server: None, differences: snapshot(services).await? })
    }
}

/// Takes the snapshot of this day (UTC), unless there is one. Answers with what does not add up, a line each.
pub(super) async fn snapshot(services: &Services) -> Result<Vec<String>> {
    let now = services.now();
    let day = now.date_naive();
    let mut tx = services.db.system("revenue").await?;
    if !queries::has_snapshot(tx.conn(), day).await? {
        queries::hold(tx.conn()).await?;
        queries::snapshot(tx.conn(), day, now).await?;
    }
    let gaps = queries::gaps(tx.conn(), day).await?;
    tx.commit_progress().await?;
    let line = |gap: queries::Gap| {
        format!("{}: subscriptions moved by {} twelfths since the last snapshot, movements sum up to {}.", gap.currency, gap.snapshots, gap.movements)
    };
    Ok(gaps.into_iter().map(line).collect())
}
