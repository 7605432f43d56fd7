//! A worker's hold on a job.

use super::{
    lease::Lease,
    log::Log,
    queries::{self, Beat},
    scribe::{Entry, Scribe},
    tempo::Tempo,
};
use crate::services::Services;
use db::SystemTx;
use model::{Time, ids::JobId};
use std::{sync::Arc, time::Instant};

/// Why progress could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// Another worker has taken the job over.
    #[error("another worker took over the job")]
    Lost,
    /// PostgreSQL did not answer for a long time.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A worker's hold on a job: whoever has the job's row with this worker and this attempt in it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Claim {
    pub(super) services: Services,
    pub(super) scribe: Scribe,
    pub(super) job: JobId,
    pub(super) worker: Arc<str>,
    pub(super) attempt: i32,
    pub(super) lease: Lease,
    pub(super) part: Arc<str>,
}

/// What becomes of the claim when the job's row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// The worker goes on.
    Keep,
    /// Another may go on.
    GiveBack,
    /// The job has ended.
    Ended(Time),
}

impl Claim {
    /// Opens a transaction that exists only while the claim holds. The job's row stays locked until it ends, so nobody
    /// can take the job over in between.
    pub(super) async fn begin(&self) -> Result<SystemTx, Broken> {
        let mut tx = self.services.db.system(&*self.part).await?;
        match queries::hold(tx.conn(), self.job, &self.worker, self.attempt).await? {
            Some(_) => Ok(tx),
            None => Err(Broken::Lost),
        }
    }

    /// Renews the claim and writes the lines that wait, unless somebody has the job's row locked at this moment.
    pub(super) async fn beat(&self, log: &Log) -> Result<Beat, sqlx::Error> {
        let (asked, lines) = (Instant::now(), log.take());
        let written = async {
            let mut conn = self.services.db.worker_conn().await?;
            queries::beat(conn.conn(), self.job, &self.worker, self.attempt, self.services.now(), &lines).await
        };
        let written = written.await;
        if let Ok(Beat::Renewed { .. }) = written {
            self.lease.confirm(asked);
            if !lines.is_empty() {
                self.services.db.notify_job(self.job);
            }
        } else {
            log.put_back(lines);
        }
        written
    }

    /// Writes progress together with all lines that came before it. Tries again while PostgreSQL does not answer.
    pub(super) async fn save(&self, log: &Log, tempo: &Tempo, mut entry: Entry) -> Result<(), Broken> {
        let began = Instant::now();
        loop {
            let asked = Instant::now();
            entry.lines = log.take();
            match self.scribe.ask(entry.clone()).await {
                Ok(true) => {
                    self.lease.confirm(asked);
                    return Ok(());
                }
                Ok(false) => return Err(Broken::Lost),
                Err(error) if began.elapsed() >= tempo.patience => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(job = %self.job, %error, "failed to write progress; retrying");
                    log.put_back(std::mem::take(&mut entry.lines));
                    tokio::time::sleep(tempo.backoff.min(tempo.hold)).await;
                }
            }
        }
    }
}
