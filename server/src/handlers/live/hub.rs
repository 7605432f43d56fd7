//! Tells every live link which job has news. One LISTEN connection serves them all.

use db::{Db, Signal};
use futures::StreamExt;
use model::ids::JobId;
use std::sync::Arc;
use tokio::sync::broadcast;

/// The one who listens for all.
pub struct Hub {
    news: broadcast::Sender<Option<JobId>>,
}

impl Hub {
    /// Starts to listen; ends with the process.
    pub fn start(db: &Db) -> Arc<Self> {
        let (news, _) = broadcast::channel(4096);
        let hub = Arc::new(Self { news });
        let mut signals = db.listen(&["job_event", "job_state"]);
        let sender = hub.news.clone();
        tokio::spawn(async move {
            while let Some(signal) = signals.next().await {
                let job = match signal {
                    // Notices were lost in between: everybody looks at the tables.
                    Signal::Connected => None,
                    Signal::Notice { payload, .. } => match payload.split(':').next().and_then(|id| id.parse().ok()) {
                        Some(job) => Some(job),
                        None => continue,
                    },
                };
                let _ = sender.send(job);
            }
        });
        hub
    }

    /// Jobs with news from now on; `None` means that any may have some.
    pub fn news(&self) -> broadcast::Receiver<Option<JobId>> {
        self.news.subscribe()
    }
}
