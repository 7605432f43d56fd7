//! One open link: what it follows, and whether it still may.

use super::{Holder, Hub, hub::News};
use crate::quota::Place;
use app_auth::Request;
use axum::extract::ws::{Message, WebSocket};
use core_administration::{
    accounts,
    provisioning::{self, Live},
    servers,
};
use core_hosting::{cloudpods, dns};
use engine::{Error, secrets::token_hash};
use futures::SinkExt;
use model::{
    error::ErrorCode,
    ids::{CloudPodId, DomainId, JobId},
    live::{LiveMessage, LiveObject, LiveRequest},
    permission::{CloudpodsRead, DnsRead, JobsRead, ServersRead},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::broadcast, time::Instant};

/// How often the browser is asked for a sign of life, and the session looked at again.
const BEAT: Duration = Duration::from_secs(5);
/// How long a browser may take to say what it follows.
const SUBSCRIBE_TIME: Duration = Duration::from_secs(10);

/// What a browser follows.
enum Channel {
    /// A job and its log.
    Job(Subscription),
    /// An object.
    Object(LiveObject),
}

/// A job, behind the last line that the browser has.
struct Subscription {
    job: JobId,
    after: i64,
    follow: Option<String>,
}

/// An open link.
struct LiveConnection {
    socket: WebSocket,
    request: Request,
    /// The token of the session that opened it.
    token: Option<String>,
    /// When the session was looked at last.
    checked_at: Instant,
    channel: Option<Channel>,
    /// What the link counts for.
    _places: Vec<Place<Holder>>,
    /// What it counts for as a buyer's: the token, and its place.
    buyer: Option<(String, Place<Holder>)>,
    hub: Arc<Hub>,
    /// What was sent last about the watched job itself.
    last_sent: Option<LiveMessage>,
}

/// Follows the jobs that the browser names, one at a time, until it goes or its session ends.
pub async fn follow(socket: WebSocket, hub: Arc<Hub>, request: Request, token: Option<String>, places: Vec<Place<Holder>>) {
    metrics::gauge!("mpanel_live_links").increment(1.0);
    let mut news = hub.news();
    let opened = Instant::now();
    let mut link = LiveConnection { socket, request, token, checked_at: opened, channel: None, _places: places, buyer: None, hub, last_sent: None };
    let mut beat = tokio::time::interval(BEAT);
    loop {
        let goes_on = tokio::select! {
            incoming = link.socket.recv() => match incoming {
                Some(Ok(Message::Text(text))) => link.subscribe(&text).await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => false,
                Some(Ok(_)) => true,
            },
            heard = news.recv() => match heard {
                Ok(news) if !link.concerns(news) => true,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => link.send_news(true).await,
                Err(broadcast::error::RecvError::Closed) => false,
            },
            _ = beat.tick() => link.beat(opened).await,
        };
        if !goes_on {
            break;
        }
    }
    let _ = link.socket.close().await;
    metrics::gauge!("mpanel_live_links").decrement(1.0);
}

impl LiveConnection {
    /// Takes up what the browser wants to follow. False when the link is to be closed, here and below.
    async fn subscribe(&mut self, text: &str) -> bool {
        let (job, after, follow) = match serde_json::from_str(text) {
            Ok(LiveRequest::Subscribe { job, after, follow }) => (job, after, follow),
            Ok(LiveRequest::Watch(object)) => {
                self.channel = Some(Channel::Object(object));
                return self.send_news(false).await && self.send(&LiveMessage::Watching).await;
            }
            Err(_) => return false,
        };
        if !self.take_buyers_place(follow.as_deref()) {
            let _ = self.send(&LiveMessage::Refused).await;
            return false;
        }
        (self.channel, self.last_sent) = (Some(Channel::Job(Subscription { job, after, follow })), None);
        self.send_news(true).await
    }

    /// Counts the link for the buyer's token that it names; false when as many follow it as may.
    fn take_buyers_place(&mut self, token: Option<&str>) -> bool {
        let Some(token) = token else { return true };
        if self.buyer.as_ref().is_some_and(|(known, _)| known == token) {
            return true;
        }
        self.buyer = self.hub.take(Holder::Token(token_hash(token))).map(|place| (token.to_owned(), place));
        self.buyer.is_some()
    }

    /// A sign of life, and a look at what may have ended since, and at news whose notice was lost.
    async fn beat(&mut self, opened: Instant) -> bool {
        if self.channel.is_none() && opened.elapsed() > SUBSCRIBE_TIME {
            return false;
        }
        self.send_news(false).await && self.socket.send(Message::Ping(Vec::new().into())).await.is_ok()
    }

    /// Whether the session that opened the link still holds: signing out, an end from elsewhere or a changed role ends or
    /// changes what is heard here within [`BEAT`].
    async fn still_signed_in(&mut self) -> bool {
        let Some(token) = self.token.as_deref().filter(|_| self.request.viewer.is_some()) else { return true };
        if self.checked_at.elapsed() < BEAT {
            return true;
        }
        match accounts::viewer(&self.request.services, self.request.caller.origin.clone(), token).await {
            Ok(Some((caller, viewer))) => {
                (self.request.caller, self.request.viewer) = (caller, Some(viewer));
                self.checked_at = Instant::now();
                true
            }
            Ok(None) => {
                let _ = self.send(&LiveMessage::Refused).await;
                false
            }
            Err(error) => {
                // The browser connects again by itself; the log has the reason.
                let _ = error.into_api();
                false
            }
        }
    }

