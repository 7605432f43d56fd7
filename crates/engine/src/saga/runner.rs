//! Claims one job and runs it until it ends or must wait.

use super::{
    claim::{Claim, ClaimAction, ClaimError},
    claimer::{ClaimJobs, ClaimedJob, Claimer},
    context::StepContext,
    job_log::JobLog,
    lease::Lease,
    progress_writer::{ProgressUpdate, ProgressWriter, WriteProgress},
    queries::{JobRecord, StepRecord},
    registry::{ErasedSaga, Registry},
    step::StepInfo,
    timings::Timings,
};
use crate::services::Services;
use db::AuditEvent;
use model::{
    Time,
    actor::Actor,
    administration::provisioning::{EventLevel, JobStatus},
    audit_action::AuditAction,
    ids::JobId,
};
use std::{sync::Arc, time::Instant};
use tokio_util::sync::CancellationToken;

/// What a worker needs to run jobs.
#[derive(Clone)]
pub struct WorkerContext {
    pub(super) services: Services,
    pub(super) registry: Registry,
    pub(super) timings: Timings,
    /// Unique name of this worker.
    pub(super) worker: Arc<str>,
    pub(super) claimer: Claimer,
    pub(super) progress_writer: ProgressWriter,
}

impl WorkerContext {
    /// Starts the claimer and the progress writer of a worker of this name.
    pub(super) fn start(services: Services, registry: Registry, timings: Timings, worker: Arc<str>) -> Self {
        let claimer = Claimer::start(ClaimJobs::new(&services, Arc::clone(&worker), timings.claim_timeout));
        let progress_writer = ProgressWriter::start(WriteProgress::new(&services, Arc::clone(&worker)));
        Self { services, registry, timings, worker, claimer, progress_writer }
    }
}

/// How far a job got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is not due, another worker holds it, or it has ended before.
    NotClaimable,
    /// It has ended.
    Ended(JobStatus),
    /// It continues at this time; nobody holds it until then.
    Deferred(Time),
    /// This worker is shutting down; another can continue at once.
    ShutDown,
    /// Another worker has taken it over.
    ClaimLost,
}

/// Claims the job and runs it. Returns [`Outcome::NotClaimable`] if another worker holds it or it is not due.
///
/// # Errors
/// When PostgreSQL does not answer for longer than `Timings::db_retry_timeout`. The job is claimed again later.
pub async fn run_job(context: &WorkerContext, job: JobId, stop: &CancellationToken) -> Result<Outcome, sqlx::Error> {
    let outcome = match JobRun::claim_job(context, job, stop).await {
        Ok(None) => return Ok(Outcome::NotClaimable),
        Ok(Some(mut run)) => match run.incompatibility() {
            Some(reason) => run.mark_stuck(reason).await,
            None => run.execute().await,
        },
        Err(error) => Err(error),
    };
    match outcome {
        Ok(outcome) => Ok(outcome),
        Err(ClaimError::Lost) => Ok(Outcome::ClaimLost),
        Err(ClaimError::Database(error)) => Err(error),
    }
}

/// One worker's run of one job.
pub(super) struct JobRun {
    pub(super) context: WorkerContext,
    pub(super) stop: CancellationToken,
    pub(super) claim: Claim,
    pub(super) log: JobLog,
    pub(super) job: JobRecord,
    pub(super) steps: Vec<StepRecord>,
    pub(super) infos: Vec<StepInfo>,
    saga: Result<Arc<dyn ErasedSaga>, String>,
    changed: Vec<usize>,
}

impl JobRun {
    /// Claims the job.
    async fn claim_job(context: &WorkerContext, id: JobId, stop: &CancellationToken) -> Result<Option<Self>, ClaimError> {
        let asked = Instant::now();
        let claimed = context.claimer.submit(id).await?;
        Ok(claimed.map(|claimed| Self::from_claimed(context.clone(), stop.clone(), asked, claimed)))
    }

    /// The run of a job that was claimed just now.
    fn from_claimed(context: WorkerContext, stop: CancellationToken, asked: Instant, (mut job, steps): ClaimedJob) -> Self {
        let saga = context.registry.open((&job.kind, job.version), job.payload.clone());
        // Time in the queue and time waited on purpose do not count.
        let slept = steps.iter().any(StepRecord::is_sleeping);
        if let (Ok(saga), true) = (&saga, job.is_first || slept) {
            job.deadline_at = job.deadline_at.max(context.services.now() + saga.deadline());
        }
        if job.status == JobStatus::Queued {
            job.status = JobStatus::Running;
        }
        let claim = Claim {
            services: context.services.clone(),
            progress_writer: context.progress_writer.clone(),
            job: job.id,
            worker: Arc::clone(&context.worker),
            attempt: job.attempt,
            lease: Lease::new(asked, context.timings.lease_duration),
            part: format!("job {}", job.title).into(),
        };
        let infos = saga.as_ref().map(|saga| saga.steps()).unwrap_or_default();
        Self { context, stop, claim, log: JobLog::default(), job, steps, infos, saga, changed: Vec::new() }
    }

