//! Takes jobs.

use super::{
    queries::{self, JobRecord, StepRecord},
    together::{Desk, Haste, Together},
};
use crate::{clock::Clock, services::Services};
use db::Db;
use model::ids::JobId;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// A job that was taken, with its steps in order.
pub(super) type Taken = (JobRecord, Vec<StepRecord>);

/// Takes the jobs that are due and that nobody holds. Nothing for one that is not to be had.
pub(super) type Taker = Together<Taking>;

/// What the taker works with.
#[derive(Clone)]
pub(super) struct Taking {
    db: Db,
    clock: Arc<dyn Clock>,
    worker: Arc<str>,
    stale: Duration,
}

impl Taking {
    /// For the claims of this worker; those of others that were silent for `stale` may be taken over.
    pub(super) fn new(services: &Services, worker: Arc<str>, stale: Duration) -> Self {
        Self { db: services.db.clone(), clock: Arc::clone(&services.clock), worker, stale }
    }
}

impl Desk for Taking {
    type Want = JobId;
    type Answer = Option<Taken>;

    async fn put(&self, wants: &[JobId], haste: Haste) -> Result<Vec<Option<Taken>>, sqlx::Error> {
        let (now, stale) = (self.clock.now(), self.stale.as_secs_f64());
        let taken = match haste {
            Haste::Yes => queries::claim(self.db.worker_conn().await?.conn(), &self.worker, wants, now, stale).await?,
            Haste::No => {
                let mut tx = self.db.system_no_notify("worker").await?;
                let taken = queries::claim(tx.conn(), &self.worker, wants, now, stale).await?;
                tx.commit_progress().await?;
                taken
            }
        };
        taken.iter().for_each(|(job, _)| self.db.notify_job(job.id));
        let mut taken: HashMap<JobId, Taken> = taken.into_iter().map(|taken| (taken.0.id, taken)).collect();
        // Of two that take the same job one gets it.
        Ok(wants.iter().map(|job| taken.remove(job)).collect())
    }
}
