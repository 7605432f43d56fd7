//! Writes what the jobs of one worker have come to, many of them in one transaction.
//!
//! What one job has to say is little; what it costs are the questions to PostgreSQL and the wait for the disk. While one transaction is
//! on its way the wants of other jobs gather, and they go together with the next. A transaction that fails, or that finds a row locked
//! by somebody else, is done again want by want: none suffers for another, and each learns its own reason.

use super::{
    drive::Run,
    log::Line,
    queries::{self, JobRecord, StepRecord},
};
use crate::{clock::Clock, services::Services};
use db::{AuditEvent, Db};
use model::{Time, administration::provisioning::JobStatus, ids::JobId};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Most wants in one transaction.
const AT_ONCE: usize = 64;
/// Transactions at the same time: while one waits for the disk the next is made.
const LANES: usize = 2;

/// Where wants are handed in. Cheap to clone; the scribe ends with the last clone.
#[derive(Clone)]
pub(super) struct Scribe(mpsc::UnboundedSender<Want>);

/// What is to be written about one job, while the claim holds.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) job: JobId,
    /// Whether the claim is made by this, by the attempt after the one that is written.
    pub(super) takes: bool,
    pub(super) attempt: i32,
    pub(super) status: JobStatus,
    pub(super) error: Option<String>,
    pub(super) deadline_at: Time,
    pub(super) run_after: Time,
    pub(super) started_at: Option<Time>,
    /// Whether the worker goes on with the job; else another may.
    pub(super) keeps: bool,
    pub(super) finished_at: Option<Time>,
    /// Those that have changed.
    pub(super) steps: Vec<StepRecord>,
    /// When the lines are written.
    pub(super) at: Time,
    pub(super) lines: Vec<Line>,
    pub(super) events: Vec<AuditEvent>,
}

impl Entry {
    /// Whether its claim is among those that held.
    fn is_in(&self, held: &HashSet<(JobId, i32)>) -> bool {
        held.contains(&(self.job, self.attempt))
    }
}

/// What becomes of a job that is taken: the work on it, and what that writes at once.
type Open = Box<dyn Fn(JobRecord, Vec<StepRecord>) -> (Run, Entry) + Send + Sync>;

enum Want {
    Take { job: JobId, open: Open, answer: oneshot::Sender<Result<Option<Run>, sqlx::Error>> },
    Write { entry: Entry, answer: oneshot::Sender<Result<bool, sqlx::Error>> },
}

/// What wants have come to.
struct Done {
    runs: HashMap<JobId, Run>,
    held: HashSet<(JobId, i32)>,
}

/// What the scribe works with.
#[derive(Clone)]
struct Desk {
    db: Db,
    clock: Arc<dyn Clock>,
    worker: Arc<str>,
    stale: Duration,
}

impl Scribe {
    /// For the claims of this worker; those of others that were silent for `stale` may be taken over.
    pub(super) fn start(services: &Services, worker: Arc<str>, stale: Duration) -> Self {
        let (hand_in, wants) = mpsc::unbounded_channel();
        tokio::spawn(serve(Desk { db: services.db.clone(), clock: Arc::clone(&services.clock), worker, stale }, wants));
        Self(hand_in)
    }

