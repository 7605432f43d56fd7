//! What a server function answers when it cannot do its work.

use leptos::prelude::*;
use model::error::{ApiError, ErrorCode, FieldError};
use serde::{Deserialize, Serialize};
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// The error of every server function: an [`ApiError`] that travels as JSON and, on the server, sets the HTTP status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppError(pub ApiError);

impl AppError {
    /// The kind.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// An operation's answer that is an error.
    pub fn read(text: &str) -> Self {
        crate::call::decode(text).unwrap_or_else(|error| error)
    }

    /// What to say to the person.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Errors on single fields.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }
}

/// Every error that the brand can put into words becomes an answer with its status by `?`.
impl<E> From<E> for AppError
where
    E: Into<ApiError>,
{
    fn from(error: E) -> Self {
        let error = error.into();
        set_status(error.code);
        Self(error)
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let (code, message) = match &error {
            ServerFnErrorErr::Request(_) => (ErrorCode::Unavailable, "Can't reach the server. Check your connection and try again."),
            // On the server it is the input that could not be read, in the browser the answer.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => (ErrorCode::Invalid, "Invalid request body. Expected JSON."),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => (ErrorCode::Invalid, "Invalid form data. Check the fields and try again."),
            _ => (ErrorCode::Internal, "Unexpected response. Reload the page."),
        };
        set_status(code);
        Self(ApiError::new(code, message))
    }
}

/// Gives the running request the status of the error. Outside a request, and in the browser, it does nothing.
#[cfg(feature = "ssr")]
fn set_status(code: ErrorCode) {
    if let (Some(options), Ok(status)) = (use_context::<leptos_axum::ResponseOptions>(), axum::http::StatusCode::from_u16(code.status())) {
        options.set_status(status);
    }
}

#[cfg(not(feature = "ssr"))]
fn set_status(_: ErrorCode) {}
