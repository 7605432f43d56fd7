//! What a worker does beside requests: jobs, reconcilers, mail, anchors.

use crate::config::Config;
use core_administration::{outbox, servers};
use core_security::audit;
use engine::{Services, reconcile, saga};
use std::{future::Future, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The running workers.
pub struct Workers(JoinSet<()>);

impl Workers {
    /// Waits until all have ended, at most half a minute.
    pub async fn finish(mut self) {
        let all = async { while self.0.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_secs(30), all).await.is_err() {
            tracing::warn!("a worker did not stop in time; its job resumes at the next start");
        }
    }
}

/// Starts them all; they end with `stop`.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn start(services: Services, config: &Config, stop: CancellationToken) -> engine::Result<Workers> {
    servers::announce(&services).await?;
    let mut set = JoinSet::new();
    spawn(&mut set, "jobs", work_on_jobs(services.clone(), config.concurrency, stop.clone()));
    spawn(&mut set, "reconcilers", reconcile::run(services.clone(), stop.clone()));
    // Mail is its own queue: one row, one delivery. The anchors are a file of this machine's, whoever else works on the same database.
    spawn(&mut set, "outbox", outbox::deliver(services.clone(), stop.clone()));
    spawn(&mut set, "audit anchor", audit::run_anchoring(services, config.data_dir.clone(), stop.cancelled_owned()));
    Ok(Workers(set))
}

/// Works on jobs. Should the queue itself fail, the process says so and ends, so that its keeper starts it anew.
async fn work_on_jobs(services: Services, concurrency: usize, stop: CancellationToken) {
    if let Err(error) = saga::run_worker(services, concurrency, stop.clone()).await {
        tracing::error!(%error, "job queue unavailable");
        stop.cancel();
    }
}

fn spawn(set: &mut JoinSet<()>, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    set.spawn(async move {
        work.await;
        tracing::debug!(name, "worker stopped");
    });
}
