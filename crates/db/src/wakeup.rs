//! The queue carries wake-ups only: "look at this job". What the job is stands in our own tables.

use crate::{Db, queries};
use apalis::prelude::{BackendExt, PollWith, Strategy, StreamStrategy, TaskBuilder};
use apalis_postgres::{Config, PostgresStorage, Pubsub};
use model::ids::JobId;
use sqlx::PgConnection;
use std::time::Duration;

/// The queue as an apalis worker takes it: woken by notifications, and by the clock for those that got lost.
pub type WakeupBackend = PollWith<PollWith<PostgresStorage<JobId>, StreamStrategy<Pubsub>>, Strategy>;

/// Wakes a worker of `queue` for this job when the caller's transaction commits, and not otherwise.
///
/// Without an idempotency key of the queue's own: a second use of one would abort the whole transaction.
/// Tenant doors, platform doors and mPanel itself may do so.
///
/// # Errors
/// When PostgreSQL refuses.
pub async fn enqueue_wakeup(conn: &mut PgConnection, queue: &str, job: JobId) -> Result<(), sqlx::Error> {
    let args = serde_json::to_vec(&job).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let task = TaskBuilder::new(args).build();
    apalis_postgres::queries::push_tasks(conn, queue, vec![task]).await.map_err(|error| match error {
        apalis_postgres::Error::Database(error) => error,
        other => sqlx::Error::Protocol(other.to_string()),
    })
}

impl Db {
    /// The queue for a worker that does `at_once` jobs at a time. A worker that dies is missed after 30 seconds.
    pub fn wakeup_backend(&self, queue: &str, at_once: usize) -> WakeupBackend {
        let config = Config::default().queue(queue).batch_size(at_once).heartbeat_interval(Duration::from_secs(5)).missed_heartbeats(6);
        PostgresStorage::<JobId>::new(self.wakeups())
            .with_config(config)
            .with_pubsub()
            .poll_with_strategy(Strategy::new().interval(Duration::from_secs(2)))
    }

    /// A failed task would run again at once: call this before the handler returns its error, so that it waits.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn postpone_wakeup(&self, task: &str, delay: Duration) -> Result<(), sqlx::Error> {
        sqlx::query(queries::POSTPONE_WAKEUP).bind(task).bind(delay.as_secs_f64()).execute(self.wakeups()).await?;
        Ok(())
    }

    /// Forgets finished tasks and silent workers that are older than this; the queue itself never does.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn prune_wakeups(&self, age: Duration) -> Result<u64, sqlx::Error> {
        let tasks = sqlx::query(queries::PRUNE_TASKS).bind(age.as_secs_f64()).execute(self.wakeups()).await?;
        let workers = sqlx::query(queries::PRUNE_WORKERS).bind(age.as_secs_f64()).execute(self.wakeups()).await?;
        Ok(tasks.rows_affected() + workers.rows_affected())
    }
}
