//! A worker's claim on a job.

use super::{
    job_log::JobLog,
    lease::Lease,
    progress_writer::{ProgressUpdate, ProgressWriter},
    queries::{self, HeartbeatResult},
    timings::Timings,
};
use crate::services::Services;
use db::SystemTx;
use model::{Time, ids::JobId};
use std::{sync::Arc, time::Instant};

/// Why progress could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClaimError {
    /// Another worker has taken the job over.
    #[error("another worker took over the job")]
    Lost,
    /// PostgreSQL did not answer for a long time.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A worker's claim on a job: it holds while the job's row names this worker and this attempt. Cheap to clone.
#[derive(Clone)]
pub(super) struct Claim {
    pub(super) services: Services,
    pub(super) progress_writer: ProgressWriter,
    pub(super) job: JobId,
    pub(super) worker: Arc<str>,
    pub(super) attempt: i32,
    pub(super) lease: Lease,
    pub(super) part: Arc<str>,
}

/// What becomes of the claim when the job's row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClaimAction {
    /// The worker keeps it.
    Keep,
    /// Another worker may claim the job.
    Release,
    /// The job has ended.
    Finish(Time),
}

impl Claim {
    /// Opens a transaction that exists only while the claim holds. The job's row stays locked until it ends, so nobody
    /// can take the job over in between.
    pub(super) async fn begin(&self) -> Result<SystemTx, ClaimError> {
        let mut tx = self.services.db.system(&*self.part).await?;
        match queries::lock_claimed(tx.conn(), self.job, &self.worker, self.attempt).await? {
            Some(_) => Ok(tx),
            None => Err(ClaimError::Lost),
        }
    }

    /// Renews the claim and writes the lines that wait, unless somebody has the job's row locked at this moment.
    pub(super) async fn heartbeat(&self, log: &JobLog) -> Result<HeartbeatResult, sqlx::Error> {
        let (asked, lines) = (Instant::now(), log.take());
        let written = async {
            let mut conn = self.services.db.worker_conn().await?;
            queries::heartbeat(conn.conn(), self.job, &self.worker, self.attempt, self.services.now(), &lines).await
        };
        let written = written.await;
        if let Ok(HeartbeatResult::Renewed { .. }) = written {
            self.lease.renew(asked);
            if !lines.is_empty() {
                self.services.db.notify_job(self.job);
            }
        } else {
            log.requeue(lines);
        }
        written
    }

    /// Writes progress together with all lines that came before it. Tries again while PostgreSQL does not answer.
    pub(super) async fn save_progress(&self, log: &JobLog, timings: &Timings, mut update: ProgressUpdate) -> Result<(), ClaimError> {
        let began = Instant::now();
        loop {
            let asked = Instant::now();
            update.lines = log.take();
            match self.progress_writer.submit(update.clone()).await {
                Ok(true) => {
                    self.lease.renew(asked);
                    return Ok(());
                }
                Ok(false) => return Err(ClaimError::Lost),
                Err(error) if began.elapsed() >= timings.db_retry_timeout => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(job = %self.job, %error, "failed to write progress; retrying");
                    log.requeue(std::mem::take(&mut update.lines));
                    tokio::time::sleep(timings.initial_backoff.min(timings.max_in_worker_wait)).await;
                }
            }
        }
    }
}
