//! What a step may use.

use super::{
    claim::{Claim, ClaimError},
    fenced_tx::{FencedTx, ReadTx},
    job_log::JobLog,
    step::{Step, StepError},
};
use crate::services::Services;
use adapters::node::NodeLogLine;
use model::{Time, administration::provisioning::EventLevel, ids::JobId};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::mpsc;

/// What a step may use while it runs or is undone.
pub struct StepContext {
    pub(super) claim: Claim,
    pub(super) log: JobLog,
    pub(super) step: &'static str,
    pub(super) since: Time,
    pub(super) outputs: Arc<HashMap<&'static str, Value>>,
}

impl StepContext {
    /// The parts that mPanel works with.
    pub fn services(&self) -> &Services {
        &self.claim.services
    }

    /// The job.
    pub fn job(&self) -> JobId {
        self.claim.job
    }

    /// Names this step of this job, for those who must know a repeat: `<job>/<step>`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.claim.job, self.step)
    }

    /// When this step was begun first: what it waits for is bounded by that, however often it is begun again.
    pub const fn since(&self) -> Time {
        self.since
    }

    /// What an earlier step has brought out.
    ///
    /// # Errors
    /// When that step is not done: the saga's order is wrong, or it comes from another version.
    pub fn output<T: Step>(&self) -> Result<T::Output, StepError> {
        self.try_output::<T>().ok_or_else(|| StepError::fail(format!("Missing output of step \"{}\".", T::TITLE)))
    }

    /// The same where the step may not be done yet: in an undo.
    pub fn try_output<T: Step>(&self) -> Option<T::Output> {
        self.outputs.get(T::NAME).and_then(|value| serde_json::from_value(value.clone()).ok())
    }

    /// Adds one line to the job's log. Never a secret.
    pub fn log(&self, level: EventLevel, text: impl AsRef<str>) {
        self.log.add(level, text.as_ref());
    }

    /// A sender for the lines of a server: each becomes a line of the job's log.
    pub fn lines(&self) -> mpsc::UnboundedSender<NodeLogLine> {
        self.log.lines()
    }

    /// Opens a transaction that can be committed only while this worker still holds the job. Not to be kept open across
    /// a remote call.
    ///
    /// # Errors
    /// When PostgreSQL does not answer, or another worker has taken over.
    pub async fn begin(&self) -> Result<FencedTx, StepError> {
        let held = self.claim.lease.hold();
        match self.claim.begin().await {
            Ok(tx) => Ok(FencedTx { tx, held }),
            Err(ClaimError::Lost) => Err(StepError::retry("Another worker took over this job.")),
            Err(ClaimError::Database(error)) => Err(error.into()),
        }
    }

    /// Opens a read-only transaction. It does not check the claim: nothing is changed, and what comes after it is driven on only
    /// while the claim is fresh.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn begin_read(&self) -> Result<ReadTx, StepError> {
        let held = self.claim.lease.hold();
        Ok(ReadTx { tx: self.services().db.system_read(&*self.claim.part).await?, held })
    }
}
