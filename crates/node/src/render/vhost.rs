//! A pod's virtual host, and what all of them stand on.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use sha2::{Digest, Sha256};
use wire::DomainName;
use wire::http_rules::{Redirect, ResponseHeader};
use wire::settings::IndexFile;
use wire::spec::{Limits, SiteSpec, Stack};

use crate::error::Result;
use crate::host::names::{ACME, PAGES, PodNames, VHOSTS, WEB, WEB_USER};
use crate::pod::part::certificate::fingerprint;

use super::nginx::{Line, block, line, render};
use super::{HEAD, serving, tls};

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

/// A status that no program has, by which the gate tells itself from what they answer.
const OWN_STATUS: &str = "599";
/// Set where a visitor has asked for another name than the site's main one.
const OTHER_NAME: &str = "$mpanel_other_name";

/// A rendered virtual host.
pub struct Vhost {
    /// The file's text.
    pub text: String,
    /// What the site answers under [`MARK`] once this text is in use.
    pub mark: String,
}

/// The virtual host of a site in a pod with these limits. `ipv6` is whether the machine speaks it.
pub fn vhost(names: &PodNames, site: &SiteSpec, limits: &Limits, ipv6: bool) -> Result<Vhost> {
    let lines = |mark: &str| -> Vec<Line> { server(names, site, ipv6, mark).into_iter().chain(serving::cache(names, site, limits)).collect() };
    let mark = hex::encode(&Sha256::digest(render(HEAD, &lines("-"))?.as_bytes())[..12]);
    Ok(Vhost { text: render(HEAD, &lines(&mark))?, mark })
}

/// A virtual host of a site that hands every visitor on. Who comes over HTTPS is received with the site's certificate, and announced so: the
/// other server sends nobody to HTTPS who is there.
pub fn proxy(names: &PodNames, site: &SiteSpec, upstream: &str, ipv6: bool) -> Result<Vhost> {
    let server = |group: Group, mark: &str| {
        let mut lines = group.lines(ipv6);
        lines.push(line(["access_log", "off"]));
        lines.push(line(["client_max_body_size", &body_most(site)]));
        lines.push(mark_location(mark));
        lines.push(block(["location", "/"], proxy_lines(upstream, scheme(site))));
        block(["server"], lines)
    };
    let lines = |mark: &str| groups(names, site, ipv6).into_iter().map(|group| server(group, mark)).collect::<Vec<_>>();
    let mark = hex::encode(&Sha256::digest(render(HEAD, &lines("-"))?.as_bytes())[..12]);
    Ok(Vhost { text: render(HEAD, &lines(&mark))?, mark })
}

/// Names of a site whose visitors get the same certificate.
struct Group<'a> {
    names: Vec<&'a str>,
    /// What HTTPS adds; nothing without a certificate.
    tls: Vec<Line>,
}

impl Group<'_> {
    /// The first lines of their server.
    fn lines(self, ipv6: bool) -> Vec<Line> {
        let mut lines = listen(ipv6, "");
        lines.extend(self.tls);
        lines.push(line(["server_name"].into_iter().chain(self.names)));
        lines
    }
}

/// All names of a site: those that have a certificate of their own stand apart, since a server of nginx shows all of its names the same one.
fn groups<'a>(names: &PodNames, site: &'a SiteSpec, ipv6: bool) -> Vec<Group<'a>> {
    let Some(certificate) = &site.certificate else {
        return vec![Group { names: site.domains.iter().map(DomainName::as_str).collect(), tls: Vec::new() }];
    };
    let also = certificate.also.as_ref();
    let (apart, others): (Vec<_>, Vec<_>) = site.domains.iter().partition(|name| also.is_some_and(|also| also.domains.contains(name)));
    let group = |of: Vec<&'a DomainName>, fingerprint: String| Group {
        names: of.into_iter().map(DomainName::as_str).collect(),
        tls: tls::server(certificate, &names.certificate(&site.name, &fingerprint), ipv6),
    };
    let mut groups = vec![group(others, fingerprint(&certificate.chain, &certificate.key))];
    groups.extend(also.map(|also| group(apart, fingerprint(&also.chain, &also.key))));
    groups
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
    // The servers stand first: a removal reads there what was served.
    groups(names, site, ipv6).into_iter().map(|group| server_of(group, names, site, ipv6, mark)).collect()
}

