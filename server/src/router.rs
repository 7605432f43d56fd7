//! Every route, in one list.

use crate::{
    assets::{self, Site},
    body,
    doors::{export, functions, health, live, logs, openapi, pages, reload, webhook},
    figures::{self, Figures},
    packed,
    request::{self, Front},
};
use app_door::operations::Door;
use axum::{
    Router,
    extract::FromRef,
    http::{HeaderName, HeaderValue, header},
    middleware,
    routing::{MethodRouter, get, post},
};
use model::permission::{AuditRead, CloudpodsRead, Permission};
use std::sync::Arc;
use tower_http::{
    catch_panic::CatchPanicLayer,
    csrf::CsrfLayer,
    request_id::{MakeRequestUuid, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};

/// What the routes share.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Session cookie and parts.
    pub front: Front,
    /// The site files.
    pub site: Site,
    /// Who follows which job.
    pub hub: Arc<live::Hub>,
    /// The API's document.
    pub document: openapi::Document,
    /// The figures for `/metrics`.
    pub figures: Figures,
}

/// A way in that is not a server function. It stands in the API's document too.
pub struct Route {
    /// Its address.
    pub path: &'static str,
    /// Its name in the document.
    pub name: &'static str,
    /// `get` or `post`.
    pub method: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Who may come in.
    pub door: Door,
    /// What it can answer.
    pub statuses: &'static [(u16, &'static str)],
    /// Largest body that it takes, in bytes; what only shows something takes none.
    max_body: usize,
    /// Whether it knows the browser's session, and refuses other sites' pages.
    faced: bool,
    handler: fn() -> MethodRouter<AppState>,
}

/// Every way in that is not a server function, a page or a file.
pub const ROUTES: &[Route] = &[
    Route {
        path: "/healthz",
        name: "healthz",
        method: "get",
        summary: "The process lives.",
        door: Door::Public,
        statuses: &[(200, "It does.")],
        max_body: 0,
        faced: false,
        handler: || get(health::alive),
    },
    Route {
        path: "/readyz",
        name: "readyz",
        method: "get",
        summary: "The panel can work: PostgreSQL answers.",
        door: Door::Public,
        statuses: &[(200, "It does."), (503, "It does not.")],
        max_body: 0,
        faced: false,
        handler: || get(health::ready),
    },
    Route {
        path: "/metrics",
        name: "metrics",
        method: "get",
        summary: "The panel's figures, in Prometheus' text format.",
        door: Door::Public,
        statuses: &[(200, "The figures."), (404, "They are not shown to the caller.")],
        max_body: 0,
        faced: false,
        handler: || get(figures::show),
    },
    Route {
        path: "/api/openapi.json",
        name: "openapi",
        method: "get",
        summary: "This document.",
        door: Door::Public,
        statuses: &[(200, "The document.")],
        max_body: 0,
        faced: false,
        handler: || get(openapi::document),
    },
    Route {
        path: "/api/public/checkout/webhook",
        name: "checkout_webhook",
        method: "post",
        summary: "A message of the payment provider, signed by it; a browser's session means nothing here.",
        door: Door::Public,
        statuses: &[(200, "Stored."), (413, "Too large."), (422, "Forged, stale or unreadable; nothing was stored."), (503, "Send it again later.")],
        max_body: 256 * 1024,
        faced: false,
        handler: || post(webhook::receive),
    },
    Route {
        path: "/api/live",
        name: "live",
        method: "get",
        summary: "WebSocket that follows a job: each subscription is authorised by itself, and resumes behind the number of the last line.",
        door: Door::Public,
        statuses: &[(101, "The link is open."), (400, "Not a WebSocket."), (403, "Another site's page asks."), (426, "Not a WebSocket.")],
        max_body: 0,
        faced: true,
        handler: || get(live::upgrade),
    },
    Route {
        path: "/api/admin/security/audit/export",
        name: "export_events",
        method: "get",
        summary: "The audit log as JSON lines, oldest first; `state` and `search` filter as in the list.",
        door: Door::Platform(<AuditRead as Permission>::NAME),
        statuses: &[
            (200, "One event a line."),
            (401, "Nobody is signed in."),
            (403, "The permission is missing."),
            (404, "For staff only."),
            (422, "The filter is not right."),
            (500, "Our fault; the incident id leads to the log."),
            (503, "PostgreSQL did not answer."),
        ],
        max_body: 0,
        faced: true,
        handler: || get(export::audit),
    },
    Route {
        path: "/api/admin/hosting/cloudpods/log",
        name: "download_pod_log",
        method: "get",
        summary: "A log of a CloudPod's web server as it is now, streamed from its server: `id` and `log`, which is `access` or `error`.",
        door: Door::Platform(<CloudpodsRead as Permission>::NAME),
        statuses: &[
            (200, "The log. An answer that breaks off is not whole."),
            (401, "Nobody is signed in."),
            (403, "The permission is missing."),
            (404, "No such CloudPod, or for staff only."),
            (409, "The CloudPod is on no server in service, or the server did not send it."),
            (422, "The log is not named right."),
            (500, "Our fault; the incident id leads to the log."),
            (503, "PostgreSQL or the server did not answer."),
        ],
        max_body: 0,
        faced: true,
        handler: || get(logs::pod),
    },
];

/// The whole panel as one service.
pub fn router(state: AppState) -> Router {
    let files = Router::new().route("/pkg/{name}", get(assets::serve)).route("/dev/reload", get(reload::built));
    let mounted = |faced: bool| {
        let routes = ROUTES.iter().filter(|route| route.faced == faced);
        routes.fold(Router::new(), |router, route| router.route(route.path, (route.handler)()))
    };
    let open = files.merge(mounted(false));
    let faced = mounted(true)
        .route("/api/{*path}", post(functions::call))
        .fallback(get(pages::page).post(pages::handed))
        .layer(middleware::from_fn_with_state(state.front.clone(), request::attach))
        .layer(csrf(&state.front.services.settings.public_url))
        .layer(packed::layer())
        .layer(middleware::from_fn(packed::for_our_own));
    open.merge(faced)
        .layer(middleware::from_fn_with_state(max_body as body::Limits, body::whole))
        .layer(CatchPanicLayer::custom(crate::doors::panicked))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        .layer(fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(middleware::from_fn(figures::measure))
        .layer(TraceLayer::new_for_http())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .with_state(state)
}

/// Largest body that is taken at this path.
fn max_body(path: &str) -> usize {
    ROUTES.iter().find(|route| route.path == path).map_or(body::MAX_BODY, |route| route.max_body)
}

/// A change is taken from our own pages only; a proxy may give the panel another `Host` than browsers see.
fn csrf(public_url: &str) -> CsrfLayer {
    CsrfLayer::new().add_trusted_origin(public_url).unwrap_or_default()
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
