//! The way out: every thread's messages through one writer.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use wire::frame::Frame;
use wire::message::FromNode;

/// Messages that may wait before lines for people are dropped. Results are never dropped.
const QUEUE: usize = 2048;

/// Where a thread puts its messages. Cheap to clone.
#[derive(Clone)]
pub struct Outlet {
    queue: SyncSender<FromNode>,
}

impl Outlet {
    /// The outlet and the end that [`write_all`] empties.
    pub fn new() -> (Self, Receiver<FromNode>) {
        let (queue, end) = sync_channel(QUEUE);
        (Self { queue }, end)
    }

    /// Waits for room. False when nobody listens any more.
    pub fn say(&self, message: FromNode) -> bool {
        self.queue.send(message).is_ok()
    }

    /// Drops the message when the other side reads too slowly, so that no work waits for a reader.
    pub fn try_say(&self, message: FromNode) {
        // A full queue loses lines for people only; a closed one means that the session is over.
        let _ = self.queue.try_send(message);
    }
}

/// Writes messages until the last outlet is gone or the channel breaks.
pub fn write_all(queue: &Receiver<FromNode>, mut to: impl Write) {
    let mut bytes = Vec::new();
    while let Ok(message) = queue.recv() {
        let Ok(json) = serde_json::to_vec(&message) else { continue };
        bytes.clear();
        if Frame::Json(json).encode(&mut bytes).is_err() {
            continue;
        }
        if to.write_all(&bytes).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}
