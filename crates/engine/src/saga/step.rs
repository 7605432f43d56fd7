//! What a saga is made of.

use super::context::StepContext;
use crate::text::sentence;
use futures::future::BoxFuture;
use model::Time;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{future::Future, marker::PhantomData, sync::Arc, time::Duration};

/// An ordered, one-time change with something to undo. The value itself is stored with the job.
pub trait Saga: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it does, in the specification's words: `CREATE_CLOUDPOD`. Stored with its jobs.
    const KIND: &'static str;
    /// The same for people.
    const TITLE: &'static str;
    /// Grows when the steps, or what is stored of them, change so that a job which waits could not go on. The type of before then stays
    /// registered with its own version until no job of that version is left: jobs end with the steps that they began with.
    const VERSION: i32 = 1;
    /// Names the intention: a second job with the same key is the first one.
    fn key(&self) -> String;
    /// Its steps, in order.
    fn steps() -> Steps<Self>;
    /// How long a worker may take from the first step on, without the time it waits on purpose.
    fn deadline(&self) -> chrono::Duration;
}

/// One step. Both halves are idempotent: each may be begun again after it was broken off anywhere.
pub trait Step: Send + Sync + 'static {
    /// The saga it belongs to.
    type Saga: Saga;
    /// What later steps and the undo need to know; stored. Never a secret.
    type Output: Serialize + DeserializeOwned + Send + Sync;
    /// Imperative, in snake_case; unique in its saga and part of its keys.
    const NAME: &'static str;
    /// The deed in words, for people.
    const TITLE: &'static str;
    /// From the moment this step has begun there is no way back: a cancel is not heard any more, and a failure leaves the
    /// job stuck, to be tried again, instead of undoing what cannot be undone.
    const IRREVERSIBLE: bool = false;

    /// Does it.
    fn run(cx: &StepContext, saga: &Self::Saga) -> impl Future<Output = Result<Self::Output, StepError>> + Send;

    /// Takes it back. Called for every step that was begun, with its output if it got that far: "nothing there" is success.
    fn undo(cx: &StepContext, saga: &Self::Saga, output: Option<&Self::Output>) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// Why a step is not done.
#[derive(Debug, Clone, PartialEq)]
pub enum StepError {
    /// It may work later: the network, a lock, a server that starts.
    Retry {
        /// For a person.
        message: String,
        /// When to try again; nothing for the usual growing pause.
        after: Option<Duration>,
    },
    /// It will not work.
    Fail {
        /// For a person: what happened, and what to do.
        message: String,
    },
    /// Not yet, on purpose. The job sleeps in the database, no worker holds it.
    Wait {
        /// When to begin the step again.
        until: Time,
    },
}

impl StepError {
    /// It will not work.
    pub fn fail(message: impl Into<String>) -> Self {
        Self::Fail { message: message.into() }
    }

    /// It may work after the usual pause.
    pub fn retry(message: impl Into<String>) -> Self {
        Self::Retry { message: message.into(), after: None }
    }
}

impl From<sqlx::Error> for StepError {
    fn from(error: sqlx::Error) -> Self {
        tracing::warn!(%error, "step failed: database unavailable");
        Self::retry("Database unavailable.")
    }
}

impl From<crate::Error> for StepError {
    fn from(error: crate::Error) -> Self {
        match error {
            crate::Error::Api(error) => Self::fail(error.message),
            crate::Error::Database(error) => error.into(),
            other => {
                tracing::error!(error = %other, "step failed with an internal error");
                Self::retry("Internal error. See the server log.")
            }
        }
    }
}

impl From<adapters::node::NodeError> for StepError {
    fn from(error: adapters::node::NodeError) -> Self {
        let message = sentence(&error.to_string());
        if error.is_retryable() { Self::retry(message) } else { Self::fail(message) }
    }
}

/// The steps of a saga, in order.
pub struct Steps<S: Saga> {
    list: Vec<Arc<dyn ErasedStep<S>>>,
}

impl<S: Saga> Steps<S> {
    /// None yet.
    pub fn new() -> Self {
        Self { list: Vec::new() }
    }

    /// And then this one.
    pub fn then<T: Step<Saga = S>>(mut self) -> Self {
        self.list.push(Arc::new(StepAdapter::<T>(PhantomData)));
        self
    }

    /// The steps in order.
    pub fn into_list(self) -> Vec<Arc<dyn ErasedStep<S>>> {
        self.list
    }
}

/// What the runner knows of a step.
#[derive(Clone, Copy, Debug)]
pub struct StepInfo {
    /// Its name, stored with the job.
    pub name: &'static str,
    /// Its title, for people.
    pub title: &'static str,
    /// Whether it cannot be undone.
    pub irreversible: bool,
}

/// A step whose output type is forgotten.
pub trait ErasedStep<S>: Send + Sync {
    fn info(&self) -> StepInfo;
    fn run<'a>(&'a self, cx: &'a StepContext, saga: &'a S) -> BoxFuture<'a, Result<Value, StepError>>;
    fn undo<'a>(&'a self, cx: &'a StepContext, saga: &'a S, output: Option<&'a Value>) -> BoxFuture<'a, Result<(), StepError>>;
}

struct StepAdapter<T>(PhantomData<fn() -> T>);

impl<T: Step> ErasedStep<T::Saga> for StepAdapter<T> {
    fn info(&self) -> StepInfo {
        StepInfo { name: T::NAME, title: T::TITLE, irreversible: T::IRREVERSIBLE }
    }

    fn run<'a>(&'a self, cx: &'a StepContext, saga: &'a T::Saga) -> BoxFuture<'a, Result<Value, StepError>> {
        Box::pin(async move {
            let output = T::run(cx, saga).await?;
            serde_json::to_value(output).map_err(|error| StepError::fail(format!("Couldn't store the step's output: {error}.")))
        })
    }

    fn undo<'a>(&'a self, cx: &'a StepContext, saga: &'a T::Saga, output: Option<&'a Value>) -> BoxFuture<'a, Result<(), StepError>> {
        Box::pin(async move {
            // An output of another version counts as none: the undo copes with that anyway.
            let output: Option<T::Output> = output.and_then(|value| serde_json::from_value(value.clone()).ok());
            T::undo(cx, saga, output.as_ref()).await
        })
    }
}
