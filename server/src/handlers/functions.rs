//! Server functions: only those there are, and without what Leptos would do for plain forms.

use super::{answer, pages};
use app_auth::Request;
use axum::{
    Extension,
    body::{Body, to_bytes},
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
    // Leptos sends a plain form back to its referrer, wherever that is. Ours are answered by their page; see `pages::handed`.
    for name in [header::REFERER, header::ACCEPT] {
        http.headers_mut().remove(name);
    }
    let (head, body) = http.into_parts();
    // It was read whole before (`crate::body`), within its limit.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let is_form = head.headers.get(header::CONTENT_TYPE).is_some_and(|kind| app_kit::call::is_form(kind.as_bytes()));
    if has_nul(&bytes, is_form) {
        return answer(&ApiError::new(ErrorCode::Invalid, "There is a NUL in the text. Leave it out; nothing stores one."));
    }
    pages::server_function(Extension(request), HttpRequest::from_parts(head, Body::from(bytes))).await
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
mod tests {
    use super::has_nul;

    #[test]
    fn a_nul_is_found_and_a_backslash_before_its_letters_is_none() {
        assert!(has_nul(br#"{"a":"x\u0000y"}"#, false));
        assert!(has_nul(br#"{"a":"x\\\u0000y"}"#, false));
        assert!(!has_nul(br#"{"a":"x\\u0000y"}"#, false));
        assert!(!has_nul(br#"{"a":"u0000"}"#, false));
        assert!(!has_nul(b"", false));
        assert!(has_nul(b"a=x%00y", true));
        assert!(has_nul(b"a=x\0y", true));
        assert!(!has_nul(b"a=x%2500y", true));
    }
}
