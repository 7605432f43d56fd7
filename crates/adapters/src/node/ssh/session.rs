//! Many requests over one channel, told apart by their ids.

use super::{
    connect::{Hello, SshChannel},
    pump,
};
use crate::node::{NodeError, NodeLogLine};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch},
    time::Instant,
};
use wire::{
    Key,
    frame::{Frame, WINDOW},
    message::{Failure, FailureKind, FromNode, ToNode},
    verb::{Reply, Verb},
};

/// Requests at the same time; further ones wait for their turn. Half of what the program takes, as stopped ones may linger there.
const MOST: usize = 64;
/// Those of them that carry a file or a stream, and so take as long as its slowest side: others always find room.
const MOST_STREAMS: usize = 48;
/// Pieces of files that wait for the channel.
const PIECES: usize = 2;

/// A connection to one server's program.
pub struct Session {
    /// What the program said first.
    pub hello: Hello,
    /// The pinned key and the address it was made with.
    pub connection_key: (String, String),
    shared: Arc<SessionState>,
    permits: Arc<Semaphore>,
    stream_permits: Arc<Semaphore>,
    next: AtomicU64,
    pieces: mpsc::Sender<Vec<u8>>,
}

/// What the requests and the two pumps share.
pub struct SessionState {
    /// `None` once the connection is over: nothing can be registered any more.
    waiting: Mutex<Option<HashMap<u64, PendingRequest>>>,
    messages: mpsc::UnboundedSender<Vec<u8>>,
    over: watch::Sender<bool>,
}

struct PendingRequest {
    answer: oneshot::Sender<Result<Reply, NodeError>>,
    lines: Option<mpsc::UnboundedSender<NodeLogLine>>,
    /// Bytes of the request's file that the agent has room for.
    room: Arc<Semaphore>,
    /// Takes the pieces of the answer; holds a window at most.
    chunks: mpsc::UnboundedSender<Vec<u8>>,
    /// Bytes of the answer that came and for which no credit was given yet.
    ahead: u64,
}

/// Nothing was sent: the connection was over already.
pub struct SessionClosed;

/// A request that was sent. Dropped before its answer, it stops the work on the server.
pub struct InFlightRequest {
    /// Its number in the session.
    pub id: u64,
    session: Arc<Session>,
    answer: oneshot::Receiver<Result<Reply, NodeError>>,
    answered: bool,
    room: Arc<Semaphore>,
    chunks: mpsc::UnboundedReceiver<Vec<u8>>,
    _permits: (Option<OwnedSemaphorePermit>, OwnedSemaphorePermit),
}

impl Session {
    /// Takes over an open channel.
    pub fn start(channel: SshChannel, hello: Hello, connection_key: (String, String)) -> Arc<Self> {
        let (messages, message_queue) = mpsc::unbounded_channel();
        let (pieces, piece_queue) = mpsc::channel(PIECES);
        let (over, _) = watch::channel(false);
        let shared = Arc::new(SessionState { waiting: Mutex::new(Some(HashMap::new())), messages, over });
        let SshChannel { handle, read, write, decoder } = channel;
        tokio::spawn(pump::read(Arc::clone(&shared), read, decoder));
        tokio::spawn(pump::write(shared.over.subscribe(), Arc::clone(&shared), handle, write, message_queue, piece_queue));
        let (permits, stream_permits) = (Arc::new(Semaphore::new(MOST)), Arc::new(Semaphore::new(MOST_STREAMS)));
        Arc::new(Self { hello, connection_key, shared, permits, stream_permits, next: AtomicU64::new(1), pieces })
    }

    /// Sends a request when there is room for it.
    ///
    /// # Errors
    /// [`SessionClosed`] when nothing was sent because the connection had ended.
    pub async fn begin(
        self: &Arc<Self>,
        verb: Verb,
        key: Key,
        until: Instant,
        lines: Option<mpsc::UnboundedSender<NodeLogLine>>,
    ) -> Result<InFlightRequest, SessionClosed> {
        let of_streams = match verb.is_stream() {
            true => Some(Arc::clone(&self.stream_permits).acquire_owned().await.map_err(|_| SessionClosed)?),
            false => None,
        };
        let permits = (of_streams, Arc::clone(&self.permits).acquire_owned().await.map_err(|_| SessionClosed)?);
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, end) = oneshot::channel();
        // An agent of before gives no credit: it takes what the channel carries.
        let room = self.hello.window.and_then(|window| usize::try_from(window).ok()).unwrap_or(Semaphore::MAX_PERMITS);
        let (room, (chunks, pieces)) = (Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS))), mpsc::unbounded_channel());
        let pending = PendingRequest { answer, lines, room: Arc::clone(&room), chunks, ahead: 0 };
        self.shared.lock().as_mut().ok_or(SessionClosed)?.insert(id, pending);
        let session = Arc::clone(self);
        let running = InFlightRequest { id, session, answer: end, answered: false, room, chunks: pieces, _permits: permits };
        let deadline_ms = u64::try_from(until.saturating_duration_since(Instant::now()).as_millis()).unwrap_or(u64::MAX);
        self.shared.send_message(&ToNode::Request { id, deadline_ms, key, verb, window: self.hello.window.map(|_| WINDOW) });
        Ok(running)
    }

    /// Sends a piece of a request's file; waits while the agent has no `room` for it, or the channel is full.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn piece(&self, id: u64, room: &Semaphore, bytes: Vec<u8>) -> Result<(), SessionClosed> {
        let length = u32::try_from(bytes.len()).map_err(|_| SessionClosed)?;
        room.acquire_many(length).await.map_err(|_| SessionClosed)?.forget();
        let frame = Frame::Chunk { id, bytes }.to_bytes().map_err(|_| SessionClosed)?;
        self.pieces.send(frame).await.map_err(|_| SessionClosed)
    }

    /// Whether the connection is over.
    pub fn is_over(&self) -> bool {
        *self.shared.over.borrow()
    }

    /// Waits until the connection is over.
    pub async fn ended(&self) {
        // Fails only when the state is gone, and this holds it.
        let _ = self.shared.over().wait_for(|over| *over).await;
    }

    /// Ends the connection; requests that wait learn why.
    pub fn end(&self, why: &str) {
        self.shared.end(why);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.shared.end("connection closed: idle");
    }
}

