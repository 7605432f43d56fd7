//! `/healthz` (the process lives) and `/readyz` (it can work).

use crate::request::RequestState;
use axum::{extract::State, http::StatusCode, response::IntoResponse};

/// The process lives.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// PostgreSQL answers.
pub async fn ready(State(front): State<RequestState>) -> impl IntoResponse {
    match front.services.db.ready().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "PostgreSQL is unavailable\n")
        }
    }
}
