//! The built site files: in a release they are inside the binary, otherwise they are read from the site folder.

use app_kit::shell::Assets;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{borrow::Cow, path::PathBuf, sync::Arc};

#[cfg(not(debug_assertions))]
static EMBEDDED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../site");

/// The site files and their manifest.
#[derive(Clone)]
pub struct Site {
    /// Logical name to hashed address.
    pub assets: Arc<Assets>,
    #[cfg_attr(not(debug_assertions), allow(dead_code, reason = "a release serves what it carries"))]
    root: PathBuf,
}

impl Site {
    /// Reads the manifest of the built front half.
    pub fn load() -> anyhow::Result<Self> {
        let root = site_root();
        let manifest = read(&root, "manifest.json").ok_or_else(|| anyhow::anyhow!("the site files are not built; run: cargo xtask front"))?;
        let assets = Assets::from_json(std::str::from_utf8(&manifest)?).map_err(anyhow::Error::msg)?;
        Ok(Self { assets: Arc::new(assets), root })
    }
}

/// `Leptos.toml` says where the site is; the working folder of a development build is the repository.
fn site_root() -> PathBuf {
    let options = leptos::config::get_configuration(Some(concat!(env!("CARGO_MANIFEST_DIR"), "/../Leptos.toml")));
    let root = options.map_or_else(|_| "site".to_owned(), |conf| conf.leptos_options.site_root.to_string());
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(root)
}

#[cfg(debug_assertions)]
fn read(root: &std::path::Path, name: &str) -> Option<Cow<'static, [u8]>> {
    std::fs::read(root.join(name)).ok().map(Cow::Owned)
}

#[cfg(not(debug_assertions))]
fn read(_: &std::path::Path, name: &str) -> Option<Cow<'static, [u8]>> {
    EMBEDDED.get_file(name).map(|file| Cow::Borrowed(file.contents()))
}

/// Serves `/pkg/<file>`: names carry a hash, so browsers keep them for ever.
pub async fn serve(State(site): State<Site>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    if name.contains("..") || name.contains('/') || name.starts_with('.') {
        return StatusCode::NOT_FOUND.into_response();
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let packed = [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(word, _)| accepted.split(',').any(|offer| offer.trim().starts_with(word)))
        .find_map(|(word, ending)| read(&site.root, &format!("pkg/{name}{ending}")).map(|body| (Some(word), body)));
    let Some((encoding, body)) = packed.or_else(|| read(&site.root, &format!("pkg/{name}")).map(|body| (None, body))) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut answer = body.into_owned().into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(&name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(word) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(word));
    }
    answer
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("ico") => "image/x-icon",
        _ => "application/octet-stream",
    }
}
