//! The live log of a job: one row a line, written in batches.

use adapters::node::NodeLogLine;
use model::administration::provisioning::EventLevel;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::mpsc;
use wire::message::Level;

/// Longest line that is kept, in characters.
const MAX_LINE_CHARS: usize = 2000;
/// Lines that one job may write while a worker holds it; a server that talks without end must not fill the disk.
const MAX_LINES: usize = 20_000;
/// Bytes of them that come from servers, which hand on what programs of tenants say.
const MAX_SERVER_BYTES: usize = 512 << 10;
/// Lines in one write.
const BATCH: usize = 500;

/// A line on its way to the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) level: EventLevel,
    pub(super) message: String,
}

/// Where a job's lines are gathered until they are written. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct JobLog(Arc<Mutex<LogBuffer>>);

#[derive(Default)]
struct LogBuffer {
    waiting: VecDeque<Line>,
    senders: Vec<mpsc::UnboundedReceiver<NodeLogLine>>,
    taken: usize,
    heard: usize,
}

impl JobLog {
    /// Adds one line.
    pub(super) fn add(&self, level: EventLevel, text: &str) {
        let mut gathered = self.lock();
        gathered.drain_senders();
        gathered.push(level, text);
    }

    /// A sender for the lines of a server. They keep their order among what else is logged.
    pub(super) fn lines(&self) -> mpsc::UnboundedSender<NodeLogLine> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.lock().senders.push(receiver);
        sender
    }

    /// The next lines to write, oldest first.
    pub(super) fn take(&self) -> Vec<Line> {
        let mut gathered = self.lock();
        gathered.drain_senders();
        let count = gathered.waiting.len().min(BATCH);
        gathered.waiting.drain(..count).collect()
    }

    /// Whether nothing waits to be written.
    pub(super) fn is_empty(&self) -> bool {
        let mut gathered = self.lock();
        gathered.drain_senders();
        gathered.waiting.is_empty()
    }

    /// Lines that could not be written wait for the next time.
    pub(super) fn requeue(&self, lines: Vec<Line>) {
        let mut gathered = self.lock();
        for line in lines.into_iter().rev() {
            gathered.waiting.push_front(line);
        }
    }

    fn lock(&self) -> MutexGuard<'_, LogBuffer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogBuffer {
    fn drain_senders(&mut self) {
        let mut heard = Vec::new();
        self.senders.retain_mut(|receiver| {
            loop {
                match receiver.try_recv() {
                    Ok(line) => heard.push(line),
                    Err(mpsc::error::TryRecvError::Empty) => return true,
                    Err(mpsc::error::TryRecvError::Disconnected) => return false,
                }
            }
        });
        for NodeLogLine { level, line } in heard {
            if self.heard > MAX_SERVER_BYTES {
                continue;
            }
            self.heard += line.len();
            if self.heard > MAX_SERVER_BYTES {
                self.push(EventLevel::Warn, "The rest of the output is not kept.");
                continue;
            }
            let level = match level {
                Level::Info => EventLevel::Info,
                Level::Warn => EventLevel::Warn,
                Level::Error => EventLevel::Error,
            };
            self.push(level, &line);
        }
    }

    fn push(&mut self, level: EventLevel, text: &str) {
        self.taken += 1;
        let message = match self.taken.cmp(&MAX_LINES) {
            std::cmp::Ordering::Less => text.chars().filter(|c| !c.is_control() || *c == '\t').take(MAX_LINE_CHARS).collect(),
            std::cmp::Ordering::Equal => "Log truncated.".to_owned(),
            std::cmp::Ordering::Greater => return,
        };
        self.waiting.push_back(Line { level, message });
    }
}
