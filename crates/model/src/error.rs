//! Errors as the browser may see them.

use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// Kind of an error; determines the HTTP status.
    ErrorCode {
        /// Invalid input; `fields` says where. 422.
        Invalid = "invalid",
        /// Not signed in. 401.
        Unauthenticated = "unauthenticated",
        /// Signed in, but without the permission. 403.
        Forbidden = "forbidden",
        /// The password must be confirmed first. 403.
        StepUp = "step_up",
        /// The user must set up 2FA first. 403.
        SecondStep = "second_step",
        /// Not found, or no access to it. 404.
        NotFound = "not_found",
        /// Conflict with the current status. 409.
        Conflict = "conflict",
        /// Rate limited. 429.
        TooMany = "too_many",
        /// Too large. 413.
        TooLarge = "too_large",
        /// It came too slowly, and was not waited for any longer. 408.
        TooSlow = "too_slow",
        /// A dependency is unavailable. 503.
        Unavailable = "unavailable",
        /// Internal error; the incident id leads to the log. 500.
        Internal = "internal",
    }
}

impl ErrorCode {
    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            ErrorCode::Invalid => 422,
            ErrorCode::Unauthenticated => 401,
            ErrorCode::Forbidden | ErrorCode::StepUp | ErrorCode::SecondStep => 403,
            ErrorCode::NotFound => 404,
            ErrorCode::Conflict => 409,
            ErrorCode::TooMany => 429,
            ErrorCode::TooLarge => 413,
            ErrorCode::TooSlow => 408,
            ErrorCode::Unavailable => 503,
            ErrorCode::Internal => 500,
        }
    }
}

/// An error on one field of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldError {
    /// Name of the field in the input.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

/// An error for the user. It never contains what the server log contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApiError {
    /// The kind.
    pub code: ErrorCode,
    /// One or two sentences: what is wrong and what to do.
    pub message: String,
    /// Errors on single fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// Reference into the server log, for internal errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
}

impl ApiError {
    /// An error without fields.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fields: Vec::new(), incident: None }
    }

    /// An error on one field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code: ErrorCode::Invalid, message: message.clone(), fields: vec![FieldError { field: field.into(), message }], incident: None }
    }

    /// An error on several fields.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let message = match fields.as_slice() {
            [one] => one.message.clone(),
            _ => format!("Check {} fields.", fields.len()),
        };
        Self { code: ErrorCode::Invalid, message, fields, incident: None }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
