//! What a virtual host needs for HTTPS, and what HTTPS stands on.

use std::path::{Path, PathBuf};

use wire::certificate::SiteCertificate;

use crate::error::Result;
use crate::host::names::VHOSTS;

use super::HEAD;
use super::nginx::{Line, block, line, parse, render};

/// What clients of the last ten years speak, each with forward secrecy.
const PROTOCOLS: [&str; 2] = ["TLSv1.2", "TLSv1.3"];
const CIPHERS: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
                       ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
/// `on` where the visitor speaks HTTPS, with this server or with the one that the pod has moved away from and that hands visitors on. Whoever
/// claims that without it deceives nobody but themselves.
pub const IS_HTTPS: &str = "$mpanel_https";
/// Set where a visitor is to be sent to HTTPS.
const TO_HTTPS: &str = "$mpanel_to_https";
const HSTS: &str = "$mpanel_hsts";
/// Scheme that the visitor speaks.
pub const SCHEME: &str = "$mpanel_scheme";

/// Names without a certificate are refused in the handshake: a visitor must never get another site's certificate.
pub fn base(ipv6: bool) -> Result<String> {
    let mut lines = listen(ipv6, true);
    lines.push(line(["server_name", "_"]));
    lines.push(line(["ssl_reject_handshake", "on"]));
    lines.extend(settings());
    render(HEAD, &[block(["server"], lines)])
}

fn listen(ipv6: bool, default: bool) -> Vec<Line> {
    let one = |address: &'static str| line(["listen", address, "ssl", "http2"].into_iter().chain(default.then_some("default_server")));
    if ipv6 { vec![one("443"), one("[::]:443")] } else { vec![one("443")] }
}

fn settings() -> Vec<Line> {
    vec![
        line(["ssl_protocols"].into_iter().chain(PROTOCOLS)),
        line(["ssl_ciphers", CIPHERS]),
        line(["ssl_prefer_server_ciphers", "off"]),
        line(["ssl_session_cache", "shared:mpanel:10m"]),
        line(["ssl_session_timeout", "1d"]),
        // Tickets would be sealed with one key as long as nginx runs.
        line(["ssl_session_tickets", "off"]),
    ]
}

/// The lines of a virtual host with this certificate, which is in this file.
pub fn server(certificate: &SiteCertificate, file: &Path, ipv6: bool) -> Vec<Line> {
    let file = file.display().to_string();
    let set = |name: &str, value: &str| line(["set", name, value]);
    let when = |condition: [&str; 3], lines: Vec<Line>| {
        let [left, is, right] = condition;
        block(["if", &format!("({left}"), is, &format!("{right})")], lines)
    };
    let mut lines = listen(ipv6, false);
    lines.extend([line(["ssl_certificate", &file]), line(["ssl_certificate_key", &file])]);
    lines.extend(settings());
    lines.extend([set(IS_HTTPS, "$https"), set(SCHEME, "$scheme")]);
    lines.push(when(["$http_x_forwarded_proto", "=", "https"], vec![set(IS_HTTPS, "on"), set(SCHEME, "https")]));
    if certificate.redirect {
        lines.push(set(TO_HTTPS, "1"));
        lines.push(when([IS_HTTPS, "=", "on"], vec![set(TO_HTTPS, "")]));
        // The agent asks here whether the site responds. Programs of pods come from the same address, and are not sent away either.
        lines.push(when(["$remote_addr", "=", "127.0.0.1"], vec![set(TO_HTTPS, "")]));
    }
    if let Some(seconds) = certificate.hsts {
        lines.push(set(HSTS, ""));
        lines.push(when([IS_HTTPS, "=", "on"], vec![set(HSTS, &format!("max-age={seconds}"))]));
        lines.extend(hsts(Some(certificate)));
    }
    lines
}

/// Sends visitors to HTTPS; stands in every location that shows the site, behind the gate.
pub fn redirect(certificate: Option<&SiteCertificate>) -> Option<Line> {
    let certificate = certificate.filter(|certificate| certificate.redirect);
    certificate.map(|_| block(["if", &format!("({TO_HTTPS})")], vec![line(["return", "301", "https://$host$request_uri"])]))
}

/// Tells browsers to insist on HTTPS; stands again wherever another header is added. An empty header is not sent.
pub fn hsts(certificate: Option<&SiteCertificate>) -> Option<Line> {
    certificate.and_then(|certificate| certificate.hsts).map(|_| line(["add_header", "Strict-Transport-Security", HSTS, "always"]))
}

/// The certificates that a virtual host names; `None` when it cannot be read.
pub fn certificates_of(text: &str) -> Option<Vec<PathBuf>> {
    let servers = parse(text)?;
    let named = servers.iter().flat_map(Line::lines).filter(|line| line.words()[0] == "ssl_certificate");
    let paths = named.filter_map(|line| line.words().get(1)).map(PathBuf::from);
    Some(paths.filter(|path| path.parent() == Some(Path::new(VHOSTS))).collect())
}
