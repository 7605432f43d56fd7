//! The live link: one WebSocket, LISTEN/NOTIFY behind it, authorised per channel, resumed by number.

use app_door::Request;
use axum::{
    Extension,
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use db::{Db, Signal};
use futures::{SinkExt, StreamExt};
use model::permission::JobsRead;
use model::{
    administration::provisioning::{LiveMessage, LiveRequest},
    ids::JobId,
};
use mpanel_core::{
    Error,
    administration::provisioning::{self, Live},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;

/// Longest message that a browser may send, in bytes.
const MESSAGE_LIMIT: usize = 4096;

/// Tells every live link which job has news. One LISTEN connection serves them all.
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
}

/// `GET /api/live`. Only our own pages may open it.
pub async fn upgrade(State(hub): State<Arc<Hub>>, Extension(request): Extension<Request>, headers: HeaderMap, socket: WebSocketUpgrade) -> Response {
    if !same_origin(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    socket.max_message_size(MESSAGE_LIMIT).on_upgrade(move |socket| follow(socket, hub, request))
}

fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, authority)| authority == host),
        // Programs that are not browsers send none, and carry no cookie of a victim.
        (None, _) => true,
        (Some(_), None) => false,
    }
}

/// What a browser follows: a job, behind the last line it has.
struct Watch {
    job: JobId,
    after: i64,
    follow: Option<String>,
}

/// Follows the jobs that the browser names, one at a time, until it goes.
async fn follow(mut socket: WebSocket, hub: Arc<Hub>, request: Request) {
    let mut news = hub.news.subscribe();
    let mut watch: Option<Watch> = None;
    let mut tick = tokio::time::interval(Duration::from_secs(20));
    loop {
        tokio::select! {
            incoming = socket.recv() => match incoming {
                Some(Ok(Message::Text(text))) => {
                    let Ok(LiveRequest::Subscribe { job, after, follow }) = serde_json::from_str(&text) else { break };
                    watch = Some(Watch { job, after, follow });
                    if !send_news(&mut socket, &request, &mut watch).await { break }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
            heard = news.recv() => {
                let ours = match heard {
                    Ok(Some(job)) => watch.as_ref().is_some_and(|watch| watch.job == job),
                    Ok(None) | Err(broadcast::error::RecvError::Lagged(_)) => true,
                    Err(broadcast::error::RecvError::Closed) => break,
                };
                if ours && !send_news(&mut socket, &request, &mut watch).await { break }
            }
            _ = tick.tick() => {
                if socket.send(Message::Ping(Vec::new().into())).await.is_err() { break }
            }
        }
    }
    let _ = socket.close().await;
}

/// Sends what is new of the watched job. False when the link is to be closed.
async fn send_news(socket: &mut WebSocket, request: &Request, watch: &mut Option<Watch>) -> bool {
    let Some(watch) = watch else { return true };
    loop {
        let live = match look(request, watch).await {
            Ok(Some(live)) => live,
            Ok(None) => {
                let _ = say(socket, &LiveMessage::Refused).await;
                return false;
            }
            Err(error) => {
                // The browser connects again by itself; the log has the reason.
                let _ = error.into_api();
                return false;
            }
        };
        let whole = live.events.is_empty();
        for event in live.events {
            watch.after = watch.after.max(event.id);
            if !say(socket, &LiveMessage::Event(event)).await {
                return false;
            }
        }
        if whole {
            return say(socket, &LiveMessage::Job(Box::new(live.view))).await;
        }
    }
}

/// Reads through the door that this caller has: the platform's, a tenant's, or a buyer's token.
async fn look(request: &Request, watch: &Watch) -> Result<Option<Live>, Error> {
    let db = &request.services.db;
    if let Some(token) = &watch.follow {
        return provisioning::live_for_buyer(&mut db.public(&request.caller).await?, watch.job, token, watch.after).await;
    }
    let Some(viewer) = &request.viewer else { return Ok(None) };
    if viewer.platform_role.is_some()
        && let Ok(mut tx) = db.platform::<JobsRead>(&request.caller).await
    {
        return provisioning::live(&mut tx, watch.job, watch.after).await;
    }
    for membership in &viewer.memberships {
        if let Ok(mut tx) = db.tenant::<JobsRead>(&request.caller, membership.tenant).await
            && let Some(live) = provisioning::live_own(&mut tx, watch.job, watch.after).await?
        {
            return Ok(Some(live));
        }
    }
    Ok(None)
}

async fn say(socket: &mut WebSocket, message: &LiveMessage) -> bool {
    match serde_json::to_string(message) {
        Ok(text) => socket.send(Message::Text(text.into())).await.is_ok(),
        Err(_) => false,
    }
}
