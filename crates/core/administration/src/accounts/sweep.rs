//! Taking away what is of no use any more.

use super::{queries, second_step};
use chrono::Duration;
use engine::{Result, Services};

/// How long tries to sign in are kept: they hold addresses of people.
const ATTEMPTS_KEPT: Duration = Duration::days(90);
/// How long links are kept after their end.
const LINKS_KEPT: Duration = Duration::days(30);

/// Removes sessions that are over, links that ended long ago and old tries. Run it about once an hour.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn sweep(services: &Services) -> Result<()> {
    let now = services.now();
    let mut tx = services.db.system("accounts").await?;
    queries::sweep_sessions(tx.conn(), now, now - services.settings.session_idle).await?;
    second_step::queries::sweep_waiting(tx.conn(), now).await?;
    queries::sweep_links(tx.conn(), now - LINKS_KEPT).await?;
    queries::sweep_attempts(tx.conn(), now - ATTEMPTS_KEPT).await?;
    Ok(tx.commit_progress().await?)
}
