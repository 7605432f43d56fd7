//! How what a site has is handed out: to whom, packed how, kept for how long, and what is shown where something goes wrong.

use std::path::{Path, PathBuf};

use wire::http_rules::ResponseHeader;
use wire::settings::{PagePath, Protection, REALM};
use wire::spec::{Limits, SiteSpec, Stack};

use crate::host::names::{PodNames, VHOSTS};
use crate::pod::part::password::{AGENT, fingerprint};

use super::nginx::{Line, block, line, parse};
use super::tls;

/// How long browsers keep a file of a site, by its name.
const BROWSERS_KEEP: &str = "$mpanel_browsers_keep";
/// Set where the cookies of a visitor may be a session's.
const COOKIES: &str = "$mpanel_cookies";
/// Set where a visitor has said something by which answers differ, without being a part of what is asked for.
const UNUSUAL: &str = "$mpanel_unusual";
/// Set where a visitor sends something with the request, which PHP reads with every method.
const BODY: &str = "$mpanel_body";
/// Set where a visitor wants no answer that was kept.
const AFRESH: &str = "$mpanel_afresh";
/// Set where PHP says of its answer that it is not for everybody, or not to be kept.
const PRIVATE: &str = "$mpanel_private";
/// Who says a password, and of which site. The agent's word is none that can be guessed.
const GUESSER: &str = "$mpanel_guesser";
/// How many passwords somebody can say to a site in a second, and how many at once: every request of a protected page says it.
const GUESSES: [&str; 2] = ["rate=10r/s", "burst=300"];
/// Where they are counted.
const GUESSES_ZONE: &str = "mpanel_guesses";
/// Tells whether an answer was kept: `HIT`, `MISS`, `EXPIRED` or `BYPASS`.
const CACHE_HEADER: &str = "X-Cache";

/// What is packed on its way, beside HTML, which nginx always packs. Pictures, films and fonts are packed by themselves.
const PACKED: [&str; 14] = [
    "application/atom+xml",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/manifest+json",
    "application/rss+xml",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/xml",
    "image/svg+xml",
    "text/css",
    "text/javascript",
    "text/plain",
    "text/xml",
];
/// Files whose names can have a fingerprint.
const ASSETS: &str = r"\.(?:avif|css|gif|ico|jpe?g|js|json|map|mjs|mp4|otf|png|svg|ttf|wasm|webm|webp|woff2?)$";
/// Cookies of statistics and consent, which no answer depends on.
const STATISTICS: &str =
    r"^(?:(?:_g(?:a(?:_[A-Z0-9]+)?|at(?:_[\w-]+)?|id|cl_au)|_fb[pc]|_cl[cs]k|_pk_(?:id|ses|ref|cvar|hsr)(?:\.[\w.-]+)?|__utm[a-z])=[^;]*(?:; ?|$))+$";
/// What a visitor, or a proxy before this server, can say to get another answer at the same address: who it is, where it comes from, what it has
/// asked for. It is neither shown nor kept for others.
const SPEAKING: [&str; 43] = [
    "api_key",
    "auth_token",
    "authorization",
    "cf_connecting_ip",
    "cf_ipcountry",
    "client_ip",
    "forwarded",
    "front_end_https",
    "hx_request",
    "origin",
    "proxy_authorization",
    "true_client_ip",
    "turbo_frame",
    "x_access_token",
    "x_api_key",
    "x_api_token",
    "x_auth_token",
    "x_authorization",
    "x_client_ip",
    "x_cluster_client_ip",
    "x_csrf_token",
    "x_forwarded_for",
    "x_forwarded_host",
    "x_forwarded_port",
    "x_forwarded_prefix",
    "x_forwarded_scheme",
    "x_forwarded_ssl",
    "x_host",
    "x_http_method_override",
    "x_inertia",
    "x_livewire",
    "x_method_override",
    "x_original_host",
    "x_original_url",
    "x_pjax",
    "x_real_ip",
    "x_requested_with",
    "x_rewrite_url",
    "x_session_id",
    "x_session_token",
    "x_token",
    "x_wp_nonce",
    "x_xsrf_token",
];
/// Where a PHP file is not there whose own 404 is not replaced.
pub const MISSING: &str = "@missing";
/// Most of what is kept of a site in MiB. It stands in its pod's own storage, of which it takes this part at most.
const CACHE_MB: u32 = 64;
const CACHE_PART: u32 = 50;
/// What nobody asks for any more is forgotten after this; longer than anything is kept.
const CACHE_IDLE: &str = "2m";

