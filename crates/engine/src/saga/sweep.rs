//! A wake-up can be lost, and a worker can die: what is due and stands still is woken again.

use super::{drive::Runtime, enqueue::QUEUE, queries};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Finished wake-ups and silent workers are kept this long.
const KEEP: Duration = Duration::from_secs(24 * 3600);
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// Sweeps until the worker ends.
pub(super) async fn watch(runtime: &Runtime, stop: &CancellationToken) {
    let mut pruned: Option<Instant> = None;
    loop {
        if let Err(error) = once(runtime).await {
            tracing::warn!(%error, "failed to look for jobs without a wakeup");
        }
        if pruned.is_none_or(|at| at.elapsed() >= PRUNE_EVERY) {
            match runtime.services.db.prune_wakeups(KEEP).await {
                Ok(_) => pruned = Some(Instant::now()),
                Err(error) => tracing::warn!(%error, "failed to prune the queue"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(runtime.tempo.sweep) => {}
        }
    }
}

/// Wakes workers for every job that is due and stands still. Answers how many there were.
pub(super) async fn once(runtime: &Runtime) -> Result<usize, sqlx::Error> {
    let services = &runtime.services;
    let mut tx = services.db.system("worker").await?;
    let stranded = queries::stranded(tx.conn(), QUEUE, services.now(), runtime.tempo.stale.as_secs_f64()).await?;
    for &job in &stranded {
        db::enqueue_wakeup(tx.conn(), QUEUE, job).await?;
    }
    tx.commit_progress().await?;
    Ok(stranded.len())
}
