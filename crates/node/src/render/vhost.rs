//! A pod's virtual host, and what all of them stand on.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use sha2::{Digest, Sha256};
use wire::DomainName;
use wire::answers::{Redirect, ResponseHeader};
use wire::settings::IndexFile;
use wire::spec::{SiteSpec, Stack};

use crate::error::Result;
use crate::host::names::{ACME, PAGES, PodNames, VHOSTS, WEB};
use crate::pod::part::certificate::fingerprint;

use super::nginx::{Line, block, line, render};
use super::{HEAD, tls};

/// Path under which a site tells which version of its virtual host is in use.
pub const MARK: &str = "/.well-known/mpanel-config";
/// The neutral page of a site that is closed, below [`PAGES`].
pub const CLOSED_PAGE: &str = "/closed.html";
/// After how many seconds a visitor may try again.
const RETRY_AFTER: &str = "600";
/// Size of a buffer for what a site answers, in bytes. Odd on purpose: where a read fills its buffer to the last byte and nothing is left to be
/// read, nginx (seen with Debian 12's 1.22.1) goes on without a timer, and a worker that is to leave after a reload takes the answer for
/// finished and breaks it off. php-fpm writes 8192 bytes at a time, which fill nginx's own buffers of 4096 exactly.
const BUFFER: &str = "16381";
/// Largest request body in MiB, where a site is not set to take more.
const BODY_MB: u32 = 64;
/// How long a program may take to answer, in seconds, where a site is not set to give it more.
const ANSWER_S: u32 = 120;

/// Who is believed about a visitor's address.
pub const BELIEVE: &str = "set_real_ip_from";
/// Where visitors come from who have waited on this server while their pod was paused. No pod's program may speak from there.
pub const WAITED: Ipv4Addr = Ipv4Addr::new(127, 77, 112, 1);

/// A rendered virtual host.
pub struct Vhost {
    /// The file's text.
    pub text: String,
    /// What the site answers under [`MARK`] once this text is in use.
    pub mark: String,
}

/// The virtual host of a site. `ipv6` is whether the machine speaks it.
pub fn vhost(names: &PodNames, site: &SiteSpec, ipv6: bool) -> Result<Vhost> {
    let plain = render(HEAD, &server(names, site, ipv6, "-"))?;
    let mark = hex::encode(&Sha256::digest(plain.as_bytes())[..12]);
    Ok(Vhost { text: render(HEAD, &server(names, site, ipv6, &mark))?, mark })
}

/// A virtual host of a site that hands every visitor on. Who comes over HTTPS is received with the site's certificate, and announced so: the
/// other server sends nobody to HTTPS who is there.
pub fn proxy(names: &PodNames, site: &SiteSpec, upstream: &str, ipv6: bool) -> Result<Vhost> {
    let lines = |mark: &str| {
        let mut lines = listen(ipv6, "");
        lines.extend(tls_lines(names, site, ipv6));
        lines.push(line(["server_name"].into_iter().chain(site.domains.iter().map(DomainName::as_str))));
        lines.push(line(["access_log", "off"]));
        lines.push(line(["client_max_body_size", &body_most(site)]));
        lines.push(mark_location(mark));
        lines.push(block(["location", "/"], proxy_lines(upstream, scheme(site))));
        [block(["server"], lines)]
    };
    let mark = hex::encode(&Sha256::digest(render(HEAD, &lines("-"))?.as_bytes())[..12]);
    Ok(Vhost { text: render(HEAD, &lines(&mark))?, mark })
}

/// What HTTPS adds; nothing for a site without a certificate.
fn tls_lines(names: &PodNames, site: &SiteSpec, ipv6: bool) -> Vec<Line> {
    let lines = |certificate| tls::server(certificate, &names.certificate(&site.name, &fingerprint(certificate)), ipv6);
    site.certificate.as_ref().map(lines).unwrap_or_default()
}

/// Where the scheme that a visitor speaks is found.
fn scheme(site: &SiteSpec) -> &'static str {
    if site.certificate.is_some() { tls::SCHEME } else { "$scheme" }
}

fn body_most(site: &SiteSpec) -> String {
    format!("{}m", site.settings.php.max_upload_mb.map_or(BODY_MB, |most| most.max(BODY_MB)))
}

fn mark_location(mark: &str) -> Line {
    block(["location", "=", MARK], vec![line(["default_type", "text/plain"]), line(["access_log", "off"]), line(["return", "200", mark])])
}

