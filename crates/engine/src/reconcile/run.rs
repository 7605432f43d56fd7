//! The runner: claims what is due, reconciles it, and stores the outcome.

use super::{
    Outcome, ReconcileError, Registry, list,
    queries::{self, Claimed, Found, Glance},
    registry::Entry,
};
use crate::{Modules, Result, Services, secrets::random_bytes};
use chrono::TimeDelta;
use futures::{FutureExt, StreamExt};
use model::Time;
use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Runs at a time, of one worker.
const CONCURRENCY: usize = 32;
/// Of these, places kept for runs that ask no server, and as many for runs that do: neither silent servers nor silent names hold up everything else.
const RESERVED: usize = 8;
/// Runs for one server at a time, of all workers.
const MAX_RUNS_PER_SERVER: i64 = 4;
/// Of these, runs of one reconciler: what hangs on a server for one of them leaves a place for the others. A suspension does not wait for DNS.
const MAX_RUNS_PER_SERVER_AND_RECONCILER: i64 = 3;
/// How often objects without a row are added.
const RESYNC_INTERVAL: Duration = Duration::from_secs(300);
/// How often what this worker holds without working on it is released: the answer to a claim was lost with its connection.
const RELEASE_INTERVAL: Duration = Duration::from_secs(5);
/// Shortest pause between two looks at the table where something is due that could not be claimed.
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(200);
/// Longest that the table is not polled; a touch wakes the worker at once.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(5);
/// What a lease has beyond the run's own deadline: time to store the outcome.
const LEASE_MARGIN: Duration = Duration::from_secs(30);
/// The pause after the first failure; it doubles with each further one.
const INITIAL_BACKOFF: Duration = Duration::from_secs(5);
/// What running reconcilers get to end when the worker stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// Characters of a text that are kept.
const MAX_TEXT_CHARS: usize = 2000;
/// Differences that are kept.
const MAX_DIFFERENCES: usize = 100;
/// In whose name the table is written.
pub(super) const ACTOR: &str = "reconciler";

/// Reconciles whatever is due until `stop`. Any number of processes may do so on the same database.
pub async fn run(services: Services, stop: CancellationToken) {
    let runner = Runner::new(services);
    let mut asked = runner.services.db.listen(&["reconciliation_due"]);
    let (mut running, mut turns) = (JoinSet::new(), Turns::default());
    loop {
        // Those that have ended meanwhile make room together, not a round each.
        while running.try_join_next().is_some() {}
        let pause = match runner.round(&mut running, &mut turns).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "failed to claim reconciliations");
                MAX_POLL_INTERVAL
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = running.join_next() => {}
            Some(_) = asked.next() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, async { while running.join_next().await.is_some() {} }).await;
    running.shutdown().await;
    if let Err(error) = runner.give_back().await {
        tracing::warn!(%error, "failed to release reconciliations; their leases expire");
    }
}

/// Adds what is missing, and reconciles everything that is due now. For commands and tests. Answers with how many runs there were.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn run_due(services: &Services) -> Result<usize> {
    list::add_missing(services, &services.part::<Modules>().reconcilers).await;
    run_known(services).await
}

/// [`run_due`] of the objects that have a row already: without listing what every reconciler is responsible for.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn run_known(services: &Services) -> Result<usize> {
    let runner = Runner::new(services.clone());
    let mut count = 0;
    let until = services.now();
    loop {
        let (seen, mut claimed) = runner.claim(CONCURRENCY, until).await?;
        if seen.on_servers {
            claimed.extend(runner.claim_on_servers(CONCURRENCY, until).await?);
        }
        if claimed.is_empty() {
            return Ok(count);
        }
        count += claimed.len();
        futures::future::join_all(claimed.into_iter().map(|one| runner.reconcile(one))).await;
    }
}

/// When what is not done in every round was done last.
#[derive(Default)]
struct Turns {
    added: Option<Instant>,
    released: Option<Instant>,
}

/// Whether it is time again; then it is noted as done now.
fn is_due(last: &mut Option<Instant>, interval: Duration) -> bool {
    let due = last.is_none_or(|at| at.elapsed() >= interval);
    if due {
        *last = Some(Instant::now());
    }
    due
}

#[derive(Clone)]
struct Runner {
    services: Services,
    registry: Arc<Registry>,
    /// No other worker has this name.
    worker: Arc<str>,
    /// Runs that ask a server at this moment.
    asking: Arc<AtomicUsize>,
    /// What this worker works on, and how often: an object may be claimed anew before its last run is out of the way.
    in_hand: Arc<Mutex<HashMap<(String, Uuid), usize>>>,
}

