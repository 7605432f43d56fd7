//! The way back: every step that was begun is undone, the last one first.

use super::{
    claim::{Broken, Hold},
    drive::{Outcome, Run},
    forward::Turn,
    registry::Work,
    step::StepError,
    tend::{Interrupt, Terms, tend},
};
use model::administration::provisioning::{EventLevel, JobStatus, StepStatus};
use std::time::Instant;

impl Run {
    /// Undoes until everything is undone, or nothing more can be done without a person.
    pub(super) async fn unwind(&mut self, work: &dyn Work) -> Result<Outcome, Broken> {
        loop {
            let begun = |status| !matches!(status, StepStatus::Waiting | StepStatus::Undone);
            let Some(step) = self.steps.iter().rposition(|step| begun(step.status)) else {
                return self.end(JobStatus::Undone).await;
            };
            if self.stop.is_cancelled() {
                return self.give_back(None).await;
            }
            if self.steps[step].status != StepStatus::Undoing {
                self.log.add(EventLevel::Step, &format!("Roll back: {}", self.infos[step].title));
                let row = self.changed(step);
                (row.status, row.attempt, row.finished_at) = (StepStatus::Undoing, 0, None);
            }
            let tried = self.steps[step].attempt;
            let turn = if tried >= self.tempo().undo_tries {
                Turn::Failed(format!("Rollback did not finish after {tried} attempts."))
            } else {
                self.try_undo(step, work).await?
            };
            match turn {
                Turn::Next => {}
                Turn::Rest(outcome) => return Ok(outcome),
                Turn::Failed(message) => {
                    self.changed(step).error = Some(message.clone());
                    return self.stuck(message).await;
                }
            }
        }
    }

    async fn try_undo(&mut self, step: usize, work: &dyn Work) -> Result<Turn, Broken> {
        self.changed(step).attempt += 1;
        self.save(Hold::Keep, Vec::new()).await?;
        let terms = Terms { until: Instant::now() + self.tempo().undo_limit, hear_cancel: false, stop: &self.stop };
        let (cx, output) = (self.cx(step), self.steps[step].output.clone());
        let tries = self.tempo().undo_tries;
        match tend(&self.claim, &self.log, self.tempo(), terms, work.undo(step, &cx, output.as_ref())).await {
            Ok(Ok(())) => {
                let now = self.now();
                let row = self.changed(step);
                (row.status, row.finished_at) = (StepStatus::Undone, Some(now));
                Ok(Turn::Next)
            }
            Ok(Err(StepError::Fail { message })) => Ok(Turn::Failed(message)),
            Ok(Err(StepError::Retry { message, after })) => self.again(step, message, after, tries).await,
            Ok(Err(StepError::Wait { until })) => {
                self.changed(step).attempt = 0;
                self.give_back(Some(until)).await.map(Turn::Rest)
            }
            Err(Interrupt::Deadline) => self.again(step, "Rollback timed out.".to_owned(), None, tries).await,
            Err(interrupt) => self.interrupted(interrupt).await,
        }
    }
}
