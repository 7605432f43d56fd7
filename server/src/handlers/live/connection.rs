//! One open link: the channels that its page follows, and whether it still may.

use super::{
    Holder, Hub,
    access::{job_news, may_follow, may_watch},
    hub::News,
    log::{self, LogNews, LogRead, LogTail},
};
use app_auth::Request;
use axum::extract::ws::{Message, WebSocket};
use core_administration::accounts;
use engine::{Error, quota::Place, secrets::token_hash};
use futures::SinkExt;
use model::{
    ids::JobId,
    live::{LiveMessage, LiveNews, LiveObject, LiveRequest, LiveTopic, MAX_CHANNELS},
};
use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::broadcast,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

/// How often the browser is asked for a sign of life, and the session looked at again.
const BEAT: Duration = Duration::from_secs(5);
/// How long a message may wait until its reader takes it.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// How long a link may be open with nothing followed over it.
const IDLE_TIME: Duration = Duration::from_secs(10);

/// What a page follows.
enum Channel {
    /// A job and its log.
    Job(Box<JobChannel>),
    /// An object.
    Object(LiveObject),
    /// A log of a site.
    Log(Box<LogTail>),
}

/// A job, behind the last line that the browser has.
struct JobChannel {
    job: JobId,
    after: i64,
    follow: Option<String>,
    /// What was sent last about the job itself.
    last_sent: Option<LiveNews>,
    /// What it counts for as a buyer's.
    _place: Option<Place<Holder>>,
}

impl Channel {
    /// Whether news may be about it. A log is read all the time.
    fn concerns(&self, news: News) -> bool {
        match (news, self) {
            (_, Self::Log(_)) | (News::Job(_), Self::Object(_)) | (News::Object(_), Self::Job(_)) => false,
            (News::Any, _) => true,
            (News::Job(job), Self::Job(followed)) => followed.job == job,
            (News::Object(object), Self::Object(followed)) => *followed == object,
        }
    }
}

/// An open link.
struct LiveConnection {
    socket: WebSocket,
    request: Request,
    /// The token of the session that opened it.
    token: Option<String>,
    /// When the session was looked at last.
    checked_at: Instant,
    /// What is followed, by the numbers that the page has given.
    channels: BTreeMap<u32, Channel>,
    /// When something was followed last.
    used_at: Instant,
    /// The log that is read at the moment: one at a time, and beside the rest, because its server may take its time.
    reading: JoinSet<LogRead>,
    /// When a log may be read again, whichever is followed by then.
    reads_log_at: Instant,
    /// The channel whose log was read last: logs take turns.
    last_log: u32,
    /// What the link counts for.
    _places: Vec<Place<Holder>>,
    hub: Arc<Hub>,
}

/// Follows what the page names until it goes or its session ends.
pub async fn follow(socket: WebSocket, hub: Arc<Hub>, request: Request, token: Option<String>, places: Vec<Place<Holder>>) {
    metrics::gauge!("mpanel_live_links").increment(1.0);
    let mut news = hub.news();
    let opened = Instant::now();
    let mut link = LiveConnection {
        socket,
        request,
        token,
        checked_at: opened,
        channels: BTreeMap::new(),
        used_at: opened,
        reading: JoinSet::new(),
        reads_log_at: opened,
        last_log: 0,
        _places: places,
        hub,
    };
    let mut beat = tokio::time::interval(BEAT);
    loop {
        let goes_on = tokio::select! {
            incoming = link.socket.recv() => match incoming {
                Some(Ok(Message::Text(text))) => link.hear(&text).await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => false,
                Some(Ok(_)) => true,
            },
            heard = news.recv() => match heard {
                Ok(news) => link.send_news(news, true).await,
                Err(broadcast::error::RecvError::Lagged(_)) => link.send_news(News::Any, true).await,
                Err(broadcast::error::RecvError::Closed) => false,
            },
            _ = beat.tick() => link.beat().await,
            Some(read) = link.reading.join_next(), if !link.reading.is_empty() => match read {
                Ok(read) => link.send_log(read).await,
                Err(_) => false,
            },
            () = sleep_until(link.reads_log_at), if link.reading.is_empty() && link.next_log().is_some() => link.read_log().await,
        };
        if !goes_on {
            break;
        }
    }
    let _ = timeout(WRITE_DEADLINE, link.socket.close()).await;
    metrics::gauge!("mpanel_live_links").decrement(1.0);
}

