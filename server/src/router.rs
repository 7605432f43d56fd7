//! Every route, in one list.

use crate::{
    assets::{self, Site},
    body, compression,
    handlers::{documents, export, functions, health, live, logs, openapi, pages, push, reload, upload, webhook},
    metrics_endpoint::{self, MetricsEndpoint},
    request::{self, RequestState},
};
use app_auth::operations::AuthScope;
use axum::{
    Router,
    extract::FromRef,
    http::{HeaderName, HeaderValue, header},
    middleware,
    routing::{MethodRouter, get, post},
};
use model::{
    hosting::site_logs::SiteLogKind,
    ids::{InvoiceId, WebsiteId},
    permission::{AuditRead, BillingRead, Permission, WebsitesRead, WebsitesWrite},
};
use schemars::{Schema, SchemaGenerator};
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
    pub front: RequestState,
    /// The site files.
    pub site: Site,
    /// Who follows which job.
    pub hub: Arc<live::Hub>,
    /// The API's document.
    pub document: openapi::Document,
    /// The figures for `/metrics`.
    pub figures: MetricsEndpoint,
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
    pub scope: AuthScope,
    /// What its address names behind the question mark, with what each is; what may be left out is told by the summary only.
    pub query: Query,
    /// What it can answer.
    pub statuses: &'static [(u16, &'static str)],
    /// Largest body that it takes, in bytes; what only shows something takes none.
    max_body: usize,
    /// Whether it knows the browser's session, and refuses other sites' pages.
    browser_facing: bool,
    handler: fn() -> MethodRouter<AppState>,
}

