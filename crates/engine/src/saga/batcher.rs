//! Batches what many jobs send to PostgreSQL at the same time: group commit.
//!
//! An item is little work; its cost is the round trip and the wait for the disk. Items that arrive while a batch is in flight are collected for
//! the next one. If a batch fails or finds a locked row, its items are handled one by one: none fails because of another, and each gets its own
//! error.

use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Most items in one batch.
const MAX_BATCH: usize = 64;
/// Batches in flight at the same time: while one waits for the disk the next is prepared.
const MAX_IN_FLIGHT: usize = 2;

/// Collects items into batches. Cheap to clone; its task ends with the last clone.
pub(super) struct Batcher<D: BatchHandler>(mpsc::UnboundedSender<Submission<D>>);

/// Handles the batches.
pub(super) trait BatchHandler: Clone + Send + Sync + 'static {
    /// What a job submits.
    type Item: Send + Sync + 'static;
    /// What it gets back.
    type Reply: Send + 'static;

    /// All items, or none; one reply for each, in their order.
    fn handle(&self, items: &[Self::Item], lock_wait: LockWait) -> impl Future<Output = Result<Vec<Self::Reply>, sqlx::Error>> + Send;
}

/// How long to wait for a row that somebody else has locked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LockWait {
    /// Only briefly.
    Short,
    /// As long as any statement.
    Normal,
}

struct Submission<D: BatchHandler> {
    item: D::Item,
    reply: oneshot::Sender<Result<D::Reply, sqlx::Error>>,
}

impl<D: BatchHandler> Clone for Batcher<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: BatchHandler> Batcher<D> {
    pub(super) fn start(handler: D) -> Self {
        let (sender, items) = mpsc::unbounded_channel();
        tokio::spawn(run_batches(handler, items));
        Self(sender)
    }

    /// Submits an item and waits for its reply.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub(super) async fn submit(&self, item: D::Item) -> Result<D::Reply, sqlx::Error> {
        let (reply, done) = oneshot::channel();
        self.0.send(Submission { item, reply }).map_err(|_| sqlx::Error::WorkerCrashed)?;
        done.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

async fn run_batches<D: BatchHandler>(handler: D, mut waiting: mpsc::UnboundedReceiver<Submission<D>>) {
    let permits = Arc::new(Semaphore::new(MAX_IN_FLIGHT));
    let mut submissions = Vec::new();
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await
        && waiting.recv_many(&mut submissions, MAX_BATCH).await > 0
    {
        let (items, replies) = submissions.drain(..).map(|submission| (submission.item, submission.reply)).unzip();
        let handler = handler.clone();
        tokio::spawn(async move {
            run_batch(handler, items, replies).await;
            drop(permit);
        });
    }
}

async fn run_batch<D: BatchHandler>(handler: D, items: Vec<D::Item>, replies: Vec<oneshot::Sender<Result<D::Reply, sqlx::Error>>>) {
    match handler.handle(&items, LockWait::Short).await {
        // Whoever submitted it may be gone by now; then nobody needs the reply.
        Ok(done) => replies.into_iter().zip(done).for_each(|(reply, done)| drop(reply.send(Ok(done)))),
        Err(error) => {
            tracing::debug!(%error, items = items.len(), "batch failed; handling its items one by one");
            for (item, reply) in items.into_iter().zip(replies) {
                let handler = handler.clone();
                // Only their jobs wait for these: one may wait for a locked row for a while.
                tokio::spawn(async move {
                    let done = handler.handle(std::slice::from_ref(&item), LockWait::Normal).await;
                    let _ = reply.send(done.and_then(|mut done| done.pop().ok_or(sqlx::Error::WorkerCrashed)));
                });
            }
        }
    }
}
