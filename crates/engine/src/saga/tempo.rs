//! How fast the runner's clocks tick.

use std::time::Duration;

/// Times of a worker. Tests use quicker ones.
#[derive(Clone, Debug)]
pub struct Tempo {
    /// Between two heartbeats; also how soon a cancel is heard.
    pub beat: Duration,
    /// A job whose worker was silent this long is taken over.
    pub stale: Duration,
    /// A worker that could not renew its claim this long does not drive the step on. Well below `stale`.
    pub lease: Duration,
    /// Between two writes of log lines.
    pub flush: Duration,
    /// Between two looks for jobs that nobody was woken for.
    pub sweep: Duration,
    /// First pause after a failed try; it doubles.
    pub backoff: Duration,
    /// Longest pause between two tries.
    pub backoff_most: Duration,
    /// A pause up to this long is waited out by the worker; for a longer one the job goes back to the queue.
    pub hold: Duration,
    /// How often a step is begun before it counts as failed.
    pub tries: i32,
    /// How often an undo is begun before the job is stuck.
    pub undo_tries: i32,
    /// How long one undo may take.
    pub undo_limit: Duration,
    /// How long progress is tried to be written while the database does not answer.
    pub patience: Duration,
    /// How long a running step may go on after the shutdown signal.
    pub farewell: Duration,
}

impl Default for Tempo {
    fn default() -> Self {
        Self {
            beat: Duration::from_secs(2),
            stale: Duration::from_secs(15),
            lease: Duration::from_secs(9),
            flush: Duration::from_millis(200),
            sweep: Duration::from_secs(2),
            backoff: Duration::from_secs(1),
            backoff_most: Duration::from_secs(30),
            hold: Duration::from_secs(4),
            tries: 10,
            undo_tries: 12,
            undo_limit: Duration::from_secs(300),
            patience: Duration::from_secs(30),
            farewell: Duration::from_secs(20),
        }
    }
}

impl Tempo {
    /// The pause before the next try, after `tried` tries.
    pub(super) fn pause(&self, tried: i32) -> Duration {
        let doublings = u32::try_from(tried.saturating_sub(1)).unwrap_or(0).min(16);
        self.backoff.saturating_mul(1 << doublings).min(self.backoff_most)
    }
}