impl LiveConnection {
    /// Does what the page asks for. False when the link is to be closed, here and below.
    async fn hear(&mut self, text: &str) -> bool {
        match serde_json::from_str(text) {
            Ok(LiveRequest::Subscribe { channel, to }) => self.still_signed_in().await && self.subscribe(channel, to).await,
            Ok(LiveRequest::Unsubscribe { channel }) => {
                self.channels.remove(&channel);
                true
            }
            Err(_) => {
                // A page of an earlier release stops at this word; without it, it would connect again and again.
                let _ = self.write(Message::Text("\"refused\"".into())).await;
                false
            }
        }
    }

    /// Takes up one more channel. A number that is in use stands for the new one from now on.
    async fn subscribe(&mut self, channel: u32, to: LiveTopic) -> bool {
        self.channels.remove(&channel);
        if self.channels.len() >= MAX_CHANNELS {
            return self.refuse(channel).await;
        }
        // A log has so many places: whoever cannot see it takes none.
        if let LiveTopic::Log(follow) = &to {
            match may_follow(&self.request, follow.site).await {
                Ok(true) => {}
                Ok(false) => return self.refuse(channel).await,
                Err(error) => return goes_down(error),
            }
        }
        let Some(opened) = self.open(to) else { return self.refuse(channel).await };
        self.channels.insert(channel, opened);
        self.send_channel(channel, Some(LiveNews::Watching)).await
    }

    /// What is followed, unless as many follow it as may.
    fn open(&self, to: LiveTopic) -> Option<Channel> {
        Some(match to {
            LiveTopic::Job { job, after, follow } => {
                let place = match &follow {
                    Some(token) => Some(self.hub.take(Holder::Token(token_hash(token)))?),
                    None => None,
                };
                Channel::Job(Box::new(JobChannel { job, after, follow, last_sent: None, _place: place }))
            }
            LiveTopic::Object(object) => Channel::Object(object),
            LiveTopic::Log(follow) => {
                let place = self.hub.take(Holder::Log(follow.site))?;
                Channel::Log(Box::new(LogTail::new(follow, place)))
            }
        })
    }

    /// Ends one channel: there is no such thing for this caller. The others go on.
    async fn refuse(&mut self, channel: u32) -> bool {
        self.channels.remove(&channel);
        self.send(channel, LiveNews::Refused).await
    }

