//! Statements of what name servers have to answer.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{Time, ids::ServerId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// What a name server had counted when it was last asked.
#[derive(sqlx::FromRow)]
pub(super) struct Counted {
    pub(super) name: String,
    pub(super) queries: Option<i64>,
    pub(super) failures: Option<i64>,
    pub(super) uptime_seconds: Option<i64>,
    pub(super) counted_at: Option<Time>,
}

pub(super) async fn get(conn: &mut PgConnection, server: ServerId) -> Result<Option<Counted>> {
    sqlx::query_as("select name, queries, failures, uptime_seconds, counted_at from nameservers where server_id = $1")
        .bind(server)
        .fetch_optional(conn)
        .await
}

/// Counts of a name server, and what they come to.
pub(super) struct Load {
    pub(super) queries: i64,
    pub(super) failures: i64,
    pub(super) uptime_seconds: i64,
    pub(super) per_minute: Option<(i64, i64)>,
    pub(super) latency_us: i64,
}

pub(super) async fn set(conn: &mut PgConnection, server: ServerId, load: &Load, now: Time) -> Result<()> {
    sqlx::query(
        "update nameservers
            set queries = $2, failures = $3, uptime_seconds = $4, counted_at = $5, queries_per_minute = $6, failures_per_minute = $7, latency_us = $8
          where server_id = $1",
    )
    .bind(server)
    .bind(load.queries)
    .bind(load.failures)
    .bind(load.uptime_seconds)
    .bind(now)
    .bind(load.per_minute.map(|(queries, _)| queries))
    .bind(load.per_minute.map(|(_, failures)| failures))
    .bind(load.latency_us)
    .execute(conn)
    .await?;
    Ok(())
}

/// All name servers, after this key.
pub(super) async fn to_reconcile(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select server_id as key, server_id as server from nameservers where ($1::uuid is null or server_id > $1) order by server_id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}
