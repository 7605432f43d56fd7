//! Writes the progress of the jobs of one worker, in batches.

use super::{
    batcher::{BatchHandler, Batcher, LockWait},
    job_log::Line,
    queries::{self, StepRecord},
};
use crate::services::Services;
use db::{AuditEvent, Db};
use model::{Time, administration::provisioning::JobStatus, ids::JobId};
use std::{collections::HashSet, sync::Arc};

/// Writes the progress of jobs; replies false, with nothing written, where the claim is lost.
pub(super) type ProgressWriter = Batcher<WriteProgress>;

/// The progress of one job, written only while the claim holds.
#[derive(Clone)]
pub(super) struct ProgressUpdate {
    pub(super) job: JobId,
    pub(super) attempt: i32,
    pub(super) status: JobStatus,
    pub(super) error: Option<String>,
    pub(super) deadline_at: Time,
    pub(super) run_after: Time,
    /// Whether the worker keeps the job; otherwise another may claim it.
    pub(super) keep_claim: bool,
    pub(super) finished_at: Option<Time>,
    /// The steps that have changed.
    pub(super) steps: Vec<StepRecord>,
    /// Time of the log lines.
    pub(super) at: Time,
    pub(super) lines: Vec<Line>,
    pub(super) events: Vec<AuditEvent>,
}

/// Handles the batches of [`ProgressWriter`].
#[derive(Clone)]
pub(super) struct WriteProgress {
    db: Db,
    worker: Arc<str>,
}

impl WriteProgress {
    /// For the claims of this worker.
    pub(super) fn new(services: &Services, worker: Arc<str>) -> Self {
        Self { db: services.db.clone(), worker }
    }
}

impl BatchHandler for WriteProgress {
    type Item = ProgressUpdate;
    type Reply = bool;

    async fn handle(&self, items: &[ProgressUpdate], lock_wait: LockWait) -> Result<Vec<bool>, sqlx::Error> {
        let has_events = items.iter().any(|update| !update.events.is_empty());
        let held: HashSet<(JobId, i32)> = if lock_wait == LockWait::Short && !has_events {
            queries::store_progress(self.db.worker_conn().await?.conn(), &self.worker, items).await?
        } else {
            let mut tx = match lock_wait {
                LockWait::Short => self.db.worker_tx("worker").await?,
                LockWait::Normal => self.db.system_no_notify("worker").await?,
            };
            let held = queries::store_progress(tx.conn(), &self.worker, items).await?;
            for update in items.iter().filter(|update| held.contains(&(update.job, update.attempt))) {
                update.events.iter().for_each(|event| tx.record(event.clone()));
            }
            tx.commit_progress().await?;
            held
        };
        held.iter().for_each(|(job, _)| self.db.notify_job(*job));
        Ok(items.iter().map(|update| held.contains(&(update.job, update.attempt))).collect())
    }
}
