//! The way back: every step that was begun is undone, the last one first.

use super::{
    claim::{ClaimAction, ClaimError},
    forward::StepOutcome,
    registry::ErasedSaga,
    runner::{JobRun, Outcome},
    step::StepError,
    supervise::{Interrupt, SuperviseOptions, supervise},
};
use model::administration::provisioning::{EventLevel, JobStatus, StepStatus};
use std::time::Instant;

impl JobRun {
    /// Undoes until everything is undone, or nothing more can be done without a person.
    pub(super) async fn unwind(&mut self, saga: &dyn ErasedSaga) -> Result<Outcome, ClaimError> {
        loop {
            let begun = |status| !matches!(status, StepStatus::Waiting | StepStatus::Undone);
            let Some(step) = self.steps.iter().rposition(|step| begun(step.status)) else {
                return self.finish(JobStatus::Undone).await;
            };
            if self.stop.is_cancelled() {
                return self.release(None).await;
            }
            if self.steps[step].status != StepStatus::Undoing {
                self.log.add(EventLevel::Step, &format!("Roll back: {}", self.infos[step].title));
                let row = self.changed(step);
                (row.status, row.attempt, row.finished_at) = (StepStatus::Undoing, 0, None);
            }
            let tried = self.steps[step].attempt;
            let outcome = if tried >= self.timings().max_undo_attempts {
                StepOutcome::Failed(format!("Rollback did not finish after {tried} attempts."))
            } else {
                self.try_undo(step, saga).await?
            };
            match outcome {
                StepOutcome::Next => {}
                StepOutcome::Yield(outcome) => return Ok(outcome),
                StepOutcome::Failed(message) => {
                    self.changed(step).error = Some(message.clone());
                    return self.mark_stuck(message).await;
                }
            }
        }
    }

    async fn try_undo(&mut self, step: usize, saga: &dyn ErasedSaga) -> Result<StepOutcome, ClaimError> {
        self.changed(step).attempt += 1;
        self.save_progress(ClaimAction::Keep, Vec::new()).await?;
        let options = SuperviseOptions { until: Instant::now() + self.timings().undo_timeout, cancellable: false, stop: &self.stop };
        let (cx, output) = (self.cx(step), self.steps[step].output.clone());
        let max_attempts = self.timings().max_undo_attempts;
        match supervise(&self.claim, &self.log, self.timings(), options, saga.undo(step, &cx, output.as_ref())).await {
            Ok(Ok(())) => {
                let now = self.now();
                let row = self.changed(step);
                (row.status, row.finished_at) = (StepStatus::Undone, Some(now));
                Ok(StepOutcome::Next)
            }
            Ok(Err(StepError::Fail { message })) => Ok(StepOutcome::Failed(message)),
            Ok(Err(StepError::Retry { message, after })) => self.retry_or_fail(step, message, after, max_attempts).await,
            Ok(Err(StepError::Wait { until })) => {
                self.changed(step).attempt = 0;
                self.release(Some(until)).await.map(StepOutcome::Yield)
            }
            Err(Interrupt::Deadline) => self.retry_or_fail(step, "Rollback timed out.".to_owned(), None, max_attempts).await,
            Err(interrupt) => self.interrupted(interrupt).await,
        }
    }
}
