//! How much name servers have to answer: the difference between what their PowerDNS has counted a minute ago and now.

mod queries;

use super::publisher::call;
use core_administration::servers;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::{Time, ids::ServerId};
use queries::{Counted, Load};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{verb::ZoneCounts, zone::QueryCounts};

/// Longest that a server may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Asks each name server what it has counted.
pub(super) struct NameServerLoads;

impl Reconciler for NameServerLoads {
    const NAME: &'static str = "name_server_load";
    const TITLE: &'static str = "Queries of name servers are counted";
    const INTERVAL: Duration = Duration::from_secs(60);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::to_reconcile(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let server = ServerId(key);
        let mut tx = services.db.system_read("reconciler").await?;
        let Some(before) = queries::get(tx.conn(), server).await? else { return Ok(Outcome::Removed) };
        let target = servers::target(tx.conn(), server).await.map_err(|error| ReconcileError(error.to_string()))?;
        tx.finish().await?;
        let asked = call(services, &target, DEADLINE, ZoneCounts {}).await;
        let counts = asked.map_err(|error| ReconcileError(format!("{}: {error}", before.name)))?;
        let mut tx = services.db.system("reconciler").await?;
        queries::set(tx.conn(), server, &load(&before, counts, services.now()), services.now()).await?;
        tx.commit_progress().await?;
        Ok(Outcome::Checked { subject: before.name, server: Some(server), differences: Vec::new() })
    }
}

/// What was counted since the last time, by the minute. A PowerDNS that was started since has begun anew.
fn load(before: &Counted, now: QueryCounts, at: Time) -> Load {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (queries, failures, uptime_seconds) = (number(now.queries), number(now.failures), number(now.uptime_s));
    let since = before.counted_at.map(|then| (at - then).num_seconds()).filter(|seconds| *seconds > 0);
    let per_minute = match (since, before.queries, before.failures, before.uptime_seconds) {
        (Some(seconds), Some(q), Some(f), Some(uptime)) if uptime <= uptime_seconds && q <= queries && f <= failures => {
            let rate = |count: i64| count.saturating_mul(60) / seconds;
            Some((rate(queries - q), rate(failures - f)))
        }
        _ => None,
    };
    Load { queries, failures, uptime_seconds, per_minute, latency_us: number(now.latency_us) }
}