/// Names and schemas of what an address names.
pub type Query = fn(&mut SchemaGenerator) -> Vec<(&'static str, Schema)>;

const NOTHING: Query = |_| Vec::new();
const LOG_OF_SITE: Query = |schemas| vec![("id", schemas.subschema_for::<WebsiteId>()), ("log", schemas.subschema_for::<SiteLogKind>())];
const INVOICE: Query = |schemas| vec![("id", schemas.subschema_for::<InvoiceId>())];
const LOG_OF_OWN_SITE: Query = |schemas| [slug(schemas), LOG_OF_SITE(schemas)].concat();
const OWN_INVOICE: Query = |schemas| [slug(schemas), INVOICE(schemas)].concat();
// Not an id by its schema: one that is none is answered as one that nobody has.
const PUSH: Query = |schemas| vec![("site", schemas.subschema_for::<String>())];
const ARCHIVE: Query = |schemas| {
    let site = vec![("id", schemas.subschema_for::<WebsiteId>()), ("name", schemas.subschema_for::<String>())];
    [slug(schemas), site].concat()
};

fn slug(schemas: &mut SchemaGenerator) -> Vec<(&'static str, Schema)> {
    vec![("slug", schemas.subschema_for::<String>())]
}

/// Every way in that is not a server function, a page or a file.
pub const ROUTES: &[Route] = &[
    Route {
        path: "/healthz",
        name: "healthz",
        method: "get",
        summary: "Liveness probe.",
        scope: AuthScope::Public,
        query: NOTHING,
        statuses: &[(200, "OK.")],
        max_body: 0,
        browser_facing: false,
        handler: || get(health::alive),
    },
    Route {
        path: "/readyz",
        name: "readyz",
        method: "get",
        summary: "Readiness probe: PostgreSQL is reachable.",
        scope: AuthScope::Public,
        query: NOTHING,
        statuses: &[(200, "OK."), (503, "PostgreSQL is unavailable.")],
        max_body: 0,
        browser_facing: false,
        handler: || get(health::ready),
    },
    Route {
        path: "/metrics",
        name: "metrics",
        method: "get",
        summary: "Prometheus metrics.",
        scope: AuthScope::Public,
        query: NOTHING,
        statuses: &[(200, "Metrics."), (404, "Metrics are disabled or the token is wrong.")],
        max_body: 0,
        browser_facing: false,
        handler: || get(metrics_endpoint::show),
    },
    Route {
        path: "/api/openapi.json",
        name: "openapi",
        method: "get",
        summary: "This document.",
        scope: AuthScope::Public,
        query: NOTHING,
        statuses: &[(200, "The document.")],
        max_body: 0,
        browser_facing: false,
        handler: || get(openapi::document),
    },
    Route {
        path: "/api/public/checkout/webhook",
        name: "checkout_webhook",
        method: "post",
        summary: "Signed payment provider webhook.",
        scope: AuthScope::Public,
        query: NOTHING,
        statuses: &[
            (200, "Stored."),
            (413, "Too large."),
            (422, "Invalid signature, stale or malformed; nothing was stored."),
            (503, "Temporarily unavailable; retry later."),
        ],
        max_body: 256 * 1024,
        browser_facing: false,
        handler: || post(webhook::receive),
    },
    Route {
        path: "/api/public/deploys/push",
        name: "receive_push",
        method: "post",
        summary: "Signed push webhook of a site's repository (GitHub, GitLab, Gitea, Bitbucket, or any HMAC-SHA256 of the body): `site`.",
        scope: AuthScope::Public,
        query: PUSH,
        statuses: &[
            (200, "Taken. The body says whether it is a push to the site's branch that will be deployed."),
            (413, "Too large."),
            (422, "Unknown webhook or invalid signature; nothing was stored."),
            (429, "Too many pushes to a site, or wrong ones from an address, in an hour."),
            (503, "Temporarily unavailable; retry later."),
        ],
        max_body: core_hosting::deploys::MAX_PUSH,
        browser_facing: false,
        handler: || post(push::receive),
    },
    Route {
        path: "/api/live",
        name: "live",
        method: "get",
        summary: "WebSocket with live channels (jobs, site logs, changed objects); each resumes after the last event ID.",
        scope: AuthScope::Public,
        query: NOTHING,
        statuses: &[(101, "Connection upgraded."), (400, "Not a WebSocket."), (403, "Cross-origin request."), (426, "Not a WebSocket.")],
        max_body: 0,
        browser_facing: true,
        handler: || get(live::upgrade),
    },
    Route {
        path: "/api/admin/security/audit/export",
        name: "export_events",
        method: "get",
        summary: "Exports the audit log as JSONL, oldest first; `state` and `search` filter as in the list.",
        scope: AuthScope::Platform(<AuditRead as Permission>::NAME),
        query: NOTHING,
        statuses: &[
            (200, "One event per line."),
            (401, "Not signed in."),
            (403, "Permission denied."),
            (404, "Not staff."),
            (422, "Invalid filter."),
            (500, "Internal error with a reference for the server log."),
            (503, "PostgreSQL is unavailable."),
        ],
        max_body: 0,
        browser_facing: true,
        handler: || get(export::audit),
    },
    Route {
        path: "/api/admin/billing/mismatches/export",
        name: "export_mismatches",
        method: "get",
        summary: "Exports mismatches between billing and infrastructure as CSV, newest first; `state` filters as in the list.",
        scope: AuthScope::Platform(<BillingRead as Permission>::NAME),
        query: NOTHING,
        statuses: &[
            (200, "One mismatch per line."),
            (401, "Not signed in."),
            (403, "Permission denied."),
            (404, "Not staff."),
            (422, "Invalid filter."),
            (500, "Internal error with a reference for the server log."),
            (503, "PostgreSQL is unavailable."),
        ],
        max_body: 0,
        browser_facing: true,
        handler: || get(export::mismatches),
    },
    Route {
        path: "/api/admin/hosting/websites/log_file",
        name: "download_website_log",
        method: "get",
        summary: "All of a log of a site that is kept, the oldest line first: `id` and `log`, which is `access`, `error` or `application`.",
        scope: AuthScope::Platform(<WebsitesRead as Permission>::NAME),
        query: LOG_OF_SITE,
        statuses: SITE_LOG_STATUSES,
        max_body: 0,
        browser_facing: true,
        handler: || get(logs::site),
    },
    Route {
        path: "/api/tenant/hosting/websites/log_file",
        name: "download_own_website_log",
        method: "get",
        summary: "All of a log of an account's site that is kept, the oldest line first: `slug`, `id` and `log`.",
        scope: AuthScope::Tenant(<WebsitesRead as Permission>::NAME),
        query: LOG_OF_OWN_SITE,
        statuses: SITE_LOG_STATUSES,
        max_body: 0,
        browser_facing: true,
        handler: || get(logs::site_of_tenant),
    },
    Route {
        path: "/api/admin/billing/invoices/document",
        name: "download_invoice",
        method: "get",
        summary: "An invoice or credit note as PDF with its XML (Factur-X): `id`.",
        scope: AuthScope::Platform(<BillingRead as Permission>::NAME),
        query: INVOICE,
        statuses: DOCUMENT_STATUSES,
        max_body: 0,
        browser_facing: true,
        handler: || get(documents::of_any),
    },
    Route {
        path: ARCHIVE_UPLOAD,
        name: "upload_site_archive",
        method: "post",
        summary: "Deploys an archive (.zip, .tar.gz or .tgz, up to 512 MiB), which is the body. In the query: `slug`, `id` of the site, `name` of \
                  the file, and as with a repository `folder`, `build_command`, `publish`, `start_file`, `shared`. Returns the job.",
        scope: AuthScope::Tenant(<WebsitesWrite as Permission>::NAME),
        query: ARCHIVE,
        statuses: &[
            (200, "The id of the job."),
            (401, "Not signed in."),
            (403, "Permission denied."),
            (404, "No such site or account."),
            (408, "Too slow: less than 64 KiB arrived in 30 seconds, or the upload took longer than half an hour."),
            (409, "The site cannot be deployed now, or its CloudPod has no room for the archive."),
            (413, "Too large."),
            (422, "The file's name or what is done with it is invalid."),
            (429, "Too many uploads at once, or deploys in an hour."),
            (500, "Internal error with a reference for the server log."),
            (503, "PostgreSQL or the server is unavailable."),
        ],
        max_body: 0, // counted while it is handed on
        browser_facing: true,
        handler: || post(upload::archive),
    },
    Route {
        path: "/api/tenant/billing/invoices/document",
        name: "download_own_invoice",
        method: "get",
        summary: "An invoice or credit note of an account as PDF with its XML (Factur-X): `slug` and `id`.",
        scope: AuthScope::Tenant(<BillingRead as Permission>::NAME),
        query: OWN_INVOICE,
        statuses: DOCUMENT_STATUSES,
        max_body: 0,
        browser_facing: true,
        handler: || get(documents::of_tenant),
    },
];

const SITE_LOG_STATUSES: &[(u16, &str)] = &[
    (200, "The log. An answer that breaks off is not whole."),
    (401, "Not signed in."),
    (403, "Permission denied."),
    (404, "No such site or account."),
    (409, "The site is on no server in service, or the server did not send the log."),
    (422, "The log is not named right, or the site has no such log."),
    (429, "Too many downloads at once."),
    (500, "Internal error with a reference for the server log."),
    (503, "PostgreSQL or the server is unavailable."),
];

const DOCUMENT_STATUSES: &[(u16, &str)] = &[
    (200, "The PDF."),
    (401, "Not signed in."),
    (403, "Permission denied."),
    (404, "No such invoice or account."),
    (422, "The invoice is not named by its id."),
    (500, "Internal error with a reference for the server log."),
    (503, "PostgreSQL is unavailable."),
];

/// The whole panel as one service.
pub fn router(state: AppState) -> Router {
    let files = Router::new().route("/pkg/{name}", get(assets::serve)).route("/dev/reload", get(reload::built));
    let mounted = |browser_facing: bool| {
        let routes = ROUTES.iter().filter(|route| route.browser_facing == browser_facing);
        routes.fold(Router::new(), |router, route| router.route(route.path, (route.handler)()))
    };
    let open = files.merge(mounted(false));
    let browser_facing = mounted(true)
        .route("/api/{*path}", post(functions::call))
        .fallback(get(pages::page).post(pages::submitted))
        .layer(middleware::from_fn_with_state(state.front.clone(), request::attach))
        .layer(csrf(&state.front.services.settings.public_url))
        .layer(compression::layer())
        .layer(middleware::from_fn(compression::for_our_own));
    open.merge(browser_facing)
        .layer(middleware::from_fn_with_state(max_body as body::Limits, body::whole))
        .layer(CatchPanicLayer::custom(crate::handlers::panicked))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        .layer(fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(middleware::from_fn(metrics_endpoint::measure))
        .layer(TraceLayer::new_for_http())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .with_state(state)
}

/// The way in for archives, which are too large to be held.
const ARCHIVE_UPLOAD: &str = "/api/tenant/hosting/deploys/upload";
/// The operation that takes a file.
const STATEMENT_IMPORT: &str = "/api/admin/billing/bank_statements/import";
/// A bank statement of 1 MiB in base64, in a form.
const MAX_STATEMENT: usize = 2 * 1024 * 1024;

/// Largest body that is taken at this path.
fn max_body(path: &str) -> Option<usize> {
    match path {
        // Counted while it is handed on.
        ARCHIVE_UPLOAD => None,
        STATEMENT_IMPORT => Some(MAX_STATEMENT),
        _ => Some(ROUTES.iter().find(|route| route.path == path).map_or(body::MAX_BODY, |route| route.max_body)),
    }
}

/// A change is taken from our own pages only; a proxy may give the panel another `Host` than browsers see.
fn csrf(public_url: &str) -> CsrfLayer {
    CsrfLayer::new().add_trusted_origin(public_url).unwrap_or_default()
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
