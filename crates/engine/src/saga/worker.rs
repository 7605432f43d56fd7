//! The worker: apalis brings the wake-up of a job, and the runner does it.
//!
//! What apalis does with a task that fails, panics or runs out of time (it runs again at once, or stays "Running" for ever)
//! never touches a job: a handler always comes to an end, the job's own row says when it goes on, and a sweep finds what
//! was lost.

use super::{
    enqueue::QUEUE,
    runner::{Outcome, WorkerContext, run_job},
    sweep,
    timings::Timings,
};
use crate::{Modules, Services};
use apalis::prelude::{Attempt, BoxDynError, Data, Monitor, TaskId, WorkerBuilder, WorkerBuilderExt};
use model::ids::JobId;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Runs jobs until `stop`, `concurrency` at a time. Then running steps get some seconds to end, and what does not end is given
/// back for another worker. Any number of processes may work on the same database.
///
/// # Errors
/// When the queue cannot be served at all.
pub async fn run_worker(services: Services, concurrency: usize, stop: CancellationToken) -> anyhow::Result<()> {
    // The queue knows workers by their name over all processes and all times.
    let worker = format!("worker-{}", uuid::Uuid::now_v7().simple()).into();
    let sagas = services.part::<Modules>().sagas.clone();
    serve(WorkerContext::start(services, sagas, Timings::default(), worker), concurrency, stop).await
}

pub(super) async fn serve(context: WorkerContext, concurrency: usize, stop: CancellationToken) -> anyhow::Result<()> {
    let context = Arc::new(context);
    let shutdown_grace = context.timings.shutdown_grace + Duration::from_secs(5);
    let state = WorkerState { context: Arc::clone(&context), permits: Arc::new(Semaphore::new(concurrency)), stop: stop.clone() };
    let queue = Monitor::new()
        .register(move |restarts: usize| {
            WorkerBuilder::new(format!("{}-{restarts}", state.context.worker))
                .backend(state.context.services.db.wakeup_backend(QUEUE, concurrency))
                .data(state.clone())
                .concurrency(concurrency)
                .build(handle)
        })
        .should_restart(|_, error| {
            tracing::warn!(%error, "restarting the queue worker");
            true
        })
        .shutdown_timeout(shutdown_grace)
        .run_with_signal({
            let stop = stop.clone();
            async move {
                stop.cancelled().await;
                Ok(())
            }
        });
    let (queue, ()) = tokio::join!(queue, sweep::run_sweeper(&context, &stop));
    Ok(queue?)
}

#[derive(Clone)]
struct WorkerState {
    context: Arc<WorkerContext>,
    /// Jobs at a time, also of a queue worker that was restarted while those of the one before still run.
    permits: Arc<Semaphore>,
    stop: CancellationToken,
}

fn report(job: JobId, outcome: Outcome) {
    match outcome {
        Outcome::ClaimLost => tracing::warn!(%job, "another worker took over the job"),
        outcome => tracing::debug!(%job, ?outcome, "job wakeup received"),
    }
}

/// One wake-up. In a task of its own: a panic must become an error here, or the queue's row would say "Running" for ever.
async fn handle(job: JobId, task: TaskId, attempt: Attempt, state: Data<WorkerState>) -> Result<(), BoxDynError> {
    let WorkerState { context, permits, stop } = (*state).clone();
    let db = context.services.db.clone();
    let _permit = permits.acquire().await?;
    let result = tokio::spawn(async move { run_job(&context, job, &stop).await }).await;
    let error: BoxDynError = match result {
        Ok(Ok(outcome)) => {
            report(job, outcome);
            return Ok(());
        }
        Ok(Err(error)) => error.into(),
        Err(error) => error.into(),
    };
    tracing::error!(%job, %error, "failed to run job; retrying");
    // A failed task runs again at once, unless its time is moved first.
    let pause = Duration::from_secs(2 << attempt.current().min(6));
    if db.postpone_wakeup(&task.to_string(), pause).await.is_err() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Err(error)
}
