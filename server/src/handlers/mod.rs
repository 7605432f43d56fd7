//! The ways in from outside: pages, server functions, webhook, live link, health.

pub mod documents;
pub mod export;
pub mod functions;
pub mod health;
pub mod live;
pub mod logs;
pub mod openapi;
pub mod pages;
pub mod push;
pub mod reload;
pub mod upload;
pub mod webhook;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use model::error::{ApiError, ErrorCode};
use std::any::Any;

#[cfg(test)]
mod tests;

/// An error as JSON with its status.
pub fn answer(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(error)).into_response()
}

/// A panic becomes a 500 with an incident id; the log has the rest.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let what =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message");
    let error = engine::Error::Internal(anyhow::anyhow!("panicked: {what}")).into_api();
    debug_assert_eq!(error.code, ErrorCode::Internal);
    answer(&error)
}