    /// Takes a job that is due and that nobody holds, and writes how it begins. Nothing when it is not to be had.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub(super) async fn take(&self, job: JobId, open: Open) -> Result<Option<Run>, sqlx::Error> {
        let (answer, done) = oneshot::channel();
        self.ask(Want::Take { job, open, answer }, done).await
    }

    /// Writes about a job. False, and nothing is written, when the claim is lost.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub(super) async fn write(&self, entry: Entry) -> Result<bool, sqlx::Error> {
        let (answer, done) = oneshot::channel();
        self.ask(Want::Write { entry, answer }, done).await
    }

    async fn ask<T>(&self, want: Want, done: oneshot::Receiver<Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        self.0.send(want).map_err(|_| sqlx::Error::WorkerCrashed)?;
        done.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

async fn serve(desk: Desk, mut waiting: mpsc::UnboundedReceiver<Want>) {
    let lanes = Arc::new(Semaphore::new(LANES));
    let mut wants = Vec::new();
    while let Ok(lane) = Arc::clone(&lanes).acquire_owned().await
        && waiting.recv_many(&mut wants, AT_ONCE).await > 0
    {
        let (desk, wants) = (desk.clone(), std::mem::take(&mut wants));
        tokio::spawn(async move {
            desk.together(wants).await;
            drop(lane);
        });
    }
}

impl Desk {
    async fn together(self, wants: Vec<Want>) {
        match self.put(&wants, Haste::Yes).await {
            Ok(mut done) => wants.into_iter().for_each(|want| want.answer(&mut done)),
            Err(error) => {
                tracing::debug!(%error, wants = wants.len(), "not together; one by one");
                for want in wants {
                    let desk = self.clone();
                    // Nobody waits for these but their jobs: one may stand before a locked row for a while.
                    tokio::spawn(async move {
                        match desk.put(std::slice::from_ref(&want), Haste::No).await {
                            Ok(mut done) => want.answer(&mut done),
                            Err(error) => want.refuse(error),
                        }
                    });
                }
            }
        }
    }

    /// All of it in one transaction, or nothing.
    async fn put(&self, wants: &[Want], haste: Haste) -> Result<Done, sqlx::Error> {
        let mut tx = match haste {
            Haste::Yes => self.db.system_in_haste("worker").await?,
            Haste::No => self.db.system_quietly("worker").await?,
        };
        let mut taken: HashMap<JobId, (Run, Entry)> = HashMap::new();
        let opens: HashMap<JobId, &Open> = wants.iter().filter_map(Want::as_take).collect();
        if !opens.is_empty() {
            let ids: Vec<JobId> = opens.keys().copied().collect();
            for (job, steps) in queries::free(tx.conn(), &ids, self.clock.now(), self.stale.as_secs_f64()).await? {
                let id = job.id;
                taken.insert(id, opens[&id](job, steps));
            }
        }
        let entries: Vec<&Entry> = wants.iter().filter_map(Want::as_entry).chain(taken.values().map(|(_, entry)| entry)).collect();
        let held = if entries.is_empty() { HashSet::new() } else { queries::store(tx.conn(), &self.worker, &entries).await? };
        for entry in entries.into_iter().filter(|entry| entry.is_in(&held)) {
            entry.events.iter().for_each(|event| tx.record(event.clone()));
        }
        tx.commit_progress().await?;
        held.iter().for_each(|(job, _)| self.db.tell(*job));
        let runs = taken.into_iter().filter(|(_, (_, entry))| entry.is_in(&held)).map(|(job, (run, _))| (job, run)).collect();
        Ok(Done { runs, held })
    }
}

/// Whether a row that somebody else has locked is waited for a moment only.
#[derive(Clone, Copy)]
enum Haste {
    Yes,
    No,
}

impl Want {
    fn as_take(&self) -> Option<(JobId, &Open)> {
        match self {
            Self::Take { job, open, .. } => Some((*job, open)),
            Self::Write { .. } => None,
        }
    }

    fn as_entry(&self) -> Option<&Entry> {
        match self {
            Self::Take { .. } => None,
            Self::Write { entry, .. } => Some(entry),
        }
    }

    /// Who asked may be gone by now; then nobody needs the answer. Of two that take the same job one gets it.
    fn answer(self, done: &mut Done) {
        match self {
            Self::Take { job, answer, .. } => drop(answer.send(Ok(done.runs.remove(&job)))),
            Self::Write { entry, answer } => drop(answer.send(Ok(entry.is_in(&done.held)))),
        }
    }

    fn refuse(self, error: sqlx::Error) {
        match self {
            Self::Take { answer, .. } => drop(answer.send(Err(error))),
            Self::Write { answer, .. } => drop(answer.send(Err(error))),
        }
    }
}
