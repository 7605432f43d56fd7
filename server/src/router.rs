//! Every route, in one list.

use crate::{
    assets::{self, Site},
    doors::{health, live, pages, webhook},
    request::{self, Front},
};
use axum::{
    Router,
    extract::FromRef,
    http::{HeaderName, HeaderValue, header},
    middleware,
    routing::{get, post},
};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use tower_http::{
    catch_panic::CatchPanicLayer,
    csrf::CsrfLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};

/// Largest body that any route takes, in bytes.
const BODY_LIMIT: usize = 512 * 1024;

/// What the routes share.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Session cookie and parts.
    pub front: Front,
    /// The site files.
    pub site: Site,
    /// Who follows which job.
    pub hub: Arc<live::Hub>,
    /// The figures for `/metrics`.
    pub metrics: PrometheusHandle,
}

/// The whole panel as one service.
pub fn router(state: AppState) -> Router {
    let open = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/pkg/{name}", get(assets::serve))
        // Signed by the provider; a browser's session means nothing here.
        .route("/api/public/checkout/webhook", post(webhook::receive));
    let faced = Router::new()
        .route("/api/live", get(live::upgrade))
        .route("/api/{*path}", post(pages::server_function))
        .fallback(get(pages::page))
        .layer(middleware::from_fn_with_state(state.front.clone(), request::attach))
        .layer(CsrfLayer::new());
    open.merge(faced)
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(crate::doors::panicked))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        .layer(fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(TraceLayer::new_for_http())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .with_state(state)
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
