//! Taking away what is of no use any more.

use super::{queries, second_step};
use chrono::Duration;
use engine::{
    Result, Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// How long tries to sign in are kept: they hold addresses of people.
const ATTEMPTS_KEPT: Duration = Duration::days(90);
/// How long links are kept after their end.
const LINKS_KEPT: Duration = Duration::days(30);

/// Deletes what is over, once an hour.
pub(super) struct ExpiredSignIns;

impl Reconciler for ExpiredSignIns {
    const NAME: &'static str = "expired_sign_ins";
    const TITLE: &'static str = "Expired sessions and links are deleted";
    const INTERVAL: std::time::Duration = std::time::Duration::from_secs(3600);

    async fn objects(_: &mut PgConnection, after: Option<Uuid>) -> std::result::Result<Vec<Object>, sqlx::Error> {
        Ok(Object::installation(after))
    }

    async fn reconcile(services: &Services, _: Uuid) -> std::result::Result<Outcome, ReconcileError> {
        sweep(services).await?;
        Ok(Outcome::ok("All accounts"))
    }
}

/// Removes sessions that are over, links that ended long ago and old tries.
async fn sweep(services: &Services) -> Result<()> {
    let now = services.now();
    let mut tx = services.db.system("accounts").await?;
    queries::sweep_sessions(tx.conn(), now, now - services.settings.session_idle).await?;
    second_step::queries::sweep_waiting(tx.conn(), now).await?;
    queries::sweep_links(tx.conn(), now - LINKS_KEPT).await?;
    queries::sweep_attempts(tx.conn(), now - ATTEMPTS_KEPT).await?;
    Ok(tx.commit_progress().await?)
}