    /// Whether news may be about what is followed.
    fn concerns(&self, news: News) -> bool {
        match (news, &self.channel) {
            (_, None) => false,
            (News::Any, Some(_)) => true,
            (News::Job(job), Some(Channel::Job(subscription))) => subscription.job == job,
            (News::Object(object), Some(Channel::Object(followed))) => *followed == object,
            (News::Job(_), Some(Channel::Object(_))) | (News::Object(_), Some(Channel::Job(_))) => false,
        }
    }

    /// Sends what is new of what is followed. `changed` says that an object has changed; what is new of a job is looked up.
    async fn send_news(&mut self, changed: bool) -> bool {
        if !self.still_signed_in().await {
            return false;
        }
        match &self.channel {
            None => true,
            Some(Channel::Object(object)) => match may_watch(&self.request, *object).await {
                Ok(true) => !changed || self.send(&LiveMessage::Changed).await,
                Ok(false) => {
                    let _ = self.send(&LiveMessage::Refused).await;
                    false
                }
                Err(error) => {
                    let _ = error.into_api();
                    false
                }
            },
            Some(Channel::Job(_)) => self.send_job().await,
        }
    }

    /// Sends what is new of the followed job.
    async fn send_job(&mut self) -> bool {
        loop {
            let Some(Channel::Job(subscription)) = &self.channel else { return true };
            let live = match load_snapshot(&self.request, subscription).await {
                Ok(Some(live)) => live,
                Ok(None) => {
                    let _ = self.send(&LiveMessage::Refused).await;
                    return false;
                }
                Err(error) => {
                    let _ = error.into_api();
                    return false;
                }
            };
            let whole = live.events.is_empty();
            for event in live.events {
                if let Some(Channel::Job(subscription)) = &mut self.channel {
                    subscription.after = subscription.after.max(event.id);
                }
                if !self.send(&LiveMessage::Event(event)).await {
                    return false;
                }
            }
            if whole {
                let news = LiveMessage::Job(Box::new(live.view));
                if self.last_sent.as_ref() == Some(&news) {
                    return true;
                }
                let heard = self.send(&news).await;
                self.last_sent = Some(news);
                return heard;
            }
        }
    }

    async fn send(&mut self, message: &LiveMessage) -> bool {
        match serde_json::to_string(message) {
            Ok(text) => self.socket.send(Message::Text(text.into())).await.is_ok(),
            Err(_) => false,
        }
    }
}

/// Reads through the door that this caller has: the platform's, a tenant's, or a buyer's token.
async fn load_snapshot(request: &Request, subscription: &Subscription) -> Result<Option<Live>, Error> {
    let db = &request.services.db;
    if let Some(token) = &subscription.follow {
        return provisioning::live_for_buyer(&mut db.public(&request.caller).await?, subscription.job, token, subscription.after).await;
    }
    let Some(viewer) = &request.viewer else { return Ok(None) };
    if viewer.platform_role.is_some()
        && let Ok(mut tx) = db.platform::<JobsRead>(&request.caller).await
    {
        return provisioning::live(&mut tx, subscription.job, subscription.after).await;
    }
    for membership in &viewer.memberships {
        if let Ok(mut tx) = db.tenant::<JobsRead>(&request.caller, membership.tenant).await
            && let Some(live) = provisioning::live_own(&mut tx, subscription.job, subscription.after).await?
        {
            return Ok(Some(live));
        }
    }
    Ok(None)
}

/// Whether this caller may see the object: by the platform's permission, or by that of the account whose it is.
async fn may_watch(request: &Request, object: LiveObject) -> Result<bool, Error> {
    match object {
        LiveObject::Server(id) => match request.services.db.platform::<ServersRead>(&request.caller).await {
            Ok(mut tx) => found(servers::get(&mut tx, id, Vec::new()).await),
            Err(_) => Ok(false),
        },
        LiveObject::CloudPod(id) => may_watch_pod(request, id).await,
        LiveObject::DnsZone(id) => may_watch_zone(request, id).await,
    }
}

async fn may_watch_pod(request: &Request, pod: CloudPodId) -> Result<bool, Error> {
    let (db, Some(viewer)) = (&request.services.db, &request.viewer) else { return Ok(false) };
    if viewer.platform_role.is_some()
        && let Ok(mut tx) = db.platform::<CloudpodsRead>(&request.caller).await
    {
        return found(cloudpods::get(&request.services, &mut tx, pod).await);
    }
    for membership in &viewer.memberships {
        if let Ok(mut tx) = db.tenant::<CloudpodsRead>(&request.caller, membership.tenant).await
            && found(cloudpods::get_own(&mut tx, pod).await)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn may_watch_zone(request: &Request, domain: DomainId) -> Result<bool, Error> {
    let (db, Some(viewer)) = (&request.services.db, &request.viewer) else { return Ok(false) };
    if viewer.platform_role.is_some()
        && let Ok(mut tx) = db.platform::<DnsRead>(&request.caller).await
    {
        return found(dns::find(&mut tx, domain).await);
    }
    for membership in &viewer.memberships {
        if let Ok(mut tx) = db.tenant::<DnsRead>(&request.caller, membership.tenant).await
            && found(dns::find_own(&mut tx, domain).await)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether there is such an object for this caller.
fn found<T>(answer: Result<T, Error>) -> Result<bool, Error> {
    match answer {
        Ok(_) => Ok(true),
        Err(Error::Api(error)) if error.code == ErrorCode::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
