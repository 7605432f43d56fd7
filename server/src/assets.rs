//! The built site files: in a release they are inside the binary, otherwise they are read from the site folder.

use app_kit::shell::Assets;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{borrow::Cow, path::PathBuf, sync::Arc, time::SystemTime};

#[cfg(any(not(debug_assertions), feature = "one-file"))]
static EMBEDDED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../site");

/// The site files and their manifest.
#[derive(Clone)]
pub struct Site {
    assets: Arc<Assets>,
    root: PathBuf,
    /// Pages load again when the site files change.
    pub reloads: bool,
}

impl Site {
    /// Reads the manifest of the built front half.
    pub fn load(reloads: bool) -> anyhow::Result<Self> {
        let root = site_root()?;
        Ok(Self { assets: Arc::new(manifest(&root)?), root, reloads })
    }

    /// Logical name to hashed address. A site folder may have been built again since the start; what a release carries stays.
    pub fn assets(&self) -> Arc<Assets> {
        if CARRIED { self.assets.clone() } else { manifest(&self.root).map_or_else(|_| self.assets.clone(), Arc::new) }
    }

    /// When the site folder was built last.
    pub fn built(&self) -> Option<SystemTime> {
        std::fs::metadata(self.root.join("manifest.json")).and_then(|meta| meta.modified()).ok()
    }
}

fn manifest(root: &std::path::Path) -> anyhow::Result<Assets> {
    let text = read(root, "manifest.json").ok_or_else(|| anyhow::anyhow!("the site files are not built; run: cargo xtask front"))?;
    Assets::from_json(std::str::from_utf8(&text)?).map_err(anyhow::Error::msg)
}

/// Whether the files are inside the program.
const CARRIED: bool = cfg!(any(not(debug_assertions), feature = "one-file"));

/// What a release carries needs no folder.
#[cfg(any(not(debug_assertions), feature = "one-file"))]
fn site_root() -> anyhow::Result<PathBuf> {
    Ok(PathBuf::new())
}

/// `Leptos.toml` says where the site is. It is looked for from the working folder upwards and not where this program was built: clones share their
/// target folder.
#[cfg(not(any(not(debug_assertions), feature = "one-file")))]
fn site_root() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir()?;
    let root = here.ancestors().find(|folder| folder.join("Leptos.toml").is_file());
    let root = root.ok_or_else(|| anyhow::anyhow!("a development build serves the site files of the repository; start it from the repository"))?;
    let conf = leptos::config::get_configuration(root.join("Leptos.toml").to_str())?;
    Ok(root.join(conf.leptos_options.site_root.as_ref()))
}

#[cfg(not(any(not(debug_assertions), feature = "one-file")))]
fn read(root: &std::path::Path, name: &str) -> Option<Cow<'static, [u8]>> {
    std::fs::read(root.join(name)).ok().map(Cow::Owned)
}

#[cfg(any(not(debug_assertions), feature = "one-file"))]
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
