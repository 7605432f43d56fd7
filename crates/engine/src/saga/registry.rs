//! Which saga does which kind of job.

use super::{
    context::StepContext,
    step::{ErasedStep, Saga, StepError, StepInfo},
};
use futures::future::BoxFuture;
use model::administration::provisioning::StepStatus;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

type SagaFactory = Arc<dyn Fn(Value) -> Result<Arc<dyn ErasedSaga>, serde_json::Error> + Send + Sync>;

/// The sagas that a worker can do.
#[derive(Clone, Default)]
pub struct Registry {
    /// By kind and version.
    sagas: HashMap<(&'static str, i32), SagaFactory>,
}

impl Registry {
    /// Adds this saga.
    pub fn add<S: Saga>(&mut self) {
        self.sagas.insert((S::KIND, S::VERSION), Arc::new(|payload| Ok(Arc::new(SagaInstance::<S>::open(payload)?) as Arc<dyn ErasedSaga>)));
    }

    /// With this saga.
    #[must_use]
    pub fn with<S: Saga>(mut self) -> Self {
        self.add::<S>();
        self
    }

    /// The same sagas, each wrapped: how tests bring faults in.
    #[cfg(feature = "testing")]
    pub(super) fn wrapped(mut self, wrap: impl Fn(Arc<dyn ErasedSaga>) -> Arc<dyn ErasedSaga> + Send + Sync + Clone + 'static) -> Self {
        for factory in self.sagas.values_mut() {
            let (inner, wrap) = (Arc::clone(factory), wrap.clone());
            *factory = Arc::new(move |payload| inner(payload).map(&wrap));
        }
        self
    }

    /// Whether a job with these steps, by name and status, has begun one that is irreversible.
    pub fn is_irreversible(&self, (kind, version): (&str, i32), payload: Value, steps: &[(String, StepStatus)]) -> bool {
        let Ok(saga) = self.open((kind, version), payload) else { return false };
        let irreversible: Vec<&str> = saga.steps().into_iter().filter(|info| info.irreversible).map(|info| info.name).collect();
        steps.iter().any(|(name, status)| *status != StepStatus::Waiting && irreversible.contains(&name.as_str()))
    }

    /// The saga of a stored job; a sentence for people when this program cannot do it.
    pub(super) fn open(&self, (kind, version): (&str, i32), payload: Value) -> Result<Arc<dyn ErasedSaga>, String> {
        let found = self.sagas.iter().find(|((known, of), _)| *known == kind && *of == version);
        let (_, factory) =
            found.ok_or_else(|| format!("This mPanel has no steps for {kind}, version {version}. Run the job with the one that created it."))?;
        factory(payload).map_err(|error| format!("This job was created by a different mPanel version and can't be read: {error}."))
    }
}

/// A saga together with its steps, types forgotten.
pub(super) trait ErasedSaga: Send + Sync {
    fn steps(&self) -> Vec<StepInfo>;
    fn deadline(&self) -> chrono::Duration;
    fn run<'a>(&'a self, step: usize, cx: &'a StepContext) -> BoxFuture<'a, Result<Value, StepError>>;
    fn undo<'a>(&'a self, step: usize, cx: &'a StepContext, output: Option<&'a Value>) -> BoxFuture<'a, Result<(), StepError>>;
}

struct SagaInstance<S: Saga> {
    saga: S,
    steps: Vec<Arc<dyn ErasedStep<S>>>,
}

impl<S: Saga> SagaInstance<S> {
    fn open(payload: Value) -> Result<Self, serde_json::Error> {
        Ok(Self { saga: serde_json::from_value(payload)?, steps: S::steps().into_list() })
    }
}

impl<S: Saga> ErasedSaga for SagaInstance<S> {
    fn steps(&self) -> Vec<StepInfo> {
        self.steps.iter().map(|step| step.info()).collect()
    }

    fn deadline(&self) -> chrono::Duration {
        self.saga.deadline()
    }

    fn run<'a>(&'a self, step: usize, cx: &'a StepContext) -> BoxFuture<'a, Result<Value, StepError>> {
        self.steps[step].run(cx, &self.saga)
    }

    fn undo<'a>(&'a self, step: usize, cx: &'a StepContext, output: Option<&'a Value>) -> BoxFuture<'a, Result<(), StepError>> {
        self.steps[step].undo(cx, &self.saga, output)
    }
}
