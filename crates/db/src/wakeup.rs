//! The queue carries wake-ups only: "look at this job". What the job is stands in our own tables.

use crate::{Db, Signal, queries};
use apalis::prelude::{PollSnapshot, PollStrategy, PollWith, TaskBuilder};
use apalis_postgres::{Config, PostgresStorage};
use futures::{StreamExt, stream::BoxStream};
use model::ids::JobId;
use sqlx::PgConnection;
use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::{Instant, Sleep};

/// The queue as an apalis worker takes it: woken by notifications, and by the clock for those that got lost.
pub type WakeupBackend = PollWith<PostgresStorage<JobId>, Wakeups>;

/// Between the first look after a notice and the next.
const SOON: Duration = Duration::from_millis(40);
/// Between two looks while no notice comes.
const CLOCK: Duration = Duration::from_secs(2);
/// A wake-up is due this long before it is made. The queue counts in whole seconds and gives no notice of what is not due when its
/// transaction began: one that is open across a second's end, or a PostgreSQL whose clock is behind, would have to wait for the next look.
const EARLIER: Duration = Duration::from_secs(60);

/// When the queue is looked at: at each notice, and then again and again in growing pauses. The queue forgets a notice that
/// comes while it is looking, and what is new then may be too new for that look; so the next look comes soon.
pub struct Wakeups {
    notices: Mutex<BoxStream<'static, Signal>>,
    pause: Duration,
    look: Pin<Box<Sleep>>,
}

impl Wakeups {
    fn listening(notices: BoxStream<'static, Signal>) -> Self {
        Self { notices: Mutex::new(notices), pause: CLOCK, look: Box::pin(tokio::time::sleep(CLOCK)) }
    }
}

impl PollStrategy for Wakeups {
    /// Ready means: look now. Either way whatever comes next wakes the caller.
    fn poll_drive(&mut self, cx: &mut Context<'_>, _: &PollSnapshot) -> Poll<Option<()>> {
        let mut noticed = false;
        let notices = self.notices.get_mut().unwrap_or_else(PoisonError::into_inner);
        while let Poll::Ready(Some(_)) = notices.poll_next_unpin(cx) {
            noticed = true;
        }
        let now = Instant::now();
        if noticed {
            self.pause = SOON;
            self.look.as_mut().reset(now);
        }
        if self.look.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.look.as_mut().reset(now + self.pause);
        self.pause = (self.pause * 4).min(CLOCK);
        Poll::Ready(Some(()))
    }
}

/// Wakes a worker of `queue` for this job when the caller's transaction commits, and not otherwise.
///
/// Without an idempotency key of the queue's own: a second use of one would abort the whole transaction.
/// Transactions of tenants, of the platform and of mPanel itself may do so.
///
/// # Errors
/// When PostgreSQL refuses.
pub async fn enqueue_wakeup(conn: &mut PgConnection, queue: &str, job: JobId) -> Result<(), sqlx::Error> {
    let args = serde_json::to_vec(&job).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let due = SystemTime::now().checked_sub(EARLIER).unwrap_or(UNIX_EPOCH);
    let task = TaskBuilder::new(args).run_at_time(due).build();
    apalis_postgres::queries::push_tasks(conn, queue, vec![task]).await.map_err(|error| match error {
        apalis_postgres::Error::Database(error) => error,
        other => sqlx::Error::Protocol(other.to_string()),
    })
}

impl Db {
    /// The queue for a worker that does `at_once` jobs at a time. A worker that dies is missed after 30 seconds.
    pub fn wakeup_backend(&self, queue: &str, at_once: usize) -> WakeupBackend {
        let config = Config::default().queue(queue).batch_size(at_once).heartbeat_interval(Duration::from_secs(5)).missed_heartbeats(6);
        let wakeups = Wakeups::listening(self.listen(&["apalis::job::insert"]).fuse().boxed());
        PollWith::new(PostgresStorage::new(self.wakeups()).with_config(config), wakeups)
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

#[cfg(test)]
mod tests;
