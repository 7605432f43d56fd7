//! A wake-up can be lost, and a worker can die: what is due and stands still is woken again.

use super::{enqueue::QUEUE, queries, runner::WorkerContext};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Finished wake-ups and silent workers are kept this long.
const KEEP: Duration = Duration::from_secs(24 * 3600);
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// Sweeps until the worker ends.
pub(super) async fn run_sweeper(context: &WorkerContext, stop: &CancellationToken) {
    let mut pruned: Option<Instant> = None;
    loop {
        if let Err(error) = sweep_once(context).await {
            tracing::warn!(%error, "failed to look for jobs without a wakeup");
        }
        if pruned.is_none_or(|at| at.elapsed() >= PRUNE_EVERY) {
            match context.services.db.prune_wakeups(KEEP).await {
                Ok(_) => pruned = Some(Instant::now()),
                Err(error) => tracing::warn!(%error, "failed to prune the queue"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(context.timings.sweep_interval) => {}
        }
    }
}

/// Wakes workers for every job that is due and stands still. Answers how many there were.
pub(super) async fn sweep_once(context: &WorkerContext) -> Result<usize, sqlx::Error> {
    let services = &context.services;
    let mut tx = services.db.system("worker").await?;
    let stranded = queries::stranded(tx.conn(), QUEUE, services.now(), context.timings.claim_timeout.as_secs_f64()).await?;
    for &job in &stranded {
        db::enqueue_wakeup(tx.conn(), QUEUE, job).await?;
    }
    tx.commit_progress().await?;
    Ok(stranded.len())
}
