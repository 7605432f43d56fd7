//! What can go wrong in a use case: one message for the user, one for the log.

use db::AccessError;
use model::error::{ApiError, ErrorCode, FieldError};

/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user can do something about it, or at least may know it.
    #[error("{0}")]
    Api(ApiError),
    /// Access was denied.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// PostgreSQL said no, and no constraint of ours explains it.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Something else of ours failed; only the log may know it.
    #[error("{0:#}")]
    Internal(anyhow::Error),
}

impl Error {
    /// One field is not right.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Error::Api(ApiError::field(field, message))
    }

    /// Several fields are not right.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        Error::Api(ApiError::invalid(fields))
    }

    /// Not there, or not yours.
    pub fn not_found(what: &str) -> Self {
        Error::Api(ApiError::new(ErrorCode::NotFound, format!("{what} not found.")))
    }

    /// Not in this state.
    pub fn conflict(message: impl Into<String>) -> Self {
        Error::Api(ApiError::new(ErrorCode::Conflict, message))
    }

    /// Asked for more often than is allowed.
    pub fn too_many(message: impl Into<String>) -> Self {
        Error::Api(ApiError::new(ErrorCode::TooMany, message))
    }

    /// Something outside did not answer.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Error::Api(ApiError::new(ErrorCode::Unavailable, message))
    }

    /// The error as the browser may see it. What only the log may know is written there, once, with the incident id.
    pub fn into_api(self) -> ApiError {
        match self {
            Error::Api(error) => error,
            Error::Access(ref error) if !matches!(error, AccessError::Database(_)) => ApiError::from(error),
            internal => {
                let incident = format!("inc_{}", &hex::encode(uuid::Uuid::now_v7().as_bytes())[20..]);
                tracing::error!(incident, error = %internal, "request failed");
                let mut error = ApiError::new(ErrorCode::Internal, format!("Internal error. Reference: {incident}."));
                error.incident = Some(incident);
                error
            }
        }
    }
}

/// Errors on fields, gathered, so that all of a form's are answered at once.
#[derive(Debug, Default)]
pub struct Errors(Vec<FieldError>);

impl Errors {
    /// Adds one.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    /// The value, or nothing with its error added.
    pub fn take<T>(&mut self, field: &str, checked: Result<T, String>) -> Option<T> {
        checked.map_err(|message| self.add(field, message)).ok()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them as the answer.
    pub fn into_error(self) -> Error {
        Error::invalid(self.0)
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Error::Api(error)
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Error::Internal(error)
    }
}

impl From<db::BadCursor> for Error {
    fn from(_: db::BadCursor) -> Self {
        Error::field("cursor", "This page is no longer available. Start from the newest entries.")
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        error.into_api()
    }
}
