//! The way forward: one step after the other.

use super::{
    claim::{ClaimAction, ClaimError},
    registry::ErasedSaga,
    runner::{JobRun, Outcome},
    step::StepError,
    supervise::{Interrupt, SuperviseOptions, supervise},
};
use model::administration::provisioning::{EventLevel, JobStatus, StepStatus};
use std::time::{Duration, Instant};

impl JobRun {
    /// Goes on until the job ends or yields; nothing when it must roll back.
    pub(super) async fn forward(&mut self, saga: &dyn ErasedSaga) -> Result<Option<Outcome>, ClaimError> {
        loop {
            let (step, outcome) = match self.next() {
                NextAction::Done => return self.finish(JobStatus::Done).await.map(Some),
                NextAction::Cancel => {
                    self.start_rollback("Cancelled on request.".to_owned());
                    return Ok(None);
                }
                NextAction::Stop => return self.release(None).await.map(Some),
                NextAction::Failed(step, message) => (step, StepOutcome::Failed(message)),
                NextAction::Step(step) => {
                    self.begin(step);
                    // A step begins once its row says so: whoever takes the job over knows what may have been done.
                    self.save_progress(ClaimAction::Keep, Vec::new()).await?;
                    (step, self.try_step(step, saga).await?)
                }
            };
            match outcome {
                StepOutcome::Next => {}
                StepOutcome::Yield(outcome) => return Ok(Some(outcome)),
                StepOutcome::Failed(message) => {
                    let now = self.now();
                    let row = self.changed(step);
                    (row.status, row.error, row.finished_at) = (StepStatus::Failed, Some(message.clone()), Some(now));
                    if self.is_irreversible() {
                        return self.mark_stuck(message).await.map(Some);
                    }
                    self.log.add(EventLevel::Error, &message);
                    self.start_rollback(message);
                    return Ok(None);
                }
            }
        }
    }

    /// What comes next. Changes nothing.
    pub(super) fn next(&self) -> NextAction {
        let Some(step) = self.steps.iter().position(|step| step.status != StepStatus::Done) else { return NextAction::Done };
        let tried = self.steps[step].attempt;
        if self.job.cancel_requested_at.is_some() && !self.is_irreversible() {
            NextAction::Cancel
        } else if self.stop.is_cancelled() {
            NextAction::Stop
        } else if self.now() >= self.job.deadline_at {
            NextAction::Failed(step, "Job timed out.".to_owned())
        } else if tried >= self.timings().max_attempts {
            NextAction::Failed(step, format!("The step did not finish after {tried} attempts."))
        } else {
            NextAction::Step(step)
        }
    }

    /// The step is begun; what that changes goes with the next write, which comes before its first deed.
    pub(super) fn begin(&mut self, step: usize) {
        let now = self.now();
        let title = self.infos[step].title;
        let row = self.changed(step);
        let first = row.started_at.is_none();
        row.started_at.get_or_insert(now);
        (row.status, row.finished_at) = (StepStatus::Running, None);
        row.attempt += 1;
        if first {
            self.log.add(EventLevel::Step, title);
        }
    }

    async fn try_step(&mut self, step: usize, saga: &dyn ErasedSaga) -> Result<StepOutcome, ClaimError> {
        let left = (self.job.deadline_at - self.now()).to_std().unwrap_or(Duration::ZERO);
        let options = SuperviseOptions { until: Instant::now() + left, cancellable: !self.is_irreversible(), stop: &self.stop };
        let cx = self.cx(step);
        match supervise(&self.claim, &self.log, self.timings(), options, saga.run(step, &cx)).await {
            Ok(Ok(output)) => {
                let now = self.now();
                let row = self.changed(step);
                (row.status, row.output, row.error, row.finished_at) = (StepStatus::Done, Some(output), None, Some(now));
                Ok(StepOutcome::Next)
            }
            Ok(Err(StepError::Fail { message })) => Ok(StepOutcome::Failed(message)),
            Ok(Err(StepError::Retry { message, after })) => self.retry_or_fail(step, message, after, self.timings().max_attempts).await,
            Ok(Err(StepError::Wait { until })) => {
                self.changed(step).attempt = 0;
                self.release(Some(until)).await.map(StepOutcome::Yield)
            }
            Err(Interrupt::Deadline) => Ok(StepOutcome::Failed("The step exceeded the job deadline.".to_owned())),
            Err(interrupt) => self.interrupted(interrupt).await,
        }
    }

    /// A try failed and another may succeed: wait here for a short pause, give the job back for a longer one.
    pub(super) async fn retry_or_fail(
        &mut self,
        step: usize,
        message: String,
        after: Option<Duration>,
        max_attempts: i32,
    ) -> Result<StepOutcome, ClaimError> {
        let tried = self.steps[step].attempt;
        if tried >= max_attempts {
            return Ok(StepOutcome::Failed(message));
        }
        let pause = after.unwrap_or_else(|| self.timings().backoff_after(tried));
        self.log.add(EventLevel::Warn, &format!("{message} Attempt {} of {max_attempts} in {} s.", tried + 1, pause.as_secs_f64().ceil()));
        self.changed(step).error = Some(message);
        if pause > self.timings().max_in_worker_wait {
            let at = self.now() + chrono::Duration::from_std(pause).unwrap_or(chrono::Duration::zero());
            return self.release(Some(at)).await.map(StepOutcome::Yield);
        }
        self.save_progress(ClaimAction::Keep, Vec::new()).await?;
        let unwinding = self.job.status == JobStatus::Unwinding;
        let options = SuperviseOptions { until: Instant::now() + pause, cancellable: !unwinding && !self.is_irreversible(), stop: &self.stop };
        match supervise::<()>(&self.claim, &self.log, self.timings(), options, Box::pin(std::future::pending())).await {
            Err(Interrupt::Deadline) | Ok(_) => Ok(StepOutcome::Next),
            Err(interrupt) => self.interrupted(interrupt).await,
        }
    }

    pub(super) async fn interrupted(&mut self, interrupt: Interrupt) -> Result<StepOutcome, ClaimError> {
        match interrupt {
            Interrupt::Cancel => self.job.cancel_requested_at = Some(self.now()),
            Interrupt::Stop => return self.release(None).await.map(StepOutcome::Yield),
            Interrupt::Lost => return Err(ClaimError::Lost),
            Interrupt::Deadline => {}
        }
        Ok(StepOutcome::Next)
    }

    fn start_rollback(&mut self, reason: String) {
        self.job.error = Some(reason);
        self.job.status = JobStatus::Unwinding;
    }

    /// Whether an irreversible step has begun.
    fn is_irreversible(&self) -> bool {
        self.infos.iter().zip(&self.steps).any(|(info, step)| info.irreversible && step.status != StepStatus::Waiting)
    }
}

/// What comes next on the way forward.
pub(super) enum NextAction {
    /// Every step is done.
    Done,
    /// A person wants to cancel.
    Cancel,
    /// This worker ends.
    Stop,
    /// The step may not be tried again.
    Failed(usize, String),
    /// The step is to be begun.
    Step(usize),
}

/// The result of an attempt at a step.
pub(super) enum StepOutcome {
    /// Look again at what is to be done.
    Next,
    /// The job yields the worker or has ended.
    Yield(Outcome),
    /// The step has failed for good.
    Failed(String),
}
