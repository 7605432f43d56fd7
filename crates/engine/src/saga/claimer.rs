//! Claims jobs, in batches.

use super::{
    batcher::{BatchHandler, Batcher, LockWait},
    queries::{self, JobRecord, StepRecord},
};
use crate::{clock::Clock, services::Services};
use db::Db;
use model::ids::JobId;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// A claimed job, with its steps in order.
pub(super) type ClaimedJob = (JobRecord, Vec<StepRecord>);

/// Claims jobs that are due and that no worker holds; replies with nothing for one that cannot be claimed.
pub(super) type Claimer = Batcher<ClaimJobs>;

/// Handles the batches of [`Claimer`].
#[derive(Clone)]
pub(super) struct ClaimJobs {
    db: Db,
    clock: Arc<dyn Clock>,
    worker: Arc<str>,
    claim_timeout: Duration,
}

impl ClaimJobs {
    /// For the claims of this worker; those of workers that were silent for `claim_timeout` may be taken over.
    pub(super) fn new(services: &Services, worker: Arc<str>, claim_timeout: Duration) -> Self {
        Self { db: services.db.clone(), clock: Arc::clone(&services.clock), worker, claim_timeout }
    }
}

impl BatchHandler for ClaimJobs {
    type Item = JobId;
    type Reply = Option<ClaimedJob>;

    async fn handle(&self, items: &[JobId], lock_wait: LockWait) -> Result<Vec<Option<ClaimedJob>>, sqlx::Error> {
        let (now, claim_timeout) = (self.clock.now(), self.claim_timeout.as_secs_f64());
        let claimed = match lock_wait {
            LockWait::Short => queries::claim(self.db.worker_conn().await?.conn(), &self.worker, items, now, claim_timeout).await?,
            LockWait::Normal => {
                let mut tx = self.db.system_no_notify("worker").await?;
                let claimed = queries::claim(tx.conn(), &self.worker, items, now, claim_timeout).await?;
                tx.commit_progress().await?;
                claimed
            }
        };
        claimed.iter().for_each(|(job, _)| self.db.notify_job(job.id));
        let mut claimed: HashMap<JobId, ClaimedJob> = claimed.into_iter().map(|claimed| (claimed.0.id, claimed)).collect();
        // Of two requests for the same job one gets it.
        Ok(items.iter().map(|job| claimed.remove(job)).collect())
    }
}