/// A run that asks a server; counted until it is dropped.
struct Asking(Arc<AtomicUsize>);

impl Asking {
    fn begin(asking: &Arc<AtomicUsize>) -> Self {
        asking.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(asking))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Runner {
    fn new(services: Services) -> Self {
        let registry = Arc::new(services.part::<Modules>().reconcilers.clone());
        let worker = format!("reconciler-{}", Uuid::now_v7().simple()).into();
        Self { services, registry, worker, asking: Arc::default(), in_hand: Arc::default() }
    }

    /// Starts what is due, up to the concurrency limit. Answers with how long to wait for the next.
    async fn round(&self, running: &mut JoinSet<()>, turns: &mut Turns) -> Result<Duration> {
        if is_due(&mut turns.released, RELEASE_INTERVAL) {
            self.release_lost().await?;
        }
        if is_due(&mut turns.added, RESYNC_INTERVAL) {
            let runner = self.clone();
            running.spawn(async move { list::add_missing(&runner.services, &runner.registry).await });
        }
        let (free, now) = (CONCURRENCY.saturating_sub(running.len()), self.services.now());
        if free == 0 {
            return Ok(MAX_POLL_INTERVAL);
        }
        let asking = self.asking.load(Ordering::SeqCst);
        let others = running.len().saturating_sub(asking);
        let for_others = free.min((CONCURRENCY - RESERVED).saturating_sub(others));
        let (seen, claimed) = self.claim(for_others, now).await?;
        let for_servers = free.saturating_sub(claimed.len()).min((CONCURRENCY - RESERVED).saturating_sub(asking));
        self.start(running, claimed);
        if seen.on_servers && for_servers > 0 {
            let claimed = self.claim_on_servers(for_servers, now).await?;
            self.start(running, claimed);
        }
        // What is due and was not claimed waits for its server; a run that ends wakes this worker, another worker's does not.
        if seen.others || seen.on_servers {
            return Ok(MIN_POLL_INTERVAL);
        }
        let pause = seen.next.map_or(MAX_POLL_INTERVAL, |next| (next - self.services.now()).to_std().unwrap_or_default());
        Ok(pause.clamp(MIN_POLL_INTERVAL, MAX_POLL_INTERVAL))
    }

    fn start(&self, running: &mut JoinSet<()>, claimed: Vec<Claimed>) {
        for claimed in claimed {
            let runner = self.clone();
            let place = claimed.on_server.then(|| Asking::begin(&self.asking));
            running.spawn(async move {
                runner.reconcile(claimed).await;
                drop(place);
            });
        }
    }

    /// Looks what is due, and claims so much of that for which no server is asked. Most looks find nothing, and are one statement.
    async fn claim(&self, most: usize, now: Time) -> Result<(Glance, Vec<Claimed>)> {
        let mut tx = self.services.db.system(ACTOR).await?;
        let seen = queries::glance(tx.conn(), &self.registry.names(), now).await?;
        if !seen.others || most == 0 {
            tx.finish().await?;
            return Ok((seen, Vec::new()));
        }
        let claimed = queries::claim(tx.conn(), &self.worker, (&self.registry.names(), &self.leases()), now, many(most)).await?;
        tx.commit_progress().await?;
        Ok((seen, self.take_in_hand(claimed)))
    }

    async fn claim_on_servers(&self, most: usize, now: Time) -> Result<Vec<Claimed>> {
        let (names, leases) = (self.registry.names(), self.leases());
        let most_per_server = (MAX_RUNS_PER_SERVER, MAX_RUNS_PER_SERVER_AND_RECONCILER);
        let mut tx = self.services.db.system(ACTOR).await?;
        queries::lock(tx.conn()).await?;
        let claimed = queries::claim_on_servers(tx.conn(), &self.worker, (&names, &leases), now, most_per_server, many(most)).await?;
        tx.commit_progress().await?;
        Ok(self.take_in_hand(claimed))
    }

    /// For how many seconds each reconciler's objects are claimed, in the order of their names.
    fn leases(&self) -> Vec<f64> {
        self.registry.iter().map(|(_, entry)| (entry.deadline + LEASE_MARGIN).as_secs_f64()).collect()
    }

    fn take_in_hand(&self, claimed: Vec<Claimed>) -> Vec<Claimed> {
        let mut in_hand = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        for one in &claimed {
            *in_hand.entry((one.name.clone(), one.key)).or_default() += 1;
        }
        claimed
    }

    async fn reconcile(&self, claimed: Claimed) {
        let object = (claimed.name.clone(), claimed.key);
        self.run_and_store(claimed).await;
        let mut in_hand = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = in_hand.get_mut(&object) {
            *count -= 1;
            if *count == 0 {
                in_hand.remove(&object);
            }
        }
    }

    async fn run_and_store(&self, claimed: Claimed) {
        let Some(entry) = self.registry.get(&claimed.name) else { return };
        let began = Instant::now();
        let run = AssertUnwindSafe((entry.reconcile)(&self.services, claimed.key)).catch_unwind();
        let outcome = match tokio::time::timeout(entry.deadline, run).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(ReconcileError("Internal error. See the server log.".to_owned())),
            Err(_) => Err(ReconcileError(format!("No result within {} s.", entry.deadline.as_secs()))),
        };
        let word = match &outcome {
            Ok(Outcome::Removed) => "gone",
            Ok(Outcome::Checked { differences, .. }) if differences.is_empty() => "ok",
            Ok(Outcome::Checked { .. }) => "differs",
            Err(_) => "failed",
        };
        metrics::counter!("mpanel_reconciler_runs_total", "reconciler" => claimed.name.clone(), "outcome" => word).increment(1);
        metrics::histogram!("mpanel_reconciler_run_seconds", "reconciler" => claimed.name.clone()).record(began.elapsed().as_secs_f64());
        if let Err(error) = self.store(entry, &claimed, outcome).await {
            tracing::warn!(reconciler = claimed.name, key = %claimed.key, %error, "failed to store the outcome of a run; it is repeated");
        }
    }

