//! Server functions: those of the list of operations and no others, without what Leptos would do for plain forms.

use super::{answer, pages};
use app_auth::{Request, operations};
use axum::{
    Extension,
    body::{Body, to_bytes},
    http::{Request as HttpRequest, header},
    response::Response,
};
use model::error::{ApiError, ErrorCode};
use std::{collections::HashSet, sync::LazyLock};

/// The addresses of all operations.
static LISTED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| operations::all().into_iter().map(|operation| operation.path).collect());

/// Compares the list of operations with the server functions that were compiled in.
///
/// # Errors
/// When they differ. What is called and what is described, authorized and tested would not be the same.
pub fn check_list() -> anyhow::Result<()> {
    // Not `server_fn_paths`: that is a map, in which one of two functions at one address hides the other.
    let compiled = server_fn::inventory::iter::<server_fn::ServerFnTraitObj<HttpRequest<Body>, Response>>;
    let compiled: Vec<String> = compiled.into_iter().map(|function| format!("{} {}", function.method(), function.path())).collect();
    let listed: Vec<String> = operations::all().into_iter().map(|operation| format!("POST {}", operation.path)).collect();
    let differences = differences(listed, compiled);
    anyhow::ensure!(differences.is_empty(), "the list of operations is not what this program would serve: {}", differences.join("; "));
    Ok(())
}

/// What is in one of the two and not in the other, each as often as it is.
fn differences(mut listed: Vec<String>, mut compiled: Vec<String>) -> Vec<String> {
    compiled.retain(|one| match listed.iter().position(|other| other == one) {
        Some(at) => {
            listed.swap_remove(at);
            false
        }
        None => true,
    });
    let mut all: Vec<String> = compiled.into_iter().map(|one| format!("{one} is no operation")).collect();
    all.extend(listed.into_iter().map(|one| format!("{one} has no server function")));
    all.sort();
    all
}

/// Calls the operation at this address.
pub async fn call(Extension(request): Extension<Request>, http: HttpRequest<Body>) -> Response {
    admit(http, async |http| pages::server_function(Extension(request), http).await).await
}

/// Hands on what is meant for an operation and can be read.
async fn admit(mut http: HttpRequest<Body>, serve: impl AsyncFnOnce(HttpRequest<Body>) -> Response) -> Response {
    if !LISTED.contains(http.uri().path()) {
        return answer(&ApiError::new(ErrorCode::NotFound, "Not found."));
    }
    // Leptos sends a plain form back to its referrer, wherever that is. Ours are answered by their page; see `pages::handed`.
    for name in [header::REFERER, header::ACCEPT] {
        http.headers_mut().remove(name);
    }
    let (head, body) = http.into_parts();
    // It was read whole before (`crate::body`), within its limit.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let is_form = head.headers.get(header::CONTENT_TYPE).is_some_and(|kind| app_kit::call::is_form(kind.as_bytes()));
    if has_nul(&bytes, is_form) {
        return answer(&ApiError::new(ErrorCode::Invalid, "Text must not contain NUL characters."));
    }
    serve(HttpRequest::from_parts(head, Body::from(bytes))).await
}

/// Whether a text in this JSON or form holds a NUL, which PostgreSQL takes in no text. Written `\u0000`, behind an odd number of backslashes,
/// or `%00`.
fn has_nul(body: &[u8], is_form: bool) -> bool {
    if is_form {
        return body.contains(&0) || body.windows(3).any(|three| three == b"%00");
    }
    body.windows(6).enumerate().filter(|(_, six)| *six == b"\\u0000").any(|(at, _)| {
        let before = body[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        before % 2 == 0
    })
}

#[cfg(test)]
mod tests;
