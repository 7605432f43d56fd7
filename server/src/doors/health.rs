//! `/healthz` (the process lives), `/readyz` (it can work), `/metrics` (its figures).

use crate::request::Front;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use metrics_exporter_prometheus::PrometheusHandle;

/// The process lives.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// PostgreSQL answers.
pub async fn ready(State(front): State<Front>) -> impl IntoResponse {
    match front.services.db.ready().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "PostgreSQL does not answer\n")
        }
    }
}

/// The figures, in Prometheus' text format.
pub async fn metrics(State(metrics): State<PrometheusHandle>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render())
}