    /// Why this program cannot do the job.
    fn incompatibility(&self) -> Option<String> {
        match &self.saga {
            Err(reason) => Some(reason.clone()),
            Ok(_) if !self.steps.iter().map(|step| step.name.as_str()).eq(self.infos.iter().map(|info| info.name)) => {
                Some("This job was created by a different mPanel version.".to_owned())
            }
            Ok(_) => None,
        }
    }

    async fn execute(&mut self) -> Result<Outcome, ClaimError> {
        let saga = Arc::clone(self.saga.as_ref().map_err(|_| ClaimError::Lost)?);
        if self.job.status != JobStatus::Unwinding
            && let Some(outcome) = self.forward(&*saga).await?
        {
            return Ok(outcome);
        }
        self.unwind(&*saga).await
    }

    pub(super) fn now(&self) -> Time {
        self.context.services.now()
    }

    pub(super) fn timings(&self) -> &Timings {
        &self.context.timings
    }

    pub(super) fn cx(&self, step: usize) -> StepContext {
        let outputs = self.infos.iter().zip(&self.steps).filter_map(|(info, step)| Some((info.name, step.output.clone()?)));
        let since = self.steps[step].started_at.unwrap_or_else(|| self.now());
        StepContext { claim: self.claim.clone(), log: self.log.clone(), step: self.infos[step].name, since, outputs: Arc::new(outputs.collect()) }
    }

    /// The step's row has changed and goes with the next write, which comes before anything else is begun.
    pub(super) fn changed(&mut self, step: usize) -> &mut StepRecord {
        if !self.changed.contains(&step) {
            self.changed.push(step);
        }
        &mut self.steps[step]
    }

    pub(super) async fn save_progress(&mut self, action: ClaimAction, events: Vec<AuditEvent>) -> Result<(), ClaimError> {
        self.claim.save_progress(&self.log, self.timings(), self.progress_update(action, events)).await?;
        self.changed.clear();
        Ok(())
    }

    fn progress_update(&self, action: ClaimAction, events: Vec<AuditEvent>) -> ProgressUpdate {
        ProgressUpdate {
            job: self.job.id,
            attempt: self.job.attempt,
            status: self.job.status,
            error: self.job.error.clone().map(db::storable_text),
            deadline_at: self.job.deadline_at,
            run_after: self.job.run_after,
            keep_claim: action == ClaimAction::Keep,
            finished_at: if let ClaimAction::Finish(at) = action { Some(at) } else { None },
            steps: self.changed.iter().map(|&step| self.steps[step].clone().storable()).collect(),
            at: self.now(),
            lines: Vec::new(),
            events,
        }
    }

    /// Releases the job, to be claimed again at `at` or at once.
    pub(super) async fn release(&mut self, at: Option<Time>) -> Result<Outcome, ClaimError> {
        if self.job.status == JobStatus::Running {
            self.job.status = JobStatus::Queued;
        }
        self.job.run_after = at.unwrap_or_else(|| self.now());
        self.save_progress(ClaimAction::Release, Vec::new()).await?;
        Ok(at.map_or(Outcome::ShutDown, Outcome::Deferred))
    }

    /// The job needs a person.
    pub(super) async fn mark_stuck(&mut self, reason: String) -> Result<Outcome, ClaimError> {
        self.job.error = Some(reason);
        self.finish(JobStatus::Stuck).await
    }

    pub(super) async fn finish(&mut self, status: JobStatus) -> Result<Outcome, ClaimError> {
        let (level, action, line) = match status {
            JobStatus::Done => (EventLevel::Info, AuditAction::JobDone, "Completed."),
            JobStatus::Undone => (EventLevel::Warn, AuditAction::JobUndone, "Rollback complete."),
            _ => (EventLevel::Error, AuditAction::JobStuck, "Manual action required. See the error above, then retry the job."),
        };
        if status == JobStatus::Done {
            self.job.error = None;
        }
        self.job.status = status;
        if let (JobStatus::Stuck, Some(error)) = (status, self.job.error.as_deref()) {
            self.log.add(EventLevel::Error, error);
        }
        self.log.add(level, line);
        let mut after = serde_json::json!({ "kind": self.job.kind, "error": self.job.error });
        if let (Some(kind), Some(id)) = (&self.job.subject_kind, self.job.subject_id) {
            after[kind] = serde_json::json!(id);
        }
        let mut event = AuditEvent::new(action, "job", self.job.id, &*self.job.title).by(Actor::system(&*self.claim.part)).after(after);
        if let Some(tenant) = self.job.tenant_id {
            event = event.in_tenant(tenant);
        }
        self.save_progress(ClaimAction::Finish(self.now()), vec![event]).await?;
        Ok(Outcome::Ended(status))
    }
}
