//! Statements of the wildcards that customers choose.

use model::{
    Time,
    ids::{CertificateId, TenantId},
};
use sqlx::{PgConnection, Result};

/// Wildcards that the customer wants. What an authority or a failure has it wait for stays; not what was for its owner to do, which may be this.
pub(super) async fn set(conn: &mut PgConnection, id: CertificateId, wildcards: &[String]) -> Result<()> {
    sqlx::query(
        "update ssl_certificates
            set wildcards = $2, next_try_at = case when not owner_can_fix then next_try_at end, failure = case when not owner_can_fix then failure end,
                remedy = case when not owner_can_fix then remedy end, owner_can_fix = false, looks = 0
          where id = $1",
    )
    .bind(id)
    .bind(wildcards)
    .execute(conn)
    .await?;
    Ok(())
}

/// How often those of a certificate were changed since then.
pub(super) async fn count_changes(conn: &mut PgConnection, id: CertificateId, since: Time) -> Result<i64> {
    sqlx::query_scalar("select count(*) from audit_events where action = 'SSL_WILDCARD_CHANGED' and target_id = $1 and at > $2")
        .bind(id.to_string())
        .bind(since)
        .fetch_one(conn)
        .await
}

/// Names of zones that an account keeps here.
pub(super) async fn zones(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<String>> {
    sqlx::query_scalar("select name from dns_zones where tenant_id = $1 and removed_at is null order by name limit 1000")
        .bind(tenant)
        .fetch_all(conn)
        .await
}