impl InFlightRequest {
    /// The connection it runs on.
    pub fn session(&self) -> Arc<Session> {
        Arc::clone(&self.session)
    }

    /// What the agent has room for, of this request's file.
    pub fn room(&self) -> Arc<Semaphore> {
        Arc::clone(&self.room)
    }

    /// The next piece of the answer; nothing once it has ended.
    pub async fn chunk(&mut self) -> Option<Vec<u8>> {
        self.chunks.recv().await
    }

    /// So many bytes of the answer were taken: the agent may send as many more.
    pub fn give_credit(&self, bytes: u64) {
        let shared = &self.session.shared;
        if let Some(pending) = shared.lock().as_mut().and_then(|waiting| waiting.get_mut(&self.id)) {
            pending.ahead = pending.ahead.saturating_sub(bytes);
        }
        shared.send_message(&ToNode::Credit { id: self.id, bytes });
    }

    /// The answer of the server, or why there is none.
    pub async fn answer(&mut self) -> Result<Reply, NodeError> {
        let answer = (&mut self.answer).await;
        self.answered = true;
        answer.unwrap_or_else(|_| Err(NodeError::Unreachable("connection lost".to_owned())))
    }
}

impl Drop for InFlightRequest {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        let waited = self.session.shared.lock().as_mut().and_then(|waiting| waiting.remove(&self.id)).is_some();
        if waited {
            self.session.shared.send_message(&ToNode::Cancel { id: self.id });
        }
    }
}

impl SessionState {
    /// Tells when the connection is over.
    pub fn over(&self) -> watch::Receiver<bool> {
        self.over.subscribe()
    }

    /// Hands a message of the server to the request it belongs to.
    pub fn take(&self, message: FromNode) {
        match message {
            FromNode::Log { id, level, line } => {
                let waiting = self.lock();
                let lines = waiting.as_ref().and_then(|waiting| waiting.get(&id)).and_then(|one| one.lines.as_ref());
                if let Some(lines) = lines {
                    // Nobody may be listening any more; the work goes on all the same.
                    let _ = lines.send(NodeLogLine { level, line });
                }
            }
            FromNode::Done { id, result } => self.answer(id, result.map_err(NodeError::Failed)),
            FromNode::Credit { id, bytes } => {
                if let Some(pending) = self.lock().as_ref().and_then(|waiting| waiting.get(&id)) {
                    let most = Semaphore::MAX_PERMITS - pending.room.available_permits();
                    pending.room.add_permits(usize::try_from(bytes).map_or(most, |bytes| bytes.min(most)));
                }
            }
            FromNode::Hello { .. } | FromNode::Progress { .. } => {}
        }
    }

    /// Hands a piece of an answer to the request it belongs to. One that was given up in the meantime gets nothing.
    ///
    /// # Errors
    /// When it is more than the panel gave credit for.
    pub fn take_chunk(&self, id: u64, bytes: Vec<u8>) -> Result<(), String> {
        let mut waiting = self.lock();
        let Some(pending) = waiting.as_mut().and_then(|waiting| waiting.get_mut(&id)) else { return Ok(()) };
        pending.ahead += bytes.len() as u64;
        if pending.ahead > WINDOW {
            return Err("it sent more than there was room for".to_owned());
        }
        // Whoever asked may have gone at the same moment.
        let _ = pending.chunks.send(bytes);
        Ok(())
    }

    /// Ends everything; called by whoever notices first.
    pub fn end(&self, why: &str) {
        let waiting = self.lock().take();
        self.over.send_replace(true);
        for (_, one) in waiting.into_iter().flatten() {
            // The caller may have gone at the same moment.
            let _ = one.answer.send(Err(NodeError::Unreachable(why.to_owned())));
        }
    }

    fn send_message(&self, message: &ToNode) {
        let (ToNode::Request { id, .. } | ToNode::Cancel { id } | ToNode::Credit { id, .. }) = message;
        let bytes = serde_json::to_vec(message).ok().and_then(|json| Frame::Json(json).to_bytes().ok());
        match bytes {
            // When the writer has gone, `end` answers every request.
            Some(bytes) => drop(self.messages.send(bytes)),
            None => self.answer(*id, Err(NodeError::Failed(Failure::new(FailureKind::Invalid, "request too long")))),
        }
    }

    fn answer(&self, id: u64, answer: Result<Reply, NodeError>) {
        let waiting = self.lock().as_mut().and_then(|waiting| waiting.remove(&id));
        if let Some(waiting) = waiting {
            // The caller may have gone at the same moment.
            let _ = waiting.answer.send(answer);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<HashMap<u64, PendingRequest>>> {
        // Every change of the map is a single step, so a panic elsewhere leaves it whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
