//! Takes one job and brings it to its end, or as far as it goes now.

use super::{
    claim::{Broken, Claim, Hold},
    cx::StepCx,
    lease::Lease,
    log::Log,
    queries::{JobRecord, StepRecord},
    registry::{Registry, Work},
    scribe::{Entry, Scribe, Writing},
    step::StepInfo,
    taker::{Taken, Taker, Taking},
    tempo::Tempo,
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

/// What a worker works with.
#[derive(Clone)]
pub struct Runtime {
    pub(super) services: Services,
    pub(super) registry: Registry,
    pub(super) tempo: Tempo,
    /// Name of this worker; no other may have it.
    pub(super) worker: Arc<str>,
    pub(super) taker: Taker,
    pub(super) scribe: Scribe,
}

impl Runtime {
    /// Starts what a worker of this name works with.
    pub(super) fn start(services: Services, registry: Registry, tempo: Tempo, worker: Arc<str>) -> Self {
        let taker = Taker::start(Taking::new(&services, Arc::clone(&worker), tempo.stale));
        let scribe = Scribe::start(Writing::new(&services, Arc::clone(&worker)));
        Self { services, registry, tempo, worker, taker, scribe }
    }
}

/// How far a job was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is not due, somebody is on it, or it has ended before.
    NotNow,
    /// It has ended.
    Ended(JobStatus),
    /// It goes on at this time; nobody holds it until then.
    Later(Time),
    /// This worker ends; another may go on at once.
    Stopped,
    /// Another worker has taken it over.
    Lost,
}

/// Takes the job, if it is to be had, and works on it.
///
/// # Errors
/// When PostgreSQL does not answer for longer than the worker's patience. The job is taken up again later.
pub async fn drive(runtime: &Runtime, job: JobId, stop: &CancellationToken) -> Result<Outcome, sqlx::Error> {
    let outcome = match Run::take(runtime, job, stop).await {
        Ok(None) => return Ok(Outcome::NotNow),
        Ok(Some(mut run)) => match run.refusal() {
            Some(reason) => run.stuck(reason).await,
            None => run.go().await,
        },
        Err(broken) => Err(broken),
    };
    match outcome {
        Ok(outcome) => Ok(outcome),
        Err(Broken::Lost) => Ok(Outcome::Lost),
        Err(Broken::Database(error)) => Err(error),
    }
}

/// One worker's work on one job.
pub(super) struct Run {
    pub(super) runtime: Runtime,
    pub(super) stop: CancellationToken,
    pub(super) claim: Claim,
    pub(super) log: Log,
    pub(super) job: JobRecord,
    pub(super) steps: Vec<StepRecord>,
    pub(super) infos: Vec<StepInfo>,
    work: Result<Arc<dyn Work>, String>,
    changed: Vec<usize>,
}

impl Run {
    /// Takes the job.
    async fn take(runtime: &Runtime, id: JobId, stop: &CancellationToken) -> Result<Option<Self>, Broken> {
        let asked = Instant::now();
        let taken = runtime.taker.ask(id).await?;
        Ok(taken.map(|taken| Self::open(runtime.clone(), stop.clone(), asked, taken)))
    }

    /// The work on a job that was taken just now.
    fn open(runtime: Runtime, stop: CancellationToken, asked: Instant, (mut job, steps): Taken) -> Self {
        let work = runtime.registry.open((&job.kind, job.version), job.payload.clone());
        // Time in the queue and time waited on purpose do not count.
        let slept = steps.iter().any(StepRecord::is_waited_out);
        if let (Ok(work), true) = (&work, job.is_first || slept) {
            job.deadline_at = job.deadline_at.max(runtime.services.now() + work.deadline());
        }
        if job.status == JobStatus::Queued {
            job.status = JobStatus::Running;
        }
        let claim = Claim {
            services: runtime.services.clone(),
            scribe: runtime.scribe.clone(),
            job: job.id,
            worker: Arc::clone(&runtime.worker),
            attempt: job.attempt,
            lease: Lease::new(asked, runtime.tempo.lease),
            part: format!("job {}", job.title).into(),
        };
        let infos = work.as_ref().map(|work| work.steps()).unwrap_or_default();
        Self { runtime, stop, claim, log: Log::default(), job, steps, infos, work, changed: Vec::new() }
    }

