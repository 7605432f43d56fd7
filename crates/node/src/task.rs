//! One request while it runs: its deadline, whether it was cancelled, and where its lines go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wire::message::{Failure, FailureKind, FromNode, Level};

use crate::error::Result;
use crate::serve::writer::MessageSender;

/// Longest log line, in characters.
const LINE: usize = 1000;

/// Handle of a running request. Cheap to clone; all clones are the same request.
#[derive(Clone)]
pub struct Task {
    id: u64,
    deadline: Instant,
    cancelled: Arc<AtomicBool>,
    out: MessageSender,
}

impl Task {
    /// A request that may run for `time`.
    pub fn new(id: u64, time: Duration, out: MessageSender) -> Self {
        Self { id, deadline: Instant::now() + time, cancelled: Arc::default(), out }
    }

    /// Stops the request at its next chance; its children are killed.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }

    /// Fails when the request was cancelled or its time is over. Called before every step.
    pub fn check(&self) -> Result<()> {
        if self.cancelled.load(Ordering::SeqCst) {
            Err(Failure::new(FailureKind::Cancelled, "cancelled or connection lost"))
        } else if Instant::now() >= self.deadline {
            Err(Failure::new(FailureKind::Deadline, "timed out"))
        } else {
            Ok(())
        }
    }

    /// The same voice with its own time: for a step that many requests share, which must not end
    /// because the one that happens to do it was cancelled.
    pub fn detached(&self, time: Duration) -> Self {
        Self::new(self.id, time, self.out.clone())
    }

    /// One line for people.
    pub fn info(&self, line: impl AsRef<str>) {
        self.log(Level::Info, line.as_ref());
    }

    /// One line about something unusual.
    pub fn warn(&self, line: impl AsRef<str>) {
        self.log(Level::Warn, line.as_ref());
    }

    /// How far it has come.
    pub fn progress(&self, what: &str, done: u64, total: u64) {
        self.out.try_send_message(FromNode::Progress { id: self.id, what: what.to_owned(), done, total });
    }

    fn log(&self, level: Level, line: &str) {
        self.out.try_send_message(FromNode::Log { id: self.id, level, line: one_line(line) });
    }
}

/// Makes one printable line of whatever a program said.
pub fn one_line(text: &str) -> String {
    let flat: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(LINE).collect();
    flat.split_whitespace().collect::<Vec<_>>().join(" ")
}
