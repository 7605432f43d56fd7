//! How steps fail: every error is already the [`Failure`] that the panel will see.

use wire::message::{Failure, FailureKind};

/// Result of anything that can fail towards the panel.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

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

/// The failure with these secrets made unreadable, for words that other programs chose.
pub fn redact(mut failure: Failure, secrets: &[&str]) -> Failure {
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        failure.message = failure.message.replace(secret, "(hidden)");
    }
    failure
}

/// Says what was being done when the system refused.
pub trait ResultExt<T> {
    /// `context("writing /etc/x")` turns the error into `writing /etc/x: No space left on device`.
    fn context(self, what: impl std::fmt::Display) -> Result<T>;
}

impl<T, E: std::fmt::Display> ResultExt<T> for Result<T, E> {
    fn context(self, what: impl std::fmt::Display) -> Result<T> {
        self.map_err(|error| internal(format!("{what}: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_a_program_repeats_is_hidden() {
        let failure = redact(internal("near 'pass-word-1' at line 2"), &["pass-word-1", ""]);
        assert_eq!(failure.message, "near '(hidden)' at line 2");
    }
}
