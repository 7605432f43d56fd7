//! Durable jobs of typed steps.
//!
//! A [`Saga`] is a list of [`Step`]s, each with `run` and `undo`, each idempotent. The output of a step is stored before the
//! next begins. A job has three ends only: done, undone, stuck (a person is needed, and can try again). It is enqueued in
//! the transaction of the change that wants it; the queue carries only the wake-up, the truth stands in `jobs`, `job_steps`
//! and `job_events`.
//!
//! No transaction is held across a remote call, and no step runs twice at the same time: a worker holds a job by a claim
//! that it must renew, every write of progress asks for the claim, and a step is not driven on while the claim is not fresh.

mod batcher;
mod change;
mod claim;
mod claimer;
mod context;
mod enqueue;
mod fenced_tx;
mod forward;
mod job_log;
mod lease;
mod progress_writer;
mod queries;
mod registry;
mod runner;
mod step;
mod supervise;
mod sweep;
mod timings;
mod unwind;
mod worker;

#[cfg(feature = "testing")]
pub mod contract;
#[cfg(test)]
mod tests;

pub use change::{cancel, cancel_in, retry};
pub use context::StepContext;
pub use enqueue::{JobMeta, QUEUE, Subject, enqueue};
pub use fenced_tx::FencedTx;
pub use queries::{forget_lines, hasten, set_server};
pub use registry::Registry;
pub use step::{Saga, Step, StepError, Steps};
pub use worker::run_worker;

#[cfg(feature = "testing")]
pub use {
    runner::{Outcome, WorkerContext, run_job},
    step::StepInfo,
};
