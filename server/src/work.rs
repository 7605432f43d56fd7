//! Every queue and every reconciler, in one list.

use crate::config::Config;
use mpanel_core::{
    Services,
    administration::{outbox, servers},
    billing::checkout,
    hosting::cloudpods,
    saga,
    security::audit,
};
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
            tracing::warn!("a worker did not end in time; its job is taken up again at the next start");
        }
    }
}

/// Starts them all; they end with `stop`.
pub fn start(services: Services, config: &Config, stop: CancellationToken) -> Workers {
    let mut set = JoinSet::new();
    let anchors: PathBuf = config.data_dir.clone();
    let concurrency = config.concurrency;
    spawn(&mut set, "jobs", { let (s, t) = (services.clone(), stop.clone()); async move { saga::work(s, saga::standard(), concurrency, t.cancelled_owned()).await } });
    spawn(&mut set, "checkout", { let (s, t) = (services.clone(), stop.clone()); async move { checkout::watch(s, t).await } });
    spawn(&mut set, "outbox", { let (s, t) = (services.clone(), stop.clone()); async move { outbox::deliver(s, t).await } });
    spawn(&mut set, "servers", { let (s, t) = (services.clone(), stop.clone()); async move { servers::watch(s, t).await } });
    spawn(&mut set, "pods", { let (s, t) = (services.clone(), stop.clone()); async move { cloudpods::watch(s, t.cancelled_owned()).await } });
    spawn(&mut set, "audit anchor", async move { audit::anchor(services, anchors, stop).await });
    Workers(set)
}

fn spawn(set: &mut JoinSet<()>, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    set.spawn(async move {
        work.await;
        tracing::debug!(name, "worker ended");
    });
}
