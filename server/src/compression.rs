//! Pages and answers travel compressed, where nobody can learn from how short they become.
//!
//! The length of a compressed page tells whether words of the address stand in the page too (the BREACH attack), to who watches the
//! wire and can have a victim's browser ask. So only what the browser says was not brought about by another site is compressed.

use axum::{extract::Request, http::header, middleware::Next, response::Response};
use tower_http::{CompressionLevel, compression::CompressionLayer};

#[cfg(test)]
mod tests;

/// Compresses what is behind it. The level costs a page about a millisecond.
pub fn layer() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Precise(5))
}

/// Has the answer left as it is, unless the browser says that our own page, or the person, has asked.
pub async fn for_our_own(mut request: Request, next: Next) -> Response {
    let site = request.headers().get("sec-fetch-site").map(|site| site.as_bytes());
    if !matches!(site, Some(b"same-origin" | b"none")) {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}
