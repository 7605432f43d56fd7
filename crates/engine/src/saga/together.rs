//! What many jobs want from PostgreSQL at the same time goes there together.
//!
//! What one job wants is little; what it costs are the question and the wait for the disk. While one is on its way the wants of other
//! jobs gather, and they go together with the next. What fails together, or finds a row locked by somebody else, is done again want by
//! want: none suffers for another, and each learns its own reason.

use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Most wants at a time.
const AT_ONCE: usize = 64;
/// So many at the same time: while one waits for the disk the next is made.
const LANES: usize = 2;

/// Where wants are handed in. Cheap to clone; it ends with the last clone.
pub(super) struct Together<D: Desk>(mpsc::UnboundedSender<Asked<D>>);

/// Where wants are done.
pub(super) trait Desk: Clone + Send + Sync + 'static {
    /// What a job wants.
    type Want: Send + Sync + 'static;
    /// What it learns.
    type Answer: Send + 'static;

    /// All of it, or nothing; an answer for each.
    fn put(&self, wants: &[Self::Want], haste: Haste) -> impl Future<Output = Result<Vec<Self::Answer>, sqlx::Error>> + Send;
}

/// Whether a row that somebody else has locked is waited for a moment only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Haste {
    Yes,
    No,
}

struct Asked<D: Desk> {
    want: D::Want,
    answer: oneshot::Sender<Result<D::Answer, sqlx::Error>>,
}

impl<D: Desk> Clone for Together<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: Desk> Together<D> {
    pub(super) fn start(desk: D) -> Self {
        let (hand_in, wants) = mpsc::unbounded_channel();
        tokio::spawn(serve(desk, wants));
        Self(hand_in)
    }

    /// Waits until it is done.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub(super) async fn ask(&self, want: D::Want) -> Result<D::Answer, sqlx::Error> {
        let (answer, done) = oneshot::channel();
        self.0.send(Asked { want, answer }).map_err(|_| sqlx::Error::WorkerCrashed)?;
        done.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

async fn serve<D: Desk>(desk: D, mut waiting: mpsc::UnboundedReceiver<Asked<D>>) {
    let lanes = Arc::new(Semaphore::new(LANES));
    let mut asked = Vec::new();
    while let Ok(lane) = Arc::clone(&lanes).acquire_owned().await
        && waiting.recv_many(&mut asked, AT_ONCE).await > 0
    {
        let (wants, answers) = asked.drain(..).map(|asked| (asked.want, asked.answer)).unzip();
        let desk = desk.clone();
        tokio::spawn(async move {
            all(desk, wants, answers).await;
            drop(lane);
        });
    }
}

async fn all<D: Desk>(desk: D, wants: Vec<D::Want>, answers: Vec<oneshot::Sender<Result<D::Answer, sqlx::Error>>>) {
    match desk.put(&wants, Haste::Yes).await {
        // Who asked may be gone by now; then nobody needs the answer.
        Ok(done) => answers.into_iter().zip(done).for_each(|(answer, done)| drop(answer.send(Ok(done)))),
        Err(error) => {
            tracing::debug!(%error, wants = wants.len(), "batch failed; handling its items one by one");
            for (want, answer) in wants.into_iter().zip(answers) {
                let desk = desk.clone();
                // Nobody waits for these but their jobs: one may stand before a locked row for a while.
                tokio::spawn(async move {
                    let done = desk.put(std::slice::from_ref(&want), Haste::No).await;
                    let _ = answer.send(done.and_then(|mut done| done.pop().ok_or(sqlx::Error::WorkerCrashed)));
                });
            }
        }
    }
}
