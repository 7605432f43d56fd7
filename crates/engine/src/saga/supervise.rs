//! Drives a step while its claim is renewed, its log lines are written, and a cancel or shutdown can interrupt it.

use super::{claim::Claim, job_log::JobLog, queries::HeartbeatResult, step::StepError, timings::Timings};
use futures::{FutureExt, future::BoxFuture};
use std::{panic::AssertUnwindSafe, time::Instant};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

/// Why a step was broken off. Its future is dropped, which stops the work on a server too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// A person wants to cancel.
    Cancel,
    /// Its time is over.
    Deadline,
    /// This worker ends.
    Stop,
    /// Another worker has taken over.
    Lost,
}

/// When a step is interrupted.
pub(super) struct SuperviseOptions<'a> {
    /// When it is broken off.
    pub(super) until: Instant,
    /// Whether a cancel request interrupts it.
    pub(super) cancellable: bool,
    /// This worker ends.
    pub(super) stop: &'a CancellationToken,
}

/// Drives `future` to its end or to an interrupt. A panic in it counts as a failed try.
pub(super) async fn supervise<T: Send>(
    claim: &Claim,
    log: &JobLog,
    timings: &Timings,
    options: SuperviseOptions<'_>,
    future: BoxFuture<'_, Result<T, StepError>>,
) -> Result<Result<T, StepError>, Interrupt> {
    let (interrupt, heard) = oneshot::channel();
    let finished = Notify::new();
    // Never dropped in the middle of a write: a line would be written twice, or not at all.
    let heart = async {
        let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + timings.log_flush_interval, timings.log_flush_interval);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut last = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = finished.notified() => return,
                _ = tick.tick() => {}
            }
            if last.elapsed() < timings.heartbeat_interval && log.is_empty() {
                continue;
            }
            let why = match claim.heartbeat(log).await {
                Ok(HeartbeatResult::Renewed { cancel: true }) if options.cancellable => Interrupt::Cancel,
                Ok(HeartbeatResult::Lost) => Interrupt::Lost,
                Ok(HeartbeatResult::Busy) => continue,
                Ok(HeartbeatResult::Renewed { .. }) => {
                    last = Instant::now();
                    continue;
                }
                Err(error) => {
                    tracing::warn!(job = %claim.job, %error, "failed to renew job claim; retrying");
                    continue;
                }
            };
            // The step may have ended in this very moment; then nobody listens, and nobody needs to.
            let _ = interrupt.send(why);
            return;
        }
    };
    let step = async {
        let guarded = claim.lease.guard(AssertUnwindSafe(future).catch_unwind());
        let result = tokio::select! {
            biased;
            Ok(interrupt) = heard => Err(interrupt),
            () = tokio::time::sleep_until(options.until.into()) => Err(Interrupt::Deadline),
            () = async { options.stop.cancelled().await; tokio::time::sleep(timings.shutdown_grace).await } => Err(Interrupt::Stop),
            result = guarded => Ok(result.unwrap_or_else(|panic| Err(panic_error(claim, &*panic)))),
        };
        finished.notify_one();
        result
    };
    let ((), result) = tokio::join!(heart, step);
    result
}

fn panic_error(claim: &Claim, panic: &(dyn std::any::Any + Send)) -> StepError {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(job = %claim.job, panic = text.unwrap_or("of an unknown kind"), "step panicked");
    StepError::retry("Internal error: the step panicked. See the server log.")
}