    async fn store(&self, entry: &Entry, claimed: &Claimed, outcome: std::result::Result<Outcome, ReconcileError>) -> Result<()> {
        let now = self.services.now();
        let mut tx = self.services.db.system(ACTOR).await?;
        match outcome {
            Ok(Outcome::Removed) => queries::remove(tx.conn(), &self.worker, claimed).await?,
            Ok(Outcome::Checked { subject, server, differences }) => {
                let differences: Vec<String> = differences.into_iter().take(MAX_DIFFERENCES).map(short).collect();
                let found = Found { subject: &short(subject), server, differences: &differences };
                queries::settle(tx.conn(), &self.worker, claimed, &found, now, now + jittered(entry.every)).await?;
            }
            Err(ReconcileError(error)) => {
                tracing::warn!(reconciler = claimed.name, key = %claimed.key, failures = claimed.failures + 1, error, "reconciliation failed");
                let next = now + jittered(pause(claimed.failures).min(entry.max_backoff));
                queries::fail(tx.conn(), &self.worker, claimed, &short(error), now, next).await?;
            }
        }
        Ok(tx.commit_progress().await?)
    }

    /// Releases what this worker holds by the table and not by its own count. Rounds follow each other, so no claim is on its way.
    async fn release_lost(&self) -> Result<()> {
        let (names, keys): (Vec<String>, Vec<Uuid>) = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().unzip();
        let mut tx = self.services.db.system(ACTOR).await?;
        let lost = queries::release_lost(tx.conn(), &self.worker, (&names, &keys), self.services.now()).await?;
        tx.commit_progress().await?;
        if lost > 0 {
            tracing::warn!(lost, "released reconciliations whose claim was lost");
        }
        Ok(())
    }

    async fn give_back(&self) -> Result<()> {
        let mut tx = self.services.db.system(ACTOR).await?;
        queries::give_back(tx.conn(), &self.worker, self.services.now()).await?;
        Ok(tx.commit_progress().await?)
    }
}

fn many(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The pause after one more failure than these.
fn pause(failures: i32) -> Duration {
    INITIAL_BACKOFF * 2_u32.pow(u32::try_from(failures).unwrap_or(0).min(12))
}

/// Up to a tenth more or less, so that what began together does not stay together.
fn jittered(pause: Duration) -> TimeDelta {
    let [byte] = random_bytes::<1>();
    let factor = 0.9 + f64::from(byte) / 255.0 * 0.2;
    TimeDelta::from_std(pause.mul_f64(factor)).unwrap_or(TimeDelta::MAX)
}

/// As much as is kept, as PostgreSQL takes it.
fn short(text: String) -> String {
    db::storable_text(text.chars().take(MAX_TEXT_CHARS).collect())
}
