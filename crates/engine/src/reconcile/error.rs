//! Why a run failed.

use crate::saga::StepError;

/// A run that failed; it is repeated with backoff.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReconcileError(
    /// A sentence for people.
    pub String,
);

// The words are those of a job's step that fails for the same reason.
impl<E: Into<StepError>> From<E> for ReconcileError {
    fn from(error: E) -> Self {
        match error.into() {
            StepError::Retry { message, .. } | StepError::Fail { message } => Self(message),
            StepError::Wait { until } => Self(format!("Not before {until}.")),
        }
    }
}