fn server_of(group: Group, names: &PodNames, site: &SiteSpec, ipv6: bool, mark: &str) -> Line {
    let home = names.home().display().to_string();
    let body = format!("{home}/{WEB}/body");
    let mut lines = group.lines(ipv6);
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
    lines.extend(other_name_lines(site));
    lines.push(block(["location", "@closed"], closed_lines(site)));
    lines.push(block(["location", "~", r"/\.(?!well-known/)"], vec![line(["return", "404"])]));
    lines.extend(serving::packing());
    lines.extend(header_lines(site));
    lines.extend(redirect_lines(names, site));
    lines.extend(stack_lines(names, site));
    block(["server"], lines)
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
    let one = |(at, redirect): (usize, &Redirect)| {
        let to = redirect.to.as_str();
        let rest = if to.contains(['?', '#']) { "" } else { "$is_args$args" };
        let answer = vec![line(["absolute_redirect", "off"]), line(["return", &redirect.status.to_string(), &format!("{to}{rest}")])];
        let location = |lines| block(["location", if redirect.below { "^~" } else { "=" }, redirect.from.as_str()], gated(names, site, lines));
        if site.settings.protection.is_none() {
            return vec![location(answer)];
        }
        // nginx answers with `return` before it asks for a password, and looks for files after.
        let behind = format!("@redirect{at}");
        let leads = vec![line(["root", PAGES]), line(["disable_symlinks", "off"]), line(["try_files", "/.none", &behind])];
        vec![location(leads), block(["location", &behind], answer)]
    };
    site.settings.redirects.iter().enumerate().flat_map(one).collect()
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
fn gated(names: &PodNames, site: &SiteSpec, lines: Vec<Line>) -> Vec<Line> {
    gated_by(vec![line(["error_page", "503", "@closed"])], "503", names, site, lines)
}

/// The gate with this status, which the first lines lead to the neutral page. It comes before everything else, the site's password too.
fn gated_by(to_closed: Vec<Line>, status: &str, names: &PodNames, site: &SiteSpec, lines: Vec<Line>) -> Vec<Line> {
    let gate = path(&names.gate(&site.name));
    let mut all = to_closed;
    all.push(block(["if", "(-f", &format!("{gate})")], vec![line(["return", status])]));
    all.extend(to_main(site));
    all.extend(tls::redirect(site.certificate.as_ref()));
    all.extend(serving::guard(names, site));
    all.extend(lines);
    all
}

/// The name that visitors of the others are sent to. None while a certificate is not for all names: it might lack the main one.
fn main_name(site: &SiteSpec) -> Option<&DomainName> {
    let is_ready = site.certificate.as_ref().is_none_or(|certificate| certificate.redirect);
    site.domains.first().filter(|_| site.settings.redirect_to_main && site.domains.len() > 1 && is_ready)
}

/// Tells the other names apart. The agent asks each of them whether the site responds; programs of pods, which come from the same address, see it
/// under each of them too.
fn other_name_lines(site: &SiteSpec) -> Vec<Line> {
    let Some(main) = main_name(site) else { return Vec::new() };
    let set = |value: &str| line(["set", OTHER_NAME, value]);
    vec![
        set(""),
        block(["if", "($host", "!=", &format!("{main})")], vec![set("1")]),
        block(["if", "($remote_addr", "=", "127.0.0.1)"], vec![set("")]),
    ]
}

/// Sends visitors of the other names to the main one. Not for good: their browsers would go there on and on, also when that name leads elsewhere.
fn to_main(site: &SiteSpec) -> Option<Line> {
    let main = main_name(site)?;
    let scheme = if site.certificate.is_some() { "https" } else { "$scheme" };
    let answer = line(["return", "302", &format!("{scheme}://{main}$request_uri")]);
    Some(block(["if", &format!("({OTHER_NAME})")], vec![answer]))
}

fn stack_lines(names: &PodNames, site: &SiteSpec) -> Vec<Line> {
    let socket = format!("unix:{}", names.socket(&site.name).display());
    let gated = |lines: Vec<Line>| gated(names, site, lines);
    match &site.stack {
        Stack::Static { .. } => {
            let own = ["index.html", "index.htm"];
            let index: Vec<&str> = match site.settings.index_files.as_slice() {
                [] => own.to_vec(),
                set => set.iter().map(IndexFile::as_str).collect(),
            };
            let front = format!("/{}", index.first().copied().unwrap_or_default());
            let last = if site.settings.spa_fallback { front.as_str() } else { "=404" };
            let mut files = vec![line(["try_files", "$uri", "$uri/", last])];
            files.extend(serving::file_lines(site));
            vec![line(["index"].into_iter().chain(index.iter().copied())), block(["location", "/"], gated(files))]
        }
        Stack::Php { .. } | Stack::Wordpress { .. } => {
            let mut files = vec![line(["try_files", "$uri", "$uri/", "/index.php?$args"])];
            files.extend(serving::file_lines(site));
            let php = php_lines(&socket, names, site);
            let php = if serving::replaces_failures(site) {
                // With PHP's own failures its own 503 would be replaced too, were it the gate's status.
                gated_by(vec![line(["error_page", OWN_STATUS, "=503", "@closed"])], OWN_STATUS, names, site, php)
            } else {
                gated(php)
            };
            let mut lines = vec![line(["index", "index.php", "index.html"]), block(["location", "/"], gated(files))];
            lines.push(block(["location", "~", r"\.php$"], php));
            if serving::missing_script(site) == serving::MISSING {
                lines.push(block(["location", serving::MISSING], gated(serving::missing_lines(site))));
            }
            lines
        }
        Stack::Node { .. } => {
            let mut lines = proxy_lines(&format!("http://{socket}:"), scheme(site));
            lines.extend(serving::unsaid_to_program(site));
            vec![block(["location", "/"], gated(lines))]
        }
    }
}

fn php_lines(socket: &str, names: &PodNames, site: &SiteSpec) -> Vec<Line> {
    let https = site.certificate.as_ref().map(|_| line(["fastcgi_param", "HTTPS", tls::IS_HTTPS, "if_not_empty"]));
    let mut lines = vec![
        line(["try_files", "$uri", serving::missing_script(site)]),
        line(["include", "/etc/nginx/fastcgi_params"]),
        line(["fastcgi_param", "SCRIPT_FILENAME", "$document_root$fastcgi_script_name"]),
        line(["fastcgi_param", "HTTP_PROXY", ""]),
        line(["fastcgi_read_timeout", &format!("{}s", site.settings.php.max_execution_seconds.map_or(ANSWER_S, |most| most.max(ANSWER_S)))]),
        line(["fastcgi_buffer_size", BUFFER]),
        line(["fastcgi_buffers", "8", BUFFER]),
        line(["fastcgi_pass", socket]),
    ];
    lines.extend(https);
    lines.extend(serving::unsaid_to_php(site));
    lines.extend(serving::php_error_pages(site));
    lines.extend(serving::cache_lines(names, site, scheme(site)));
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
pub fn base(ipv6: bool, sends_brotli: bool) -> Result<String> {
    let mut nobody = listen(ipv6, "default_server");
    nobody.push(line(["server_name", "_"]));
    nobody.push(line(["return", "404"]));
    let mut lines = settings();
    if sends_brotli {
        lines.push(line(["brotli_static", "on"]));
    }
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
    let mut lines = vec![
        line(["server_tokens", "off"]),
        line(["server_names_hash_bucket_size", "512"]),
        line(["server_names_hash_max_size", "8192"]),
        block(["map", "$http_upgrade", "$mpanel_connection"], vec![line(["default", "upgrade"]), line(["", ""])]),
        // What others say about addresses is overwritten or ignored.
        line(["real_ip_header", "X-Forwarded-For"]),
        line([BELIEVE, &WAITED.to_string()]),
    ];
    lines.extend(serving::base());
    lines
}

/// A whole configuration that contains the candidates in `folder` only, for a test before they are put in place.
pub fn trial(folder: &Path) -> Result<String> {
    let mut http = vec![line(["include", "/etc/nginx/mime.types"]), line(["access_log", "off"])];
    http.extend(settings());
    http.push(line(["include", &format!("{}/*.conf", folder.display())]));
    render(
        HEAD,
        &[
            // The test makes the folders of caches, which are this user's from the beginning.
            line(["user", WEB_USER]),
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
