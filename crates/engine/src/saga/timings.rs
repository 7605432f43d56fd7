//! Intervals, timeouts and retry limits of a worker.

use std::time::Duration;

/// Intervals, timeouts and retry limits of a worker. Tests use shorter ones.
#[derive(Clone, Debug)]
pub struct Timings {
    /// Between two heartbeats; also the longest delay until a cancel request is noticed.
    pub heartbeat_interval: Duration,
    /// A job whose worker sent no heartbeat for this long can be claimed by another one.
    pub claim_timeout: Duration,
    /// A worker that could not renew its claim for this long pauses the step. Well below `claim_timeout`.
    pub lease_duration: Duration,
    /// Between two writes of log lines.
    pub log_flush_interval: Duration,
    /// Between two sweeps for jobs whose wakeup was lost.
    pub sweep_interval: Duration,
    /// Pause after the first failed attempt; it doubles with each further one.
    pub initial_backoff: Duration,
    /// Longest pause between two attempts.
    pub max_backoff: Duration,
    /// A pause up to this long is waited out by the worker; for a longer one the job goes back to the queue.
    pub max_in_worker_wait: Duration,
    /// Attempts of a step before it counts as failed.
    pub max_attempts: i32,
    /// Attempts of an undo before the job is stuck.
    pub max_undo_attempts: i32,
    /// How long one undo may take.
    pub undo_timeout: Duration,
    /// How long writes of progress are retried while the database does not respond.
    pub db_retry_timeout: Duration,
    /// How long a running step may go on after the shutdown signal.
    pub shutdown_grace: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            heartbeat_interval: Duration::from_secs(2),
            claim_timeout: Duration::from_secs(15),
            lease_duration: Duration::from_secs(9),
            log_flush_interval: Duration::from_millis(200),
            sweep_interval: Duration::from_secs(2),
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(30),
            max_in_worker_wait: Duration::from_secs(4),
            max_attempts: 10,
            max_undo_attempts: 12,
            undo_timeout: Duration::from_secs(300),
            db_retry_timeout: Duration::from_secs(30),
            shutdown_grace: Duration::from_secs(20),
        }
    }
}

impl Timings {
    /// The pause before the next attempt, after `tried` attempts.
    pub(super) fn backoff_after(&self, tried: i32) -> Duration {
        let doublings = u32::try_from(tried.saturating_sub(1)).unwrap_or(0).min(16);
        self.initial_backoff.saturating_mul(1 << doublings).min(self.max_backoff)
    }
}