    /// A sign of life, and a look at what may have ended since, and at news whose notice was lost.
    async fn beat(&mut self) -> bool {
        if !self.channels.is_empty() {
            self.used_at = Instant::now();
        } else if self.used_at.elapsed() > IDLE_TIME {
            return false;
        }
        self.still_signed_in().await && self.send_news(News::Any, false).await && self.write(Message::Ping(Vec::new().into())).await
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
                for channel in std::mem::take(&mut self.channels).into_keys() {
                    if !self.refuse(channel).await {
                        break;
                    }
                }
                false
            }
            Err(error) => goes_down(error),
        }
    }

    /// Sends what is new of the channels that this may be about. `changed` says that objects have changed; what is new of a
    /// job is looked up.
    async fn send_news(&mut self, news: News, changed: bool) -> bool {
        let concerned: Vec<u32> = self.channels.iter().filter(|(_, channel)| channel.concerns(news)).map(|(number, _)| *number).collect();
        if concerned.is_empty() {
            return true;
        }
        if !self.still_signed_in().await {
            return false;
        }
        for channel in concerned {
            if !self.send_channel(channel, changed.then_some(LiveNews::Changed)).await {
                return false;
            }
        }
        true
    }

    /// Sends what is new of one channel: of an object, what is given here.
    async fn send_channel(&mut self, channel: u32, said: Option<LiveNews>) -> bool {
        match self.channels.get(&channel) {
            None | Some(Channel::Log(_)) => true,
            Some(Channel::Object(object)) => match may_watch(&self.request, *object).await {
                Ok(true) => match said {
                    Some(said) => self.send(channel, said).await,
                    None => true,
                },
                Ok(false) => self.refuse(channel).await,
                Err(error) => goes_down(error),
            },
            Some(Channel::Job(_)) => self.send_job(channel).await,
        }
    }

    /// Sends what is new of a followed job: its lines, and then the job itself.
    async fn send_job(&mut self, channel: u32) -> bool {
        loop {
            let Some(Channel::Job(followed)) = self.channels.get(&channel) else { return true };
            let live = match job_news(&self.request, followed.job, followed.after, followed.follow.as_deref()).await {
                Ok(Some(live)) => live,
                Ok(None) => return self.refuse(channel).await,
                Err(error) => return goes_down(error),
            };
            let whole = live.events.is_empty();
            for event in live.events {
                if let Some(Channel::Job(followed)) = self.channels.get_mut(&channel) {
                    followed.after = followed.after.max(event.id);
                }
                if !self.send(channel, LiveNews::Event(event)).await {
                    return false;
                }
            }
            if whole {
                return self.send_job_itself(channel, LiveNews::Job(Box::new(live.view))).await;
            }
        }
    }

    /// Sends the job, unless that is what was sent last.
    async fn send_job_itself(&mut self, channel: u32, news: LiveNews) -> bool {
        let Some(Channel::Job(followed)) = self.channels.get_mut(&channel) else { return true };
        if followed.last_sent.as_ref() == Some(&news) {
            return true;
        }
        followed.last_sent = Some(news.clone());
        self.send(channel, news).await
    }

    /// The channel whose log is read next: they take turns.
    fn next_log(&self) -> Option<u32> {
        let later = self.channels.range((Excluded(self.last_log), Unbounded));
        let mut in_turn = later.chain(self.channels.range(..=self.last_log));
        in_turn.find(|(_, channel)| matches!(channel, Channel::Log(_))).map(|(number, _)| *number)
    }

    /// Begins to read a followed log.
    async fn read_log(&mut self) -> bool {
        if !self.still_signed_in().await {
            return false;
        }
        self.reads_log_at = Instant::now() + log::INTERVAL;
        let Some(channel) = self.next_log() else { return true };
        self.last_log = channel;
        if let Some(Channel::Log(tail)) = self.channels.get(&channel)
            && let Some(read) = tail.read(channel, self.request.clone())
        {
            self.reading.spawn(read);
        }
        true
    }

    /// Sends what was read of a log, if it is still followed.
    async fn send_log(&mut self, read: LogRead) -> bool {
        self.reads_log_at = Instant::now() + log::INTERVAL;
        if !self.still_signed_in().await {
            return false;
        }
        let channel = read.channel;
        let Some(Channel::Log(tail)) = self.channels.get_mut(&channel) else { return true };
        match tail.take(read) {
            LogNews::None => true,
            LogNews::Part(part) => self.send(channel, LiveNews::Log(Box::new(part))).await,
            LogNews::Failed(why) => self.send(channel, LiveNews::LogFailed(why)).await,
            LogNews::Refused => self.refuse(channel).await,
        }
    }

    async fn send(&mut self, channel: u32, news: LiveNews) -> bool {
        match serde_json::to_string(&LiveMessage { channel, news }) {
            Ok(text) => self.write(Message::Text(text.into())).await,
            Err(_) => false,
        }
    }

    /// False when the link is gone, or its reader takes nothing: that one keeps no place for itself.
    async fn write(&mut self, message: Message) -> bool {
        matches!(timeout(WRITE_DEADLINE, self.socket.send(message)).await, Ok(Ok(())))
    }
}

/// The browser connects again by itself; the log has the reason.
fn goes_down(error: Error) -> bool {
    let _ = error.into_api();
    false
}
