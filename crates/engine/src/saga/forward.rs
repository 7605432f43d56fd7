//! The way forward: one step after the other.

use super::{
    claim::{Broken, Hold},
    drive::{Outcome, Run},
    registry::Work,
    step::StepError,
    tend::{Interrupt, Terms, tend},
};
use model::administration::provisioning::{EventLevel, JobStatus, StepStatus};
use std::time::{Duration, Instant};

impl Run {
    /// Goes on until the job ends or rests; nothing when it must turn back.
    pub(super) async fn forward(&mut self, work: &dyn Work) -> Result<Option<Outcome>, Broken> {
        loop {
            let (step, turn) = match self.next() {
                Next::Done => return self.end(JobStatus::Done).await.map(Some),
                Next::Cancel => {
                    self.turn_back("Cancelled on request.".to_owned());
                    return Ok(None);
                }
                Next::Stop => return self.give_back(None).await.map(Some),
                Next::Failed(step, message) => (step, Turn::Failed(message)),
                Next::Step(step) => {
                    self.begin(step);
                    // A step begins once its row says so: whoever takes the job over knows what may have been done.
                    self.save(Hold::Keep, Vec::new()).await?;
                    (step, self.try_step(step, work).await?)
                }
            };
            match turn {
                Turn::Next => {}
                Turn::Rest(outcome) => return Ok(Some(outcome)),
                Turn::Failed(message) => {
                    let now = self.now();
                    let row = self.changed(step);
                    (row.status, row.error, row.finished_at) = (StepStatus::Failed, Some(message.clone()), Some(now));
                    if self.is_past_return() {
                        return self.stuck(message).await.map(Some);
                    }
                    self.log.add(EventLevel::Error, &message);
                    self.turn_back(message);
                    return Ok(None);
                }
            }
        }
    }

    /// What comes next. Changes nothing.
    pub(super) fn next(&self) -> Next {
        let Some(step) = self.steps.iter().position(|step| step.status != StepStatus::Done) else { return Next::Done };
        let tried = self.steps[step].attempt;
        if self.job.cancel_requested_at.is_some() && !self.is_past_return() {
            Next::Cancel
        } else if self.stop.is_cancelled() {
            Next::Stop
        } else if self.now() >= self.job.deadline_at {
            Next::Failed(step, "Job timed out.".to_owned())
        } else if tried >= self.tempo().tries {
            Next::Failed(step, format!("The step did not finish after {tried} attempts."))
        } else {
            Next::Step(step)
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

    async fn try_step(&mut self, step: usize, work: &dyn Work) -> Result<Turn, Broken> {
        let left = (self.job.deadline_at - self.now()).to_std().unwrap_or(Duration::ZERO);
        let terms = Terms { until: Instant::now() + left, hear_cancel: !self.is_past_return(), stop: &self.stop };
        let cx = self.cx(step);
        match tend(&self.claim, &self.log, self.tempo(), terms, work.run(step, &cx)).await {
            Ok(Ok(output)) => {
                let now = self.now();
                let row = self.changed(step);
                (row.status, row.output, row.error, row.finished_at) = (StepStatus::Done, Some(output), None, Some(now));
                Ok(Turn::Next)
            }
            Ok(Err(StepError::Fail { message })) => Ok(Turn::Failed(message)),
            Ok(Err(StepError::Retry { message, after })) => self.again(step, message, after, self.tempo().tries).await,
            Ok(Err(StepError::Wait { until })) => {
                self.changed(step).attempt = 0;
                self.give_back(Some(until)).await.map(Turn::Rest)
            }
            Err(Interrupt::Deadline) => Ok(Turn::Failed("The step exceeded the job deadline.".to_owned())),
            Err(interrupt) => self.interrupted(interrupt).await,
        }
    }

    /// A try failed and another may succeed: wait here for a short pause, give the job back for a longer one.
    pub(super) async fn again(&mut self, step: usize, message: String, after: Option<Duration>, tries: i32) -> Result<Turn, Broken> {
        let tried = self.steps[step].attempt;
        if tried >= tries {
            return Ok(Turn::Failed(message));
        }
        let pause = after.unwrap_or_else(|| self.tempo().pause(tried));
        self.log.add(EventLevel::Warn, &format!("{message} Attempt {} of {tries} in {} s.", tried + 1, pause.as_secs_f64().ceil()));
        self.changed(step).error = Some(message);
        if pause > self.tempo().hold {
            let at = self.now() + chrono::Duration::from_std(pause).unwrap_or(chrono::Duration::zero());
            return self.give_back(Some(at)).await.map(Turn::Rest);
        }
        self.save(Hold::Keep, Vec::new()).await?;
        let unwinding = self.job.status == JobStatus::Unwinding;
        let terms = Terms { until: Instant::now() + pause, hear_cancel: !unwinding && !self.is_past_return(), stop: &self.stop };
        match tend::<()>(&self.claim, &self.log, self.tempo(), terms, Box::pin(std::future::pending())).await {
            Err(Interrupt::Deadline) | Ok(_) => Ok(Turn::Next),
            Err(interrupt) => self.interrupted(interrupt).await,
        }
    }

    pub(super) async fn interrupted(&mut self, interrupt: Interrupt) -> Result<Turn, Broken> {
        match interrupt {
            Interrupt::Cancel => self.job.cancel_requested_at = Some(self.now()),
            Interrupt::Stop => return self.give_back(None).await.map(Turn::Rest),
            Interrupt::Lost => return Err(Broken::Lost),
            Interrupt::Deadline => {}
        }
        Ok(Turn::Next)
    }

    fn turn_back(&mut self, reason: String) {
        self.job.error = Some(reason);
        self.job.status = JobStatus::Unwinding;
    }

    /// Whether a step has begun from which there is no way back.
    fn is_past_return(&self) -> bool {
        self.infos.iter().zip(&self.steps).any(|(info, step)| info.no_return && step.status != StepStatus::Waiting)
    }
}

/// What comes next on the way forward.
pub(super) enum Next {
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

/// What a try has come to.
pub(super) enum Turn {
    /// Look again at what is to be done.
    Next,
    /// The job rests or has ended.
    Rest(Outcome),
    /// The step has failed for good.
    Failed(String),
}
