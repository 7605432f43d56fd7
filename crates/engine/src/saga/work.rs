//! The worker: apalis brings the wake-up of a job, and the runner does it.
//!
//! What apalis does with a task that fails, panics or runs out of time (it runs again at once, or stays "Running" for ever)
//! never touches a job: a handler always comes to an end, the job's own row says when it goes on, and a sweep finds what
//! was lost.

use super::{
    drive::{Outcome, Runtime, drive},
    enqueue::QUEUE,
    sweep,
    tempo::Tempo,
};
use crate::{Modules, Services};
use apalis::prelude::{Attempt, BoxDynError, Data, Monitor, TaskId, WorkerBuilder, WorkerBuilderExt};
use model::ids::JobId;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Does jobs until `stop`, `at_once` at a time. Then running steps get some seconds to end, and what does not end is given
/// back for another worker. Any number of processes may work on the same database.
///
/// # Errors
/// When the queue cannot be served at all.
pub async fn work(services: Services, at_once: usize, stop: CancellationToken) -> anyhow::Result<()> {
    // The queue knows workers by their name over all processes and all times.
    let worker = format!("worker-{}", uuid::Uuid::now_v7().simple()).into();
    let sagas = services.part::<Modules>().sagas.clone();
    serve(Runtime::start(services, sagas, Tempo::default(), worker), at_once, stop).await
}

pub(super) async fn serve(runtime: Runtime, at_once: usize, stop: CancellationToken) -> anyhow::Result<()> {
    let runtime = Arc::new(runtime);
    let farewell = runtime.tempo.farewell + Duration::from_secs(5);
    let shared = Shared { runtime: Arc::clone(&runtime), places: Arc::new(Semaphore::new(at_once)), stop: stop.clone() };
    let queue = Monitor::new()
        .register(move |restarts: usize| {
            WorkerBuilder::new(format!("{}-{restarts}", shared.runtime.worker))
                .backend(shared.runtime.services.db.wakeup_backend(QUEUE, at_once))
                .data(shared.clone())
                .concurrency(at_once)
                .build(handle)
        })
        .should_restart(|_, error| {
            tracing::warn!(%error, "restarting the queue worker");
            true
        })
        .shutdown_timeout(farewell)
        .run_with_signal({
            let stop = stop.clone();
            async move {
                stop.cancelled().await;
                Ok(())
            }
        });
    let (queue, ()) = tokio::join!(queue, sweep::watch(&runtime, &stop));
    Ok(queue?)
}

#[derive(Clone)]
struct Shared {
    runtime: Arc<Runtime>,
    /// Jobs at a time, also of a queue worker that was restarted while those of the one before still run.
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

fn report(job: JobId, outcome: Outcome) {
    match outcome {
        Outcome::Lost => tracing::warn!(%job, "another worker took over the job"),
        outcome => tracing::debug!(%job, ?outcome, "job wakeup received"),
    }
}

/// One wake-up. In a task of its own: a panic must become an error here, or the queue's row would say "Running" for ever.
async fn handle(job: JobId, task: TaskId, attempt: Attempt, shared: Data<Shared>) -> Result<(), BoxDynError> {
    let Shared { runtime, places, stop } = (*shared).clone();
    let db = runtime.services.db.clone();
    let _place = places.acquire().await?;
    let driven = tokio::spawn(async move { drive(&runtime, job, &stop).await }).await;
    let error: BoxDynError = match driven {
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
