//! A claim is believed only while it is fresh.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

/// Until when this worker may believe that the job is still its own.
///
/// A worker that was frozen and thaws finds its lease run out before it takes another step, and asks first.
#[derive(Clone)]
pub(super) struct Lease {
    confirmed: Arc<Mutex<Instant>>,
    length: Duration,
    held: Arc<AtomicUsize>,
}

impl Lease {
    /// A lease that was confirmed at `asked`: the moment before the question went out, not when the answer came.
    pub(super) fn new(asked: Instant, length: Duration) -> Self {
        Self { confirmed: Arc::new(Mutex::new(asked)), length, held: Arc::default() }
    }

    pub(super) fn renew(&self, asked: Instant) {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner) = asked;
    }

    fn may_run(&self) -> bool {
        self.held.load(Ordering::SeqCst) > 0 || self.is_fresh()
    }

    /// While this lives the step is driven on in any case: PostgreSQL itself says whether the claim holds. A step that was
    /// stopped with a connection in its hand could keep the very connection that would renew its lease.
    pub(super) fn hold(&self) -> LeaseHold {
        self.held.fetch_add(1, Ordering::SeqCst);
        LeaseHold(Arc::clone(&self.held))
    }

    fn is_fresh(&self) -> bool {
        self.confirmed.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < self.length
    }

    /// Drives `future` only while the lease is fresh. Whoever renews the lease lives in the same task and wakes it.
    pub(super) fn guard<F: Future + Unpin>(&self, future: F) -> Guarded<F> {
        Guarded { lease: self.clone(), future }
    }
}

/// See [`Lease::hold`].
pub(super) struct LeaseHold(Arc<AtomicUsize>);

impl Drop for LeaseHold {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// See [`Lease::guard`].
pub(super) struct Guarded<F> {
    lease: Lease,
    future: F,
}

impl<F: Future + Unpin> Future for Guarded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if self.lease.may_run() { Pin::new(&mut self.future).poll(cx) } else { Poll::Pending }
    }
}