/// What stands in nginx' `http` block.
pub fn base() -> Vec<Line> {
    let map = |of: &str, to: &str, lines: &[[&str; 2]]| block(["map", of, to], lines.iter().map(line).collect());
    // A fingerprint in hexadecimal has a digit and a letter: neither a date nor a word is taken for one.
    let hexadecimal = format!(r"~[.-](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{{8,64}}(?:\.chunk|\.min)?{ASSETS}");
    // Bundlers write such names into this folder, of the letters of base64.
    let of_bundlers = format!(r"~/assets/[^/]*[.-](?=[\w-]*[0-9])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{{8}}{ASSETS}");
    let (statistics, year) = (format!("~{STATISTICS}"), "max-age=31536000, immutable");
    let spoken: String = SPEAKING.iter().map(|name| format!("$http_{name}")).collect();
    vec![
        map("$uri", BROWSERS_KEEP, &[["default", "no-cache"], [&hexadecimal, year], [&of_bundlers, year]]),
        map("$http_cookie", COOKIES, &[["default", "1"], ["", ""], [&statistics, ""]]),
        map(&spoken, UNUSUAL, &[["default", "1"], ["", ""]]),
        map("$http_content_length|$http_content_type|$http_transfer_encoding", BODY, &[["default", "1"], ["||", ""], ["0||", ""]]),
        map("$http_cache_control$http_pragma", AFRESH, &[["default", ""], ["~*no-cache|no-store", "1"]]),
        // Where only a date says how long an answer is good, it is not looked at.
        map(
            "$sent_http_cache_control|$sent_http_expires|$upstream_http_x_accel_expires",
            PRIVATE,
            &[["default", ""], [r"~*private|no-cache|no-store|max-?age=0*(?:[^0-9.]|$)", "1"], [r"~^\|[^|]+\|", "1"], [r"~\|0$", "1"]],
        ),
        map("$remote_user", GUESSER, &[["default", "$binary_remote_addr$server_name"], ["", ""], [AGENT, ""]]),
        line(["limit_req_zone", GUESSER, &format!("zone={GUESSES_ZONE}:10m"), GUESSES[0]]),
    ]
}

/// What of a site is packed. Files that stand packed beside others, as `app.js.gz`, are sent as they are; those in Brotli, as `app.js.br`, where
/// nginx has its module ([`super::vhost::base`]).
pub fn packing() -> Vec<Line> {
    vec![
        // A file with holes is as long as its owner likes, and packs to nothing, so no visitor's connection slows it down: without threads a worker
        // reads it to its end before it does anything else.
        line(["aio", "threads"]),
        line(["gzip", "on"]),
        line(["gzip_static", "on"]),
        line(["gzip_vary", "on"]),
        line(["gzip_proxied", "any"]),
        line(["gzip_comp_level", "5"]),
        line(["gzip_min_length", "512"]),
        line(["gzip_types"].into_iter().chain(PACKED)),
    ]
}

/// Asks visitors for the site's password; stands in every location that shows the site.
pub fn guard(names: &PodNames, site: &SiteSpec) -> Vec<Line> {
    let Some(protection) = &site.settings.protection else { return Vec::new() };
    vec![
        line(["limit_req", &format!("zone={GUESSES_ZONE}"), GUESSES[1], "nodelay"]),
        line(["limit_req_status", "429"]),
        line(["auth_basic", REALM]),
        line(["auth_basic_user_file", &path(&password_file(names, site, protection))]),
    ]
}

fn password_file(names: &PodNames, site: &SiteSpec, protection: &Protection) -> PathBuf {
    names.password(&site.name, &fingerprint(protection))
}

/// The password is between visitors and the web server: PHP behind it does not learn it, nor takes it for one of its own.
pub fn unsaid_to_php(site: &SiteSpec) -> Option<Line> {
    site.settings.protection.as_ref().map(|_| line(["fastcgi_param", "HTTP_AUTHORIZATION", ""]))
}

/// As [`unsaid_to_php`], for a program that speaks HTTP.
pub fn unsaid_to_program(site: &SiteSpec) -> Option<Line> {
    site.settings.protection.as_ref().map(|_| line(["proxy_set_header", "Authorization", ""]))
}

/// The files with passwords that a virtual host names; `None` when it cannot be read.
pub fn password_files_of(text: &str) -> Option<Vec<PathBuf>> {
    let named = named(text, "auth_basic_user_file")?;
    Some(named.into_iter().map(PathBuf::from).filter(|path| path.parent() == Some(Path::new(VHOSTS))).collect())
}

/// Whether a virtual host keeps answers, as one may that cannot be read.
pub fn keeps_answers(text: &str) -> bool {
    named(text, "fastcgi_cache_path").is_none_or(|found| !found.is_empty())
}

/// What stands behind this word, wherever that is in a virtual host; `None` when it cannot be read.
fn named(text: &str, directive: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut left = parse(text)?;
    while let Some(line) = left.pop() {
        if line.words().first().is_some_and(|word| word == directive) {
            found.extend(line.words().get(1).cloned());
        }
        left.extend(line.lines().iter().cloned());
    }
    Some(found)
}

