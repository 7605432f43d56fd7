//! The way out: every thread's messages through one writer.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use wire::frame::Frame;
use wire::message::FromNode;

use crate::error::internal;

/// Messages that may wait before lines for people are dropped. Results are never dropped.
const QUEUE: usize = 2048;
/// Pieces of downloads that wait at the same time: whoever has something short to say waits behind so many at most.
const CHUNKS: usize = 4;

/// What waits for the writer.
enum Outgoing {
    Message(FromNode),
    Chunk { id: u64, bytes: Vec<u8> },
}

/// Where a thread puts its messages. Cheap to clone.
#[derive(Clone)]
pub struct MessageSender {
    queue: SyncSender<Outgoing>,
    /// One mark for each piece in the queue; full, the next one waits.
    chunks: SyncSender<()>,
}

/// The end that [`write_all`] empties.
pub struct Outbox {
    queue: Receiver<Outgoing>,
    chunks: Receiver<()>,
}

impl MessageSender {
    /// The sender and its other end.
    pub fn new() -> (Self, Outbox) {
        let ((queue, queued), (chunks, marks)) = (sync_channel(QUEUE), sync_channel(CHUNKS));
        (Self { queue, chunks }, Outbox { queue: queued, chunks: marks })
    }

    /// Waits for room. False when nobody listens any more.
    pub fn send_message(&self, message: FromNode) -> bool {
        self.queue.send(Outgoing::Message(message)).is_ok()
    }

    /// Drops the message when the other side reads too slowly, so that no work waits for a reader.
    pub fn try_send_message(&self, message: FromNode) {
        // A full queue loses lines for people only; a closed one means that the session is over.
        let _ = self.queue.try_send(Outgoing::Message(message));
    }

    /// A piece of a download, in order with its request's messages. Waits for room. False when nobody listens any more.
    pub fn send_chunk(&self, id: u64, bytes: Vec<u8>) -> bool {
        self.chunks.send(()).is_ok() && self.queue.send(Outgoing::Chunk { id, bytes }).is_ok()
    }
}

/// Writes messages until the last sender is gone or the channel breaks.
pub fn write_all(outbox: &Outbox, mut to: impl Write) {
    let mut bytes = Vec::new();
    while let Ok(outgoing) = outbox.queue.recv() {
        let (frame, answered) = match outgoing {
            Outgoing::Message(message) => {
                let answered = if let FromNode::Done { id, .. } = &message { Some(*id) } else { None };
                (serde_json::to_vec(&message).map(Frame::Json), answered)
            }
            Outgoing::Chunk { id, bytes } => {
                // Its mark was set before it came here.
                let _ = outbox.chunks.try_recv();
                (Ok(Frame::Chunk { id, bytes }), None)
            }
        };
        bytes.clear();
        if !frame.is_ok_and(|frame| frame.encode(&mut bytes).is_ok()) {
            // Whoever asked for what no message can carry must not wait for it in vain.
            let Some(failure) = answered.and_then(too_large) else { continue };
            bytes = failure;
        }
        if to.write_all(&bytes).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}

fn too_large(id: u64) -> Option<Vec<u8>> {
    let message = FromNode::Done { id, result: Err(internal("the answer is too large for a message")) };
    Frame::Json(serde_json::to_vec(&message).ok()?).to_bytes().ok()
}
