//! One costly operation for many requests: those that come while it is awaited or running share the next one.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Result, internal};

/// How long the first in line waits for others that have said they are coming.
const GATHER: Duration = Duration::from_millis(400);
/// How long the first of a wave waits for the others.
const WAVE: Duration = Duration::from_millis(20);

/// A meeting point. `T` is what each request brings to the operation.
pub struct Coalescer<T> {
    line: Mutex<Queue<T>>,
    moved: Condvar,
    waves: bool,
}

struct Queue<T> {
    coming: usize,
    waiting: Vec<(u64, T)>,
    since: Option<Instant>,
    acting: bool,
    next: u64,
    done: HashMap<u64, Result<()>>,
}

/// A promise to come. While it is held, those in line wait a moment for its holder.
pub struct Reservation<'a, T> {
    to: &'a Coalescer<T>,
}

impl<T> Default for Coalescer<T> {
    fn default() -> Self {
        let line = Queue { coming: 0, waiting: vec![], since: None, acting: false, next: 0, done: HashMap::new() };
        Self { line: Mutex::new(line), moved: Condvar::new(), waves: false }
    }
}

impl<T> Drop for Reservation<'_, T> {
    fn drop(&mut self) {
        self.to.lock().coming -= 1;
        self.to.moved.notify_all();
    }
}

impl<T> Coalescer<T> {
    /// For requests that come at the same moment, from another operation that they have shared: no promise is waited for, nor an operation under way.
    pub fn without_reservations() -> Self {
        Self { waves: true, ..Self::default() }
    }

    /// Says that this request will come. Dropping the promise without coming is fine.
    pub fn reserve(&self) -> Reservation<'_, T> {
        self.lock().coming += 1;
        Reservation { to: self }
    }

    /// Brings `item` and returns when an operation that began after this call has taken it.
    /// `operation` gets all items in line and answers each, in order.
    pub fn join(&self, promise: Reservation<'_, T>, item: T, operation: impl Fn(Vec<T>) -> Vec<Result<()>>) -> Result<()> {
        let mut line = self.lock();
        let ticket = line.next;
        line.next += 1;
        line.waiting.push((ticket, item));
        line.since.get_or_insert_with(Instant::now);
        drop(line);
        drop(promise);
        let mut line = self.lock();
        loop {
            if let Some(result) = line.done.remove(&ticket) {
                return result;
            }
            let gather = if self.waves { WAVE } else { GATHER };
            let left = line.since.map_or(gather, |since| gather.saturating_sub(since.elapsed()));
            let acting = line.acting && !self.waves;
            if acting || ((line.coming > 0 || self.waves) && !left.is_zero()) {
                // Bounded, so that a promise kept too long cannot hold anyone.
                let wait = if acting { GATHER } else { left };
                line = self.moved.wait_timeout(line, wait).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            line = self.run_as_leader(line, &operation);
        }
    }

    fn run_as_leader<'a>(&'a self, mut line: MutexGuard<'a, Queue<T>>, operation: impl Fn(Vec<T>) -> Vec<Result<()>>) -> MutexGuard<'a, Queue<T>> {
        let (tickets, items): (Vec<u64>, Vec<T>) = std::mem::take(&mut line.waiting).into_iter().unzip();
        line.since = None;
        line.acting = true;
        drop(line);
        let acted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| operation(items)));
        let mut results = acted.unwrap_or_default().into_iter();
        let mut line = self.lock();
        for ticket in tickets {
            let result = results.next().unwrap_or_else(|| Err(internal("internal error: a shared step panicked")));
            line.done.insert(ticket, result);
        }
        line.acting = false;
        self.moved.notify_all();
        line
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        // Nothing between lock and unlock can leave the line half changed.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "coalescer_tests.rs"]
mod tests;