/// Headers that the site is set to send, and HTTPS': nginx forgets them where a location adds another one.
fn own_headers(site: &SiteSpec) -> Vec<Line> {
    let one = |header: &ResponseHeader| line(["add_header", header.name.as_str(), header.value.as_str(), "always"]);
    site.settings.headers.iter().map(one).chain(tls::hsts(site.certificate.as_ref())).collect()
}

/// How long browsers keep the site's files: for a year what gets another name with every change, and everything else as long as the server says
/// that it is the same. With the site's own pages for what is not there.
pub fn file_lines(site: &SiteSpec) -> Vec<Line> {
    let mut lines = vec![line(["add_header", "Cache-Control", BROWSERS_KEEP])];
    lines.extend(own_headers(site));
    lines.extend(error_pages(site));
    lines
}

/// The site's own pages for what is not there, and for a program that has failed.
fn error_pages(site: &SiteSpec) -> Vec<Line> {
    not_found(site).into_iter().chain(failed(site)).collect()
}

fn not_found(site: &SiteSpec) -> Option<Line> {
    site.settings.error_pages.not_found.as_ref().map(|page| line(["error_page", "404", page.as_str()]))
}

fn failed(site: &SiteSpec) -> Option<Line> {
    site.settings.error_pages.failed.as_ref().map(|page: &PagePath| line(["error_page", "500", "502", "504", page.as_str()]))
}

/// Whether the web server replaces what PHP says of its own failure. What it says with other statuses is its own.
pub fn replaces_failures(site: &SiteSpec) -> bool {
    matches!(site.stack, Stack::Php { .. }) && site.settings.error_pages.failed.is_some()
}

/// What follows where a PHP file is not there.
pub fn missing_script(site: &SiteSpec) -> &'static str {
    if replaces_failures(site) && site.settings.error_pages.not_found.is_some() { MISSING } else { "=404" }
}

/// The answer of [`missing_script`], behind the site's gate.
pub fn missing_lines(site: &SiteSpec) -> Vec<Line> {
    not_found(site).into_iter().chain([line(["return", "404"])]).collect()
}

/// Error pages where PHP answers. Where its failures are replaced, its own 404 is not: it has no page here, and [`missing_script`] leads to one.
pub fn php_error_pages(site: &SiteSpec) -> Vec<Line> {
    if replaces_failures(site) {
        failed(site).into_iter().chain([line(["fastcgi_intercept_errors", "on"])]).collect()
    } else {
        not_found(site).into_iter().collect()
    }
}

/// Keeps what PHP answers everybody for the next visitors. What may be somebody's own is neither kept nor taken from there: a request with a
/// cookie that is not of statistics, with a body, with a header of [`SPEAKING`], or by another method than GET and HEAD; an answer that sets a
/// cookie or says that it is private. An answer that depends on other headers is another visitor's only where it says so: nginx keeps one for each
/// that its `Vary` tells apart, and none with `Vary: *`. Nobody waits for another visitor's answer, which may be one that is not kept.
pub fn cache_lines(names: &PodNames, site: &SiteSpec, scheme: &str) -> Vec<Line> {
    let Some(seconds) = site.settings.micro_cache_seconds else { return Vec::new() };
    // With all by which PHP finds out what is asked for. Another release has another folder.
    let key =
        format!("{scheme}|$http_x_forwarded_proto|$request_method|$host|$http_host|$document_root|$http_accept|$http_accept_language|$request_uri");
    let mut lines = vec![
        line(["fastcgi_cache", &zone(names, site)]),
        line(["fastcgi_cache_key", &key]),
        line(["fastcgi_cache_valid", "200", "301", "404", &format!("{seconds}s")]),
        // What they say is read by the map: nginx would keep an answer for as long as they allow.
        line(["fastcgi_ignore_headers", "X-Accel-Expires", "Expires", "Cache-Control"]),
        line(["fastcgi_cache_bypass", COOKIES, UNUSUAL, BODY, AFRESH]),
        line(["fastcgi_no_cache", COOKIES, UNUSUAL, BODY, PRIVATE]),
        line(["add_header", CACHE_HEADER, "$upstream_cache_status"]),
    ];
    lines.extend(own_headers(site));
    lines
}

/// Where that is kept: stands beside the virtual host.
pub fn cache(names: &PodNames, site: &SiteSpec, limits: &Limits) -> Option<Line> {
    site.settings.micro_cache_seconds?;
    let folder = path(&names.web_cache(&site.name));
    let keys = format!("keys_zone={}:1m", zone(names, site));
    let (most, idle) = (format!("max_size={}m", (limits.disk_mb / CACHE_PART).clamp(1, CACHE_MB)), format!("inactive={CACHE_IDLE}"));
    Some(line(["fastcgi_cache_path", &folder, "levels=1:2", &keys, &most, &idle, "use_temp_path=off"]))
}

fn zone(names: &PodNames, site: &SiteSpec) -> String {
    format!("{}_{}", names.pod(), site.name)
}

fn path(path: &Path) -> String {
    path.display().to_string()
}
