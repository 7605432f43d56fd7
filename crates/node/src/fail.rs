//! How steps fail: every error is already the [`Failure`] that the panel will see.

use wire::message::{Failure, FailureKind};

/// Result of anything that can fail towards the panel.
pub type Res<T> = Result<T, Failure>;

/// The request is wrong.
pub fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Invalid, message)
}

/// The machine or a service says no.
pub fn refused(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Refused, message)
}

/// Something needed is not there.
pub fn missing(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Missing, message)
}

/// Something went wrong that the request is not to blame for.
pub fn internal(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Internal, message)
}

/// Says what was being done when the system refused.
pub trait Doing<T> {
    /// `doing("writing /etc/x")` turns the error into `writing /etc/x: No space left on device`.
    fn doing(self, what: impl std::fmt::Display) -> Res<T>;
}

impl<T, E: std::fmt::Display> Doing<T> for Result<T, E> {
    fn doing(self, what: impl std::fmt::Display) -> Res<T> {
        self.map_err(|error| internal(format!("{what}: {error}")))
    }
}
