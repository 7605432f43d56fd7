//! Takes one job and brings it to its end, or as far as it goes now.

use super::{
    claim::{Broken, Claim, Hold},
    cx::StepCx,
    forward::Next,
    lease::Lease,
    log::Log,
    queries::{JobRecord, StepRecord},
    registry::{Registry, Work},
    scribe::{Entry, Scribe},
    step::StepInfo,
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
pub(crate) struct Runtime {
    pub(super) services: Services,
    pub(super) registry: Registry,
    pub(super) tempo: Tempo,
    /// Name of this worker; no other may have it.
    pub(super) worker: Arc<str>,
    pub(super) scribe: Scribe,
}

impl Runtime {
    /// Starts what a worker of this name works with.
    pub(super) fn start(services: Services, registry: Registry, tempo: Tempo, worker: Arc<str>) -> Self {
        let scribe = Scribe::start(&services, Arc::clone(&worker), tempo.stale);
        Self { services, registry, tempo, worker, scribe }
    }
}

/// How far a job was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
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
pub(crate) async fn drive(runtime: &Runtime, job: JobId, stop: &CancellationToken) -> Result<Outcome, sqlx::Error> {
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
    /// The step that was begun when the job was taken.
    pub(super) begun: Option<usize>,
}

impl Run {
    /// Takes the job and begins its next step, in one transaction.
    async fn take(runtime: &Runtime, id: JobId, stop: &CancellationToken) -> Result<Option<Self>, Broken> {
        let (own, stop, asked) = (runtime.clone(), stop.clone(), Instant::now());
        let open = Box::new(move |job, steps| {
            let mut run = Self::open(own.clone(), stop.clone(), asked, job, steps);
            let entry = Entry { takes: true, lines: run.log.take(), ..run.entry(Hold::Keep, Vec::new()) };
            run.changed.clear();
            (run, entry)
        });
        Ok(runtime.scribe.take(id, open).await?)
    }

    /// The work on a job that is free, and what its claim makes of it.
    fn open(runtime: Runtime, stop: CancellationToken, asked: Instant, mut job: JobRecord, steps: Vec<StepRecord>) -> Self {
        let work = runtime.registry.open(job.kind, job.payload.clone());
        // Time in the queue and time waited on purpose do not count.
        let slept = steps.iter().any(StepRecord::is_waited_out);
        let now = runtime.services.now();
        if let (Ok(work), true) = (&work, job.started_at.is_none() || slept) {
            job.deadline_at = job.deadline_at.max(now + work.deadline());
        }
        job.attempt += 1;
        job.started_at.get_or_insert(now);
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
            part: format!("job {}", job.kind).into(),
        };
        let infos = work.as_ref().map(|work| work.steps()).unwrap_or_default();
        let mut run = Self { runtime, stop, claim, log: Log::default(), job, steps, infos, work, changed: Vec::new(), begun: None };
        if run.refusal().is_none()
            && run.job.status != JobStatus::Unwinding
            && let Next::Step(step) = run.next()
        {
            run.begin(step);
            run.begun = Some(step);
        }
        run
    }

    /// Why this program cannot do the job.
    fn refusal(&self) -> Option<String> {
        match &self.work {
            Err(reason) => Some(reason.clone()),
            Ok(_) if !self.steps.iter().map(|step| step.name.as_str()).eq(self.infos.iter().map(|info| info.name)) => {
                Some("The job was made by another version of mPanel, with other steps.".to_owned())
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
        StepCx { claim: self.claim.clone(), log: self.log.clone(), step: self.infos[step].name, outputs: Arc::new(outputs.collect()) }
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
            takes: false,
            attempt: self.job.attempt,
            status: self.job.status,
            error: self.job.error.clone().map(db::storable_text),
            deadline_at: self.job.deadline_at,
            run_after: self.job.run_after,
            started_at: self.job.started_at,
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
            JobStatus::Done => (EventLevel::Info, AuditAction::JobDone, "Done."),
            JobStatus::Undone => (EventLevel::Warn, AuditAction::JobUndone, "Everything is undone."),
            _ => (EventLevel::Error, AuditAction::JobStuck, "A person is needed. What was the matter stands above; the job can be tried again."),
        };
        if status == JobStatus::Done {
            self.job.error = None;
        }
        self.job.status = status;
        if let (JobStatus::Stuck, Some(error)) = (status, self.job.error.as_deref()) {
            self.log.add(EventLevel::Error, error);
        }
        self.log.add(level, line);
        let mut event = AuditEvent::new(action, "job", self.job.id, self.job.kind.title())
            .by(Actor::system(&*self.claim.part))
            .after(serde_json::json!({ "kind": self.job.kind, "cloud_pod": self.job.cloud_pod_id, "error": self.job.error }));
        if let Some(tenant) = self.job.tenant_id {
            event = event.in_tenant(tenant);
        }
        self.save(Hold::Ended(self.now()), vec![event]).await?;
        Ok(Outcome::Ended(status))
    }
}
