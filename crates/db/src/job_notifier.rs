//! News of jobs, told after the commit.
//!
//! A transaction that carries notices commits alone: PostgreSQL lets such through one after the other, each with its own wait for the
//! disk. One that does nothing but tell writes nothing to the disk, and many jobs go with one.

use crate::queries;
use model::ids::JobId;
use sqlx::PgPool;
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Most jobs in one go.
const MAX_BATCH: usize = 256;
/// What is told within this time is told once: a job often has several things to say right after each other, and no eye is quicker.
const COALESCE_WINDOW: Duration = Duration::from_millis(30);

/// Where news is handed in. Who drops it ends the telling, after what was handed in before.
pub(crate) struct JobNotifier {
    news: mpsc::UnboundedSender<JobId>,
}

impl JobNotifier {
    pub(crate) fn start(pool: PgPool) -> Self {
        let (news, waiting) = mpsc::unbounded_channel();
        tokio::spawn(run(pool, waiting));
        Self { news }
    }

    pub(crate) fn notify(&self, job: JobId) {
        // It fails only while the process ends.
        let _ = self.news.send(job);
    }
}

async fn run(pool: PgPool, mut waiting: mpsc::UnboundedReceiver<JobId>) {
    let mut jobs = Vec::new();
    while waiting.recv_many(&mut jobs, MAX_BATCH).await > 0 {
        tokio::time::sleep(COALESCE_WINDOW).await;
        while let Ok(job) = waiting.try_recv() {
            jobs.push(job);
        }
        let mut ids: Vec<Uuid> = jobs.drain(..).map(|job| job.0).collect();
        ids.sort_unstable();
        ids.dedup();
        match sqlx::query(queries::TELL).bind(ids).execute(&pool).await {
            Ok(_) => {}
            Err(_) if pool.is_closed() => return,
            Err(error) => tracing::warn!(%error, "failed to notify job followers; they catch up by polling"),
        }
    }
}
