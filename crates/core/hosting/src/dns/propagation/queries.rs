//! Statements of how often DNS is asked for an account.

use model::{Time, ids::TenantId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Counts one lookup more of those since `begin`; says how many there are.
pub(super) async fn count(conn: &mut PgConnection, tenant: TenantId, now: Time, begin: Time) -> Result<i32> {
    sqlx::query_scalar(
        "insert into dns_lookups as l (id, tenant_id, since, count) values ($1, $2, $3, 1)
         on conflict (tenant_id) do update
            set since = case when l.since <= $4 then excluded.since else l.since end, count = case when l.since <= $4 then 1 else l.count + 1 end
         returning count",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(now)
    .bind(begin)
    .fetch_one(conn)
    .await
}
