//! The HTML document with its content security policy, which uses the nonce of the request.

use crate::App;
use app_kit::shell::{Assets, document};
use axum::http::{HeaderValue, header};
use leptos::{nonce::use_nonce, prelude::*};

/// The HTML document. `plain`: without WebAssembly. `reloads`: reloads when the site is rebuilt.
pub fn shell(assets: &Assets, plain: bool, reloads: bool) -> impl IntoView + use<> {
    if let (Some(nonce), Some(options)) = (use_nonce(), use_context::<leptos_axum::ResponseOptions>()) {
        let program = if plain { "" } else { " 'strict-dynamic' 'wasm-unsafe-eval'" };
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{nonce}'{program}; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
             font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        if let Ok(value) = HeaderValue::from_str(&policy) {
            options.insert_header(header::CONTENT_SECURITY_POLICY, value);
        }
        options.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    document(assets, plain, reloads, || view! { <App/> })
}
