//! Statements of zones that go to another account.

use model::{Time, ids::DnsZoneId};
use sqlx::{PgConnection, Result};

/// Ends a zone, whose records and key are still to be given to another one.
pub(super) async fn retire(conn: &mut PgConnection, id: DnsZoneId, now: Time) -> Result<()> {
    sqlx::query("update dns_zones set removed_at = $2 where id = $1").bind(id).bind(now).execute(conn).await?;
    Ok(())
}
