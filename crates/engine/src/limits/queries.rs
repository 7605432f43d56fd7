//! Statements of what is counted in a time.

use model::{Time, ids::TenantId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Counts one more of those since `begin`; says how many there are.
pub(super) async fn count(conn: &mut PgConnection, (tenant, kind, subject): (TenantId, &str, Uuid), now: Time, begin: Time) -> Result<i32> {
    sqlx::query_scalar(
        "insert into limit_counts as l (id, tenant_id, kind, subject, since, count) values ($1, $2, $3, $4, $5, 1)
         on conflict (tenant_id, kind, subject) do update
            set since = case when l.since <= $6 then excluded.since else l.since end, count = case when l.since <= $6 then 1 else l.count + 1 end
         returning count",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(kind)
    .bind(subject)
    .bind(now)
    .bind(begin)
    .fetch_one(conn)
    .await
}
