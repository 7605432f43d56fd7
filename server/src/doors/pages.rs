//! Pages and server functions: the same context for both.

use crate::assets::Site;
use app_door::Request;
use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{Request as HttpRequest, StatusCode},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;

/// A server function.
pub async fn server_function(Extension(request): Extension<Request>, http: HttpRequest<Body>) -> Response {
    leptos_axum::handle_server_fns_with_context(move || provide_context(request.clone()), http).await.into_response()
}

/// A page: rendered whole on the server, hydrated in the browser. An address that no page has is 404.
pub async fn page(State(site): State<Site>, Extension(request): Extension<Request>, http: HttpRequest<Body>) -> Response {
    if http.uri().path().starts_with("/api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let assets = site.assets();
    let reloads = site.reloads;
    let render = leptos_axum::render_app_async_with_context(move || provide_context(request.clone()), move || app::shell(&assets, reloads));
    render(http).await
}