fn server(names: &PodNames, site: &SiteSpec, ipv6: bool, mark: &str) -> Vec<Line> {
    let home = names.home().display().to_string();
    let body = format!("{home}/{WEB}/body");
    let mut lines = listen(ipv6, "");
    lines.extend(tls_lines(names, site, ipv6));
    lines.push(line(["server_name"].into_iter().chain(site.domains.iter().map(DomainName::as_str))));
    let public = names.site_home(&site.name).join("public");
    let below = || site.settings.document_root.as_ref().map_or(public.clone(), |below| public.join(below.as_str()));
    // A release says by itself what of it is served.
    let root = site.release.as_ref().map_or_else(below, |release| names.served(&site.name, release));
    lines.push(line(["root", path(&root).as_str()]));
    lines.push(line(["access_log", path(&names.web_log(&site.name, "access")).as_str()]));
    lines.push(line(["error_log", path(&names.web_log(&site.name, "error")).as_str()]));
    lines.push(line(["client_max_body_size", &body_most(site)]));
    // What visitors send and what is sent to them waits in the pod's own storage.
    for directive in ["client_body_temp_path", "fastcgi_temp_path", "proxy_temp_path"] {
        lines.push(line([directive, body.as_str()]));
    }
    // A tenant's link to another pod's file has another owner at its end: not followed.
    lines.push(line(["disable_symlinks", "if_not_owner", &format!("from={home}")]));
    lines.push(mark_location(mark));
    lines.push(block(
        ["location", "^~", "/.well-known/acme-challenge/"],
        vec![line(["root", ACME]), line(["default_type", "text/plain"]), line(["disable_symlinks", "off"])],
    ));
    lines.push(block(["location", "@closed"], closed_lines(site)));
    lines.push(block(["location", "~", r"/\.(?!well-known/)"], vec![line(["return", "404"])]));
    lines.extend(header_lines(site));
    lines.extend(redirect_lines(names, site));
    lines.extend(stack_lines(names, site));
    vec![block(["server"], lines)]
}

/// Headers that the site is set to send, in place of those of the same name that its program sends.
fn header_lines(site: &SiteSpec) -> Vec<Line> {
    let one = |header: &ResponseHeader| {
        let name = header.name.as_str();
        let hide = |directive: &str| line([directive, name]);
        [line(["add_header", name, header.value.as_str(), "always"]), hide("fastcgi_hide_header"), hide("proxy_hide_header")]
    };
    site.settings.headers.iter().flat_map(one).collect()
}

/// Where visitors are sent elsewhere, with what they have asked for behind the `?`.
fn redirect_lines(names: &PodNames, site: &SiteSpec) -> Vec<Line> {
    let gate = path(&names.gate(&site.name));
    let one = |redirect: &Redirect| {
        let to = redirect.to.as_str();
        let rest = if to.contains(['?', '#']) { "" } else { "$is_args$args" };
        let answer = vec![line(["absolute_redirect", "off"]), line(["return", &redirect.status.to_string(), &format!("{to}{rest}")])];
        block(["location", if redirect.below { "^~" } else { "=" }, redirect.from.as_str()], gated(&gate, site, answer))
    };
    site.settings.redirects.iter().map(one).collect()
}

fn closed_lines(site: &SiteSpec) -> Vec<Line> {
    let mut lines = vec![
        line(["root", PAGES]),
        line(["disable_symlinks", "off"]),
        line(["add_header", "Retry-After", RETRY_AFTER, "always"]),
        line(["add_header", "Cache-Control", "no-store", "always"]),
        line(["try_files", CLOSED_PAGE, "=503"]),
    ];
    lines.extend(tls::hsts(site.certificate.as_ref()));
    lines
}

/// Stands first in every location that shows the site: while the gate's file is there, nothing of the site is reached.
fn gated(gate: &str, site: &SiteSpec, lines: Vec<Line>) -> Vec<Line> {
    let mut all = vec![line(["error_page", "503", "@closed"]), block(["if", "(-f", &format!("{gate})")], vec![line(["return", "503"])])];
    all.extend(tls::redirect(site.certificate.as_ref()));
    all.extend(lines);
    all
}

fn stack_lines(names: &PodNames, site: &SiteSpec) -> Vec<Line> {
    let socket = format!("unix:{}", names.socket(&site.name).display());
    let gate = path(&names.gate(&site.name));
    let gated = |lines: Vec<Line>| gated(&gate, site, lines);
    match &site.stack {
        Stack::Static { .. } => {
            let own = ["index.html", "index.htm"];
            let index: Vec<&str> = match site.settings.index_files.as_slice() {
                [] => own.to_vec(),
                set => set.iter().map(IndexFile::as_str).collect(),
            };
            let front = format!("/{}", index.first().copied().unwrap_or_default());
            let last = if site.settings.spa_fallback { front.as_str() } else { "=404" };
            let files = vec![line(["try_files", "$uri", "$uri/", last])];
            vec![line(["index"].into_iter().chain(index.iter().copied())), block(["location", "/"], gated(files))]
        }
        Stack::Php { .. } | Stack::Wordpress { .. } => vec![
            line(["index", "index.php", "index.html"]),
            block(["location", "/"], gated(vec![line(["try_files", "$uri", "$uri/", "/index.php?$args"])])),
            block(["location", "~", r"\.php$"], gated(php_lines(&socket, site))),
        ],
        Stack::Node { .. } => vec![block(["location", "/"], gated(proxy_lines(&format!("http://{socket}:"), scheme(site))))],
    }
}

