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

    /// What a step came to, as it is answered. What it found while its request was being stopped is no finding: a question to a program that
    /// was broken off looks like a program that is missing or that says no.
    pub fn answer<T>(&self, found: Result<T>) -> Result<T> {
        let (Err(failure), Err(stopped)) = (&found, self.check()) else { return found };
        if matches!(failure.kind, FailureKind::Cancelled | FailureKind::Deadline) {
            return found;
        }
        Err(Failure { message: format!("{}, after: {}", stopped.message, failure.message), ..stopped })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::refused;

    #[test]
    fn what_a_request_finds_while_it_is_stopped_is_not_told_as_a_refusal() {
        let task = Task::new(1, Duration::from_secs(60), MessageSender::new().0);
        let found = || Err::<(), _>(refused("quotas are disabled"));
        assert_eq!(task.answer(found()).unwrap_err().kind, FailureKind::Refused);
        task.cancel();
        let told = task.answer(found()).unwrap_err();
        assert_eq!(told.kind, FailureKind::Cancelled);
        assert!(told.message.contains("quotas are disabled"), "{told}");
        assert!(task.answer(Ok(())).is_ok(), "what was done is done");
    }

    #[test]
    fn what_a_request_finds_after_its_time_is_told_as_its_deadline() {
        let task = Task::new(1, Duration::ZERO, MessageSender::new().0);
        assert_eq!(task.answer(Err::<(), _>(refused("no"))).unwrap_err().kind, FailureKind::Deadline);
    }
}
