//! The requests of a session: each in its own thread, each stoppable.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use wire::Key;
use wire::message::{Failure, FailureKind, FromNode};
use wire::verb::{Reply, Verb};

use crate::error::{Result, internal, invalid};
use crate::host::Host;
use crate::task::Task;
use crate::verbs;

use super::download::{Credit, Download};
use super::upload::Upload;
use super::writer::MessageSender;

/// Requests at the same time in one session.
const MOST: usize = 128;
/// Pieces of a file that wait between the channel and the disk: a whole window, so that a panel that waits for credit never has to be
/// waited for.
const CHUNKS: usize = wire::frame::WINDOW as usize / wire::frame::MAX_CHUNK;
/// How long stopped work may take to end before the session ends without it.
const PATIENCE: Duration = Duration::from_secs(15);

/// All requests of one session.
#[derive(Clone)]
pub struct Requests {
    host: Arc<Host>,
    out: MessageSender,
    running: Arc<(Mutex<HashMap<u64, Running>>, Condvar)>,
}

struct Running {
    key: Key,
    task: Task,
    chunks: Option<SyncSender<Vec<u8>>>,
    /// What its download may send.
    credit: Arc<Credit>,
    /// Its bytes go to the one who asked, so nobody can join it.
    streams: bool,
    /// Requests with the same key that wait for this one's result.
    followers: Vec<u64>,
}

/// What can still be read of a request that does not parse.
#[derive(Deserialize)]
struct RequestId {
    id: u64,
}

impl Requests {
    /// No requests yet.
    pub fn new(host: Arc<Host>, out: MessageSender) -> Self {
        Self { host, out, running: Arc::default() }
    }

    /// Begins a request, or joins it to the running one with the same key.
    pub fn start(&self, id: u64, deadline_ms: u64, key: Key, verb: Verb, window: Option<u64>) {
        let mut running = self.lock();
        if running.contains_key(&id) || running.values().any(|r| r.followers.contains(&id)) {
            return self.done(id, Err(invalid("a request with this id is already running")));
        }
        // Not to one that is being stopped: its end is not the answer to who asks now.
        let streams = verb.upload_size().is_some() || verb.is_feed() || verb.is_download();
        let lives = |r: &Running| !r.streams && r.task.check().is_ok();
        let same_key = running.values_mut().find(|r| r.key == key && lives(r) && !streams);
        if let Some(same_key) = same_key {
            same_key.followers.push(id);
            return;
        }
        if running.len() >= MOST {
            return self.done(id, Err(Failure::new(FailureKind::Busy, "too many concurrent requests")));
        }
        let task = Task::new(id, Duration::from_millis(deadline_ms.min(86_400_000)), self.out.clone());
        // Of a feed nobody knows the length; an empty piece ends it.
        let (chunks, upload) = match verb.upload_size().or(verb.is_feed().then_some(u64::MAX)) {
            None => (None, None),
            Some(size) => {
                let (sender, receiver) = sync_channel(CHUNKS);
                (Some(sender), Some(Upload::new(id, size, receiver, window.map(|_| self.out.clone()))))
            }
        };
        let credit = Arc::new(Credit::new(window.unwrap_or_default()));
        let download = Download::new(id, Arc::clone(&credit), self.out.clone());
        running.insert(id, Running { key, task: task.clone(), chunks, credit, streams, followers: Vec::new() });
        drop(running);
        let me = self.clone();
        let spawned = thread::Builder::new().spawn(move || me.run(id, &task, verb, upload, &download));
        if spawned.is_err() {
            self.lock().remove(&id);
            self.done(id, Err(Failure::new(FailureKind::Busy, "cannot start a thread")));
        }
    }

    fn run(&self, id: u64, task: &Task, verb: Verb, upload: Option<Upload>, download: &Download) {
        let name = verb.name();
        let result = catch_unwind(AssertUnwindSafe(|| verbs::run(&self.host, task, verb, upload, download)))
            .unwrap_or_else(|_| Err(internal(format!("internal error in {name}"))));
        let result = task.answer(result);
        let mut running = self.lock();
        let followers = running.remove(&id).map(|r| r.followers).unwrap_or_default();
        drop(running);
        for follower in followers {
            self.done(follower, result.clone());
        }
        self.done(id, result);
        self.running.1.notify_all();
    }

    /// Hands on a piece of a file. Pieces of a request that has ended are dropped.
    pub fn chunk(&self, id: u64, bytes: Vec<u8>) {
        let chunks = self.lock().get(&id).and_then(|r| r.chunks.clone());
        if let Some(chunks) = chunks {
            // Fails only when the request has just ended.
            let _ = chunks.send(bytes);
        }
    }

    /// The panel takes more of a download. One that has ended needs none.
    pub fn credit(&self, id: u64, bytes: u64) {
        if let Some(request) = self.lock().get(&id) {
            request.credit.grant(bytes);
        }
    }

    /// Stops a request. A follower only stops waiting.
    pub fn cancel(&self, id: u64) {
        let mut running = self.lock();
        if let Some(found) = running.get(&id) {
            found.task.cancel();
            return;
        }
        for other in running.values_mut() {
            if let Some(at) = other.followers.iter().position(|f| *f == id) {
                other.followers.remove(at);
                drop(running);
                return self.done(id, Err(Failure::new(FailureKind::Cancelled, "cancelled")));
            }
        }
    }

    /// Answers a message that does not parse when its id can be read; false ends the session.
    pub fn refuse(&self, json: &[u8], error: &serde_json::Error) -> bool {
        match serde_json::from_slice::<RequestId>(json) {
            Ok(RequestId { id }) => {
                self.done(id, Err(invalid(format!("invalid request: {error}"))));
                true
            }
            Err(_) => false,
        }
    }

    /// Cancels everything and waits, with patience but not for ever.
    pub fn stop_all(&self) {
        let mut running = self.lock();
        for request in running.values_mut() {
            request.task.cancel();
            request.chunks = None;
        }
        let waited = self.running.1.wait_timeout_while(running, PATIENCE, |r| !r.is_empty());
        drop(waited);
    }

    fn done(&self, id: u64, result: Result<Reply>) {
        self.out.send_message(FromNode::Done { id, result });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Running>> {
        // The map is never left half changed, so a panic elsewhere does not spoil it.
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Type of the end that a request reads its file from.
pub type Chunks = Receiver<Vec<u8>>;