fn php_lines(socket: &str, site: &SiteSpec) -> Vec<Line> {
    let https = site.certificate.as_ref().map(|_| line(["fastcgi_param", "HTTPS", tls::IS_HTTPS, "if_not_empty"]));
    let mut lines = vec![
        line(["try_files", "$uri", "=404"]),
        line(["include", "/etc/nginx/fastcgi_params"]),
        line(["fastcgi_param", "SCRIPT_FILENAME", "$document_root$fastcgi_script_name"]),
        line(["fastcgi_param", "HTTP_PROXY", ""]),
        line(["fastcgi_read_timeout", &format!("{}s", site.settings.php.max_execution_seconds.map_or(ANSWER_S, |most| most.max(ANSWER_S)))]),
        line(["fastcgi_buffer_size", BUFFER]),
        line(["fastcgi_buffers", "8", BUFFER]),
        line(["fastcgi_pass", socket]),
    ];
    lines.extend(https);
    lines
}

fn proxy_lines(upstream: &str, scheme: &str) -> Vec<Line> {
    let header = |name: &str, value: &str| line(["proxy_set_header", name, value]);
    vec![
        line(["proxy_pass", upstream]),
        line(["proxy_http_version", "1.1"]),
        header("Host", "$host"),
        header("X-Real-IP", "$remote_addr"),
        header("X-Forwarded-For", "$remote_addr"),
        header("X-Forwarded-Proto", scheme),
        header("Upgrade", "$http_upgrade"),
        header("Connection", "$mpanel_connection"),
        line(["proxy_read_timeout", "120s"]),
        line(["proxy_buffer_size", BUFFER]),
        line(["proxy_buffers", "8", BUFFER]),
    ]
}

fn listen(ipv6: bool, more: &str) -> Vec<Line> {
    let words = |address: &'static str| line(["listen", address, more].into_iter().filter(|w| !w.is_empty()));
    if ipv6 { vec![words("80"), words("[::]:80")] } else { vec![words("80")] }
}

/// What every virtual host stands on, inside nginx's `http` block.
pub fn base(ipv6: bool) -> Result<String> {
    let mut nobody = listen(ipv6, "default_server");
    nobody.push(line(["server_name", "_"]));
    nobody.push(line(["return", "404"]));
    let mut lines = settings();
    lines.push(block(["server"], nobody));
    for ending in ["from", "conf"] {
        lines.push(line(["include", &format!("{VHOSTS}/*.{ending}")]));
    }
    render(HEAD, &lines)
}

/// Believes these servers about the visitors that they send on.
pub fn senders(servers: &BTreeSet<IpAddr>) -> Result<String> {
    render(HEAD, &servers.iter().map(|server| line([BELIEVE, &server.to_string()])).collect::<Vec<_>>())
}

fn settings() -> Vec<Line> {
    vec![
        line(["server_tokens", "off"]),
        line(["server_names_hash_bucket_size", "512"]),
        line(["server_names_hash_max_size", "8192"]),
        block(["map", "$http_upgrade", "$mpanel_connection"], vec![line(["default", "upgrade"]), line(["", ""])]),
        // What others say about addresses is overwritten or ignored.
        line(["real_ip_header", "X-Forwarded-For"]),
        line([BELIEVE, &WAITED.to_string()]),
    ]
}

/// A whole configuration that contains the candidates in `folder` only, for a test before they are put in place.
pub fn trial(folder: &Path) -> Result<String> {
    let mut http = vec![line(["include", "/etc/nginx/mime.types"]), line(["access_log", "off"])];
    http.extend(settings());
    http.push(line(["include", &format!("{}/*.conf", folder.display())]));
    render(
        HEAD,
        &[
            line(["pid", &format!("{}/pid", folder.display())]),
            line(["error_log", "stderr"]),
            line(["include", "/etc/nginx/modules-enabled/*.conf"]),
            block(["events"], vec![]),
            block(["http"], http),
        ],
    )
}

fn path(path: &Path) -> String {
    path.display().to_string()
}
