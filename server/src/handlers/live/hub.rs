//! Tells every live link which job has news, and which object has changed. One LISTEN connection serves them all.

use db::{Db, Signal};
use engine::quota::{Place, Quota};
use futures::StreamExt;
use model::{
    ids::{JobId, SessionId, WebsiteId},
    live::LiveObject,
};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Links that one session, or one buyer's token, may have open.
const LINKS_PER_HOLDER: usize = 20;

/// Links that may follow logs of one site: each reads them from its server again and again.
const FOLLOWERS_PER_SITE: usize = 10;

/// What may be new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Notices were lost: everybody looks.
    Any,
    /// A job has news.
    Job(JobId),
    /// An object has changed.
    Object(LiveObject),
}

/// Who has links open.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A signed-in browser.
    Session(SessionId),
    /// A buyer, by the hash of the token.
    Token(Vec<u8>),
    /// A peer.
    Address(String),
    /// Whoever follows a log of a site.
    Log(WebsiteId),
}

/// The one who listens for all.
pub struct Hub {
    news: broadcast::Sender<News>,
    links: Quota<Holder>,
    links_per_address: usize,
}

impl Hub {
    /// Starts to listen; ends with the process.
    pub fn start(db: &Db, links_per_address: usize) -> Arc<Self> {
        let (news, _) = broadcast::channel(4096);
        let hub = Arc::new(Self { news, links: Quota::default(), links_per_address });
        let mut signals = db.listen(&["job_event", "job_state", "live_object"]);
        let sender = hub.news.clone();
        tokio::spawn(async move {
            while let Some(signal) = signals.next().await {
                let news = match signal {
                    Signal::Connected => Some(News::Any),
                    Signal::Notice { channel, payload } if channel == "live_object" => object(&payload).map(News::Object),
                    Signal::Notice { payload, .. } => payload.split(':').next().and_then(|id| id.parse().ok()).map(News::Job),
                };
                if let Some(news) = news {
                    // Nobody may be listening.
                    let _ = sender.send(news);
                }
            }
        });
        hub
    }

    /// One more link for this holder, unless it has as many as one may have.
    pub fn take(&self, holder: Holder) -> Option<Place<Holder>> {
        let most = match holder {
            Holder::Address(_) => self.links_per_address,
            Holder::Log(_) => FOLLOWERS_PER_SITE,
            Holder::Session(_) | Holder::Token(_) => LINKS_PER_HOLDER,
        };
        self.links.take(holder, most)
    }

    /// What is new from now on.
    pub fn news(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }
}

/// `cloud_pod:<id>`, as PostgreSQL sends it.
fn object(payload: &str) -> Option<LiveObject> {
    match payload.split_once(':')? {
        ("cloud_pod", id) => id.parse().ok().map(LiveObject::CloudPod),
        ("server", id) => id.parse().ok().map(LiveObject::Server),
        ("dns_zone", id) => id.parse().ok().map(LiveObject::DnsZone),
        _ => None,
    }
}
