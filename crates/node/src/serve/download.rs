//! What a request sends back piece by piece, as far as the panel has room for it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use wire::frame::MAX_CHUNK;

use crate::error::{Result, internal};
use crate::task::Task;

use super::writer::MessageSender;

/// How often who waits for credit looks whether it was stopped.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Bytes that the other side has room for and that were not sent yet.
#[derive(Default)]
pub struct Credit(Mutex<u64>, Condvar);

impl Credit {
    /// With this much to begin with.
    pub fn new(bytes: u64) -> Self {
        Self(Mutex::new(bytes), Condvar::new())
    }

    /// The other side has room for so many bytes more.
    pub fn grant(&self, bytes: u64) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_add(bytes);
        self.1.notify_all();
    }

    /// Takes at most this much, and waits until there is something to take.
    fn take(&self, task: &Task, most: usize) -> Result<usize> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            task.check()?;
            if *left > 0 {
                let taken = usize::try_from(*left).map_or(most, |left| left.min(most));
                *left -= taken as u64;
                return Ok(taken);
            }
            left = self.1.wait_timeout(left, POLL_INTERVAL).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The way back of one request.
pub struct Download {
    id: u64,
    credit: Arc<Credit>,
    out: MessageSender,
}

impl Download {
    /// For the request with this number.
    pub fn new(id: u64, credit: Arc<Credit>, out: MessageSender) -> Self {
        Self { id, credit, out }
    }

    /// Sends bytes in order; waits while the panel has no room, and ends with the request's deadline or cancel.
    pub fn send(&self, task: &Task, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let taken = self.credit.take(task, bytes.len().min(MAX_CHUNK))?;
            let (now, rest) = bytes.split_at(taken);
            if !self.out.send_chunk(self.id, now.to_vec()) {
                return Err(internal("the session ended"));
            }
            bytes = rest;
        }
        Ok(())
    }
}
