//! Every queue and every reconciler, in one list.

use crate::config::Config;
use core_administration::{accounts, outbox, servers};
use core_billing::checkout;
use core_hosting::cloudpods;
use core_security::audit;
use engine::{Services, saga};
use std::{future::Future, path::PathBuf, time::Duration};
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
pub fn start(services: Services, config: &Config, stop: CancellationToken) -> Workers {
    let mut set = JoinSet::new();
    let anchors: PathBuf = config.data_dir.clone();
    let concurrency = config.concurrency;
    spawn(&mut set, "jobs", {
        let (s, t) = (services.clone(), stop.clone());
        async move { work_on_jobs(s, concurrency, t).await }
    });
    spawn(&mut set, "checkout", {
        let (s, t) = (services.clone(), stop.clone());
        async move { checkout::watch(s, t).await }
    });
    spawn(&mut set, "outbox", {
        let (s, t) = (services.clone(), stop.clone());
        async move { outbox::deliver(s, t).await }
    });
    spawn(&mut set, "servers", {
        let (s, t) = (services.clone(), stop.clone());
        async move { servers::watch(s, t.cancelled_owned()).await }
    });
    spawn(&mut set, "agent rollout", {
        let (s, t) = (services.clone(), stop.clone());
        async move { servers::roll_out(s, t.cancelled_owned()).await }
    });
    spawn(&mut set, "pods", {
        let (s, t) = (services.clone(), stop.clone());
        async move { cloudpods::watch(s, t).await }
    });
    spawn(&mut set, "old sessions", {
        let (s, t) = (services.clone(), stop.clone());
        async move { sweep_accounts(s, t).await }
    });
    spawn(&mut set, "audit anchor", async move { audit::keep_anchored(services, anchors, stop.cancelled_owned()).await });
    Workers(set)
}

/// Works on jobs. Should the queue itself fail, the process says so and ends, so that its keeper starts it anew.
async fn work_on_jobs(services: Services, concurrency: usize, stop: CancellationToken) {
    if let Err(error) = saga::work(services, concurrency, stop.clone()).await {
        tracing::error!(%error, "job queue unavailable");
        stop.cancel();
    }
}

/// Once an hour, what has ended is taken away.
async fn sweep_accounts(services: Services, stop: CancellationToken) {
    let mut hour = tokio::time::interval(Duration::from_secs(3600));
    while stop.run_until_cancelled(hour.tick()).await.is_some() {
        if let Err(error) = accounts::sweep(&services).await {
            tracing::warn!(%error, "failed to delete expired sessions and links");
        }
    }
}

fn spawn(set: &mut JoinSet<()>, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    set.spawn(async move {
        work.await;
        tracing::debug!(name, "worker stopped");
    });
}
