//! Pages and server functions: the same context for both.

use super::functions;
use crate::assets::Site;
use app_auth::Request;
use app_kit::{call::FORM, error::AppError, html_only};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Request as HttpRequest, StatusCode, Uri, header},
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
    render(&site, request, None, http).await
}

/// A form that a page without the program has sent: the operation it names is called as any other way in would call it, and the page comes
/// again with its answer.
pub async fn submitted(State(site): State<Site>, Extension(request): Extension<Request>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if !app::is_html_only(uri.path()) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let Some(at) = fields.iter().position(|(name, _)| name == html_only::CALL) else { return StatusCode::UNPROCESSABLE_ENTITY.into_response() };
    let (_, call) = fields.remove(at);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let Ok(asked) = HttpRequest::post(&call).header(header::CONTENT_TYPE, FORM).body(Body::from(body)) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let (answered, body) = functions::call(Extension(request.clone()), asked).await.into_parts();
    let text = String::from_utf8_lossy(&axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default()).into_owned();
    let answer = if answered.status.is_success() { Ok(text) } else { Err(AppError::read(&text)) };
    let mut again = HttpRequest::new(Body::empty());
    (*again.method_mut(), *again.uri_mut(), *again.headers_mut()) = (Method::GET, uri, headers);
    let mut page = render(&site, request, Some(html_only::SubmittedForm { call, fields, answer }), again).await;
    if page.status().is_success() {
        *page.status_mut() = answered.status;
    }
    for cookie in answered.headers.get_all(header::SET_COOKIE) {
        page.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    page
}

async fn render(site: &Site, request: Request, submitted: Option<html_only::SubmittedForm>, http: HttpRequest<Body>) -> Response {
    let (assets, reloads, html_only) = (site.assets(), site.reloads, app::is_html_only(http.uri().path()));
    let context = move || {
        provide_context(request.clone());
        if let Some(submitted) = submitted.clone() {
            provide_context(submitted);
        }
    };
    leptos_axum::render_app_async_with_context(context, move || app::shell(&assets, html_only, reloads))(http).await
}
