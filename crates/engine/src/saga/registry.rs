//! Which saga does which kind of job.

use super::{
    cx::StepCx,
    step::{AnyStep, Saga, StepError, StepInfo},
};
use futures::future::BoxFuture;
use model::administration::provisioning::StepStatus;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

type Open = Arc<dyn Fn(Value) -> Result<Arc<dyn Work>, serde_json::Error> + Send + Sync>;

/// The sagas that a worker can do.
#[derive(Clone, Default)]
pub struct Registry {
    /// By kind and version.
    sagas: HashMap<(&'static str, i32), Open>,
}

impl Registry {
    /// Adds this saga.
    pub fn add<S: Saga>(&mut self) {
        self.sagas.insert((S::KIND, S::VERSION), Arc::new(|payload| Ok(Arc::new(Bound::<S>::open(payload)?) as Arc<dyn Work>)));
    }

    /// With this saga.
    #[must_use]
    pub fn with<S: Saga>(mut self) -> Self {
        self.add::<S>();
        self
    }

    /// The same sagas, each wrapped: how tests bring faults in.
    #[cfg(feature = "testing")]
    pub(super) fn wrapped(mut self, wrap: impl Fn(Arc<dyn Work>) -> Arc<dyn Work> + Send + Sync + Clone + 'static) -> Self {
        for open in self.sagas.values_mut() {
            let (inner, wrap) = (Arc::clone(open), wrap.clone());
            *open = Arc::new(move |payload| inner(payload).map(&wrap));
        }
        self
    }

    /// Whether a job with these steps, by name and state, has begun one from which there is no way back.
    pub fn is_past_return(&self, (kind, version): (&str, i32), payload: Value, steps: &[(String, StepStatus)]) -> bool {
        let Ok(work) = self.open((kind, version), payload) else { return false };
        let final_steps: Vec<&str> = work.steps().into_iter().filter(|info| info.no_return).map(|info| info.name).collect();
        steps.iter().any(|(name, status)| *status != StepStatus::Waiting && final_steps.contains(&name.as_str()))
    }

    /// The work of a stored job; a sentence for people when this program cannot do it.
    pub(super) fn open(&self, (kind, version): (&str, i32), payload: Value) -> Result<Arc<dyn Work>, String> {
        let found = self.sagas.iter().find(|((known, of), _)| *known == kind && *of == version);
        let (_, open) =
            found.ok_or_else(|| format!("This mPanel has no steps for {kind}, version {version}. Run the job with the one that created it."))?;
        open(payload).map_err(|error| format!("This job was created by a different mPanel version and can't be read: {error}."))
    }
}

/// A saga together with its steps, types forgotten.
pub(super) trait Work: Send + Sync {
    fn steps(&self) -> Vec<StepInfo>;
    fn deadline(&self) -> chrono::Duration;
    fn run<'a>(&'a self, step: usize, cx: &'a StepCx) -> BoxFuture<'a, Result<Value, StepError>>;
    fn undo<'a>(&'a self, step: usize, cx: &'a StepCx, output: Option<&'a Value>) -> BoxFuture<'a, Result<(), StepError>>;
}

struct Bound<S: Saga> {
    saga: S,
    steps: Vec<Arc<dyn AnyStep<S>>>,
}

impl<S: Saga> Bound<S> {
    fn open(payload: Value) -> Result<Self, serde_json::Error> {
        Ok(Self { saga: serde_json::from_value(payload)?, steps: S::steps().into_list() })
    }
}

impl<S: Saga> Work for Bound<S> {
    fn steps(&self) -> Vec<StepInfo> {
        self.steps.iter().map(|step| step.info()).collect()
    }

    fn deadline(&self) -> chrono::Duration {
        self.saga.deadline()
    }

    fn run<'a>(&'a self, step: usize, cx: &'a StepCx) -> BoxFuture<'a, Result<Value, StepError>> {
        self.steps[step].run(cx, &self.saga)
    }

    fn undo<'a>(&'a self, step: usize, cx: &'a StepCx, output: Option<&'a Value>) -> BoxFuture<'a, Result<(), StepError>> {
        self.steps[step].undo(cx, &self.saga, output)
    }
}
