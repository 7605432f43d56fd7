//! MetricsEndpoint of the running process, for `/metrics`.

use crate::request::RequestState;
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use core_administration::{provisioning, reconciliations};
use engine::{Error, Modules, secrets::token_hash};
use metrics_exporter_prometheus::PrometheusHandle;
use model::error::ApiError;
use std::{net::SocketAddr, sync::Arc, time::Instant};

/// Where the figures are, and the token that opens them.
#[derive(Clone)]
pub struct MetricsEndpoint {
    handle: PrometheusHandle,
    token: Option<Arc<[u8]>>,
}

impl MetricsEndpoint {
    /// Without a token only this machine may read them.
    pub fn new(handle: PrometheusHandle, token: Option<&str>) -> Self {
        metrics::describe_counter!("mpanel_http_requests_total", "Requests by status.");
        metrics::describe_histogram!("mpanel_http_request_seconds", metrics::Unit::Seconds, "Time to the response headers.");
        metrics::describe_counter!("mpanel_pushes_refused_total", "Rejected push webhooks of repositories.");
        metrics::describe_counter!("mpanel_webhooks_refused_total", "Rejected webhook events of the payment provider.");
        metrics::describe_gauge!("mpanel_connections", "Connections of visitors that are open.");
        metrics::describe_counter!("mpanel_connections_refused_total", "Connections over the limit of their address.");
        metrics::describe_gauge!("mpanel_live_links", "Open live connections.");
        metrics::describe_gauge!("mpanel_jobs", "Jobs by status.");
        metrics::describe_gauge!("mpanel_reconciliations", "Objects of each reconciler: all, failing, differing.");
        metrics::describe_gauge!("mpanel_reconciliations_overdue_seconds", metrics::Unit::Seconds, "How long the oldest object that is due waits.");
        metrics::describe_counter!("mpanel_reconciler_runs_total", "Runs by reconciler and outcome.");
        metrics::describe_histogram!("mpanel_reconciler_run_seconds", metrics::Unit::Seconds, "Duration of runs.");
        Self { handle, token: token.map(|token| token_hash(token).into()) }
    }

    fn open_to(&self, peer: SocketAddr, headers: &HeaderMap) -> bool {
        match &self.token {
            Some(token) => bearer(headers).is_some_and(|given| *token_hash(given) == **token),
            // What a proxy has passed on comes from somewhere else.
            None => peer.ip().to_canonical().is_loopback() && !headers.contains_key("x-forwarded-for") && !headers.contains_key(header::FORWARDED),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Counts every request by its status, and how long it took.
pub async fn measure(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let answer = next.run(request).await;
    metrics::counter!("mpanel_http_requests_total", "status" => answer.status().as_str().to_owned()).increment(1);
    metrics::histogram!("mpanel_http_request_seconds").record(began.elapsed().as_secs_f64());
    answer
}

/// `/metrics`, in Prometheus' text format. For strangers there is nothing here.
pub async fn show(
    State(figures): State<MetricsEndpoint>,
    State(front): State<RequestState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if !figures.open_to(peer, &headers) {
        return StatusCode::NOT_FOUND.into_response();
    }
    // The process' own figures are there also when PostgreSQL is not.
    if let Err(error) = count_work(&front).await {
        tracing::warn!(%error, "failed to count jobs and reconciliations");
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], figures.handle.render()).into_response()
}

async fn count_work(front: &RequestState) -> Result<(), ApiError> {
    let mut tx = front.services.db.system("metrics").await.map_err(Error::from)?;
    for (state, count) in provisioning::by_state(&mut tx).await? {
        metrics::gauge!("mpanel_jobs", "state" => state.as_str()).set(f64::from(count));
    }
    let counts = reconciliations::counts(&front.services, &mut tx).await?;
    // A reconciler whose last object is gone says so, instead of what it said before.
    for name in front.services.part::<Modules>().reconcilers.names() {
        let count = counts.iter().find(|count| count.name == name).cloned().unwrap_or_else(|| reconciliations::Count::none(name));
        for (state, objects) in [("all", count.objects), ("failing", count.failing), ("differing", count.differing)] {
            metrics::gauge!("mpanel_reconciliations", "reconciler" => count.name.clone(), "state" => state).set(objects as f64);
        }
        metrics::gauge!("mpanel_reconciliations_overdue_seconds", "reconciler" => count.name).set(count.overdue_seconds);
    }
    Ok(())
}