    /// Why this program cannot do the job.
    fn refusal(&self) -> Option<String> {
        match &self.work {
            Err(reason) => Some(reason.clone()),
            Ok(_) if !self.steps.iter().map(|step| step.name.as_str()).eq(self.infos.iter().map(|info| info.name)) => {
                Some("This job was created by a different mPanel version.".to_owned())
            }
            Ok(_) => None,
        }
    }

    async fn go(&mut self) -> Result<Outcome, Broken> {
        let work = Arc::clone(self.work.as_ref().map_err(|_| Broken::Lost)?);
        if self.job.status != JobStatus::Unwinding
            && let Some(outcome) = self.forward(&*work).await?
        {
            return Ok(outcome);
        }
        self.unwind(&*work).await
    }

    pub(super) fn now(&self) -> Time {
        self.runtime.services.now()
    }

    pub(super) fn tempo(&self) -> &Tempo {
        &self.runtime.tempo
    }

    pub(super) fn cx(&self, step: usize) -> StepCx {
        let outputs = self.infos.iter().zip(&self.steps).filter_map(|(info, step)| Some((info.name, step.output.clone()?)));
        let since = self.steps[step].started_at.unwrap_or_else(|| self.now());
        StepCx { claim: self.claim.clone(), log: self.log.clone(), step: self.infos[step].name, since, outputs: Arc::new(outputs.collect()) }
    }

    /// The step's row has changed and goes with the next write, which comes before anything else is begun.
    pub(super) fn changed(&mut self, step: usize) -> &mut StepRecord {
        if !self.changed.contains(&step) {
            self.changed.push(step);
        }
        &mut self.steps[step]
    }

    pub(super) async fn save(&mut self, hold: Hold, events: Vec<AuditEvent>) -> Result<(), Broken> {
        self.claim.save(&self.log, self.tempo(), self.entry(hold, events)).await?;
        self.changed.clear();
        Ok(())
    }

    fn entry(&self, hold: Hold, events: Vec<AuditEvent>) -> Entry {
        Entry {
            job: self.job.id,
            attempt: self.job.attempt,
            status: self.job.status,
            error: self.job.error.clone().map(db::storable_text),
            deadline_at: self.job.deadline_at,
            run_after: self.job.run_after,
            keeps: hold == Hold::Keep,
            finished_at: if let Hold::Ended(at) = hold { Some(at) } else { None },
            steps: self.changed.iter().map(|&step| self.steps[step].clone().storable()).collect(),
            at: self.now(),
            lines: Vec::new(),
            events,
        }
    }

    /// Gives the job back, to be taken up at `at` or at once.
    pub(super) async fn give_back(&mut self, at: Option<Time>) -> Result<Outcome, Broken> {
        if self.job.status == JobStatus::Running {
            self.job.status = JobStatus::Queued;
        }
        self.job.run_after = at.unwrap_or_else(|| self.now());
        self.save(Hold::GiveBack, Vec::new()).await?;
        Ok(at.map_or(Outcome::Stopped, Outcome::Later))
    }

    /// The job needs a person.
    pub(super) async fn stuck(&mut self, reason: String) -> Result<Outcome, Broken> {
        self.job.error = Some(reason);
        self.end(JobStatus::Stuck).await
    }

    pub(super) async fn end(&mut self, status: JobStatus) -> Result<Outcome, Broken> {
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
        self.save(Hold::Ended(self.now()), vec![event]).await?;
        Ok(Outcome::Ended(status))
    }
}
