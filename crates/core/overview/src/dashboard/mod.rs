//! The dashboard: what needs attention, and the figures that have data now. Nothing here is estimated.

mod attention;
mod queries;
#[cfg(test)]
mod real_host;
#[cfg(test)]
mod tests;

use chrono::Duration;
use core_security::audit;
use db::PlatformRead;
use engine::{Result, Services, cached::Cached};
use model::{
    Time,
    overview::dashboard::{BillingReconciliation, DashboardView},
    permission::DashboardRead,
};
use sqlx::PgConnection;

/// Events of the audit log that are shown.
const RECENT: i64 = 10;

/// Reads the dashboard. The figures are counted once for everybody and kept for some seconds; what needs attention is always read anew.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn view(services: &Services, tx: &mut impl PlatformRead<DashboardRead>) -> Result<DashboardView> {
    let at = services.now();
    let conn = tx.conn();
    let figures = services.part::<Cached<DashboardView>>().get(at, async || figures(conn, at).await).await?;
    Ok(DashboardView { attention: attention::read(conn, at).await?, recent: audit::newest(conn, RECENT).await?, ..figures })
}

/// Everything but the two lists.
async fn figures(conn: &mut PgConnection, at: Time) -> Result<DashboardView> {
    let counts = queries::counts(conn, at - Duration::hours(24)).await?;
    let revenue = core_billing::revenue::recurring(conn).await?;
    let pods_by_status = queries::pods_by_status(conn).await?;
    let found = core_billing::mismatches::findings(conn, at).await?;
    let all_pods = pods_by_status.iter().map(|(_, pods)| pods).sum();
    let running = pods_by_status.iter().find(|(status, _)| status == "RUNNING").map_or(0, |(_, pods)| *pods);
    Ok(DashboardView {
        at,
        users: counts.users,
        customers: counts.customers,
        revenue,
        servers: (counts.servers_active, counts.servers),
        pods: (running, all_pods),
        pods_by_status,
        jobs_waiting: counts.jobs_waiting,
        jobs_running: counts.jobs_running,
        jobs_failed_24h: counts.jobs_failed,
        workers_online: counts.workers,
        queue_delay_ms: counts.queue_delay_ms,
        money: BillingReconciliation {
            checked_at: found.checked_at,
            pods: found.compared.0,
            subscriptions: found.compared.1,
            mismatches: found.kinds.into_iter().map(|(kind, count, _)| (kind, count)).collect(),
        },
        attention: Vec::new(),
        recent: Vec::new(),
    })
}
