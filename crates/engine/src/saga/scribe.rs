//! Writes what the jobs of one worker have come to.

use super::{
    log::Line,
    queries::{self, StepRecord},
    together::{Desk, Haste, Together},
};
use crate::services::Services;
use db::{AuditEvent, Db};
use model::{Time, administration::provisioning::JobStatus, ids::JobId};
use std::{collections::HashSet, sync::Arc};

/// Writes about jobs. False, and nothing is written, where the claim is lost.
pub(super) type Scribe = Together<Writing>;

/// What is to be written about one job, while the claim holds.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) job: JobId,
    pub(super) attempt: i32,
    pub(super) status: JobStatus,
    pub(super) error: Option<String>,
    pub(super) deadline_at: Time,
    pub(super) run_after: Time,
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

/// What the scribe works with.
#[derive(Clone)]
pub(super) struct Writing {
    db: Db,
    worker: Arc<str>,
}

impl Writing {
    /// For the claims of this worker.
    pub(super) fn new(services: &Services, worker: Arc<str>) -> Self {
        Self { db: services.db.clone(), worker }
    }
}

impl Desk for Writing {
    type Want = Entry;
    type Answer = bool;

    async fn put(&self, wants: &[Entry], haste: Haste) -> Result<Vec<bool>, sqlx::Error> {
        let has_events = wants.iter().any(|entry| !entry.events.is_empty());
        let held: HashSet<(JobId, i32)> = if haste == Haste::Yes && !has_events {
            queries::store(self.db.worker_conn().await?.conn(), &self.worker, wants).await?
        } else {
            let mut tx = match haste {
                Haste::Yes => self.db.worker_tx("worker").await?,
                Haste::No => self.db.system_no_notify("worker").await?,
            };
            let held = queries::store(tx.conn(), &self.worker, wants).await?;
            for entry in wants.iter().filter(|entry| held.contains(&(entry.job, entry.attempt))) {
                entry.events.iter().for_each(|event| tx.record(event.clone()));
            }
            tx.commit_progress().await?;
            held
        };
        held.iter().for_each(|(job, _)| self.db.notify_job(*job));
        Ok(wants.iter().map(|entry| held.contains(&(entry.job, entry.attempt))).collect())
    }
}
