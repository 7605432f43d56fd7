//! Tells every live link which job has news. One LISTEN connection serves them all.

use crate::quota::{Place, Quota};
use db::{Db, Signal};
use futures::StreamExt;
use model::ids::{JobId, SessionId};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Links that one session, or one buyer's token, may have open.
const LINKS_PER_HOLDER: usize = 20;

/// Who has links open.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A signed-in browser.
    Session(SessionId),
    /// A buyer, by the hash of the token.
    Token(Vec<u8>),
    /// A peer.
    Address(String),
}

/// The one who listens for all.
pub struct Hub {
    news: broadcast::Sender<Option<JobId>>,
    links: Quota<Holder>,
    links_per_address: usize,
}

impl Hub {
    /// Starts to listen; ends with the process.
    pub fn start(db: &Db, links_per_address: usize) -> Arc<Self> {
        let (news, _) = broadcast::channel(4096);
        let hub = Arc::new(Self { news, links: Quota::default(), links_per_address });
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

    /// One more link for this holder, unless it has as many as one may have.
    pub fn take(&self, holder: Holder) -> Option<Place<Holder>> {
        let most = if matches!(holder, Holder::Address(_)) { self.links_per_address } else { LINKS_PER_HOLDER };
        self.links.take(holder, most)
    }

    /// Jobs with news from now on; `None` means that any may have some.
    pub fn news(&self) -> broadcast::Receiver<Option<JobId>> {
        self.news.subscribe()
    }
}
