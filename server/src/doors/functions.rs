//! Server functions: only those there are, and without what Leptos would do for plain forms.

use super::{answer, pages};
use app_door::Request;
use axum::{
    Extension,
    body::Body,
    http::{Request as HttpRequest, header},
    response::Response,
};
use model::error::{ApiError, ErrorCode};
use std::{collections::HashSet, sync::LazyLock};

/// The addresses of all server functions.
static PATHS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| server_fn::axum::server_fn_paths().map(|(path, _)| path).collect());

/// Calls the server function at this address.
pub async fn call(Extension(request): Extension<Request>, mut http: HttpRequest<Body>) -> Response {
    if !PATHS.contains(http.uri().path()) {
        return answer(&ApiError::new(ErrorCode::NotFound, "There is nothing at this address."));
    }
    // Leptos sends a plain form back to its referrer, wherever that is. Our forms are not plain.
    for name in [header::REFERER, header::ACCEPT] {
        http.headers_mut().remove(name);
    }
    pages::server_function(Extension(request), http).await
}
