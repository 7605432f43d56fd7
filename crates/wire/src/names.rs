//! Names that reach a server. Each is checked when it is made, on both sides of the wire.

use crate::text_type::text_type;

type Check = Result<(), &'static str>;

text_type!(
    PodName,
    "pod name",
    check_pod,
    "Name of a CloudPod on its server: `a-z`, `0-9`, `-`; starts with a letter, ends without `-`; at most 24."
);
text_type!(SiteName, "site name", check_site, "Name of a site within its pod: `a-z`, `0-9`; starts with a letter; at most 16.");
text_type!(DomainName, "domain", check_domain, "Host name in lower case ASCII (`xn--` for the rest), at least two labels, no trailing dot.");
text_type!(DbName, "database name", check_db, "Name of a database or of its user: `a-z`, `0-9`, `_`; starts with a letter; at most 32.");
text_type!(LoginName, "login name", check_login, "Name of an application's first user: letters, digits, `.`, `_`, `-`; at most 60.");
text_type!(Email, "email", check_email, "Email address of the plain form `name@host`; at most 254.");
text_type!(SiteUrl, "site address", check_url, "`http://` or `https://` and a host name, a port where it is not the usual one, nothing after it.");
text_type!(ArtifactName, "artifact name", check_artifact, "Name of a runtime or archive, as `php8.2`: `a-z`, `0-9`, `.`, `-`; at most 48.");
text_type!(Sha256, "checksum", check_sha, "SHA-256 in 64 lower case hex digits.");
text_type!(Key, "idempotency key", check_key, "Names one intention. Two running requests with the same key are one request with two listeners.");
text_type!(Title, "title", check_title, "Free text that people read, up to 200 characters, without control characters. Carried exactly.");

fn only(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(allowed)
}

fn lower_or_digit(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

fn starts_with_letter(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
}

fn check_pod(text: &str) -> Check {
    if text.len() > 24 {
        Err("at most 24 characters")
    } else if !starts_with_letter(text) {
        Err("must start with a letter from a to z")
    } else if !only(text, |b| lower_or_digit(b) || b == b'-') {
        Err("only a to z, 0 to 9 and -")
    } else if text.ends_with('-') {
        Err("must not end with -")
    } else {
        Ok(())
    }
}

/// Without a dash, so that the name of a pod and of its site stay apart wherever both are in one name.
fn check_site(text: &str) -> Check {
    if text.len() > 16 {
        Err("at most 16 characters")
    } else if !starts_with_letter(text) {
        Err("must start with a letter from a to z")
    } else if !only(text, lower_or_digit) {
        Err("only a to z and 0 to 9")
    } else {
        Ok(())
    }
}

fn check_domain(text: &str) -> Check {
    if text.len() > 253 {
        return Err("at most 253 characters");
    }
    let labels: Vec<&str> = text.split('.').collect();
    if labels.len() < 2 {
        return Err("needs at least one dot, as in example.com");
    }
    for label in &labels {
        if label.is_empty() || label.len() > 63 {
            return Err("each part between the dots has 1 to 63 characters");
        }
        if !only(label, |b| lower_or_digit(b) || b == b'-') {
            return Err("only a to z, 0 to 9, - and dots (other letters in their xn-- form)");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("no part starts or ends with -");
        }
    }
    if labels.last().is_some_and(|last| is_number(last)) {
        return Err("an address made of numbers is not a domain");
    }
    Ok(())
}

/// Browsers and libraries read a host whose last part is such a number as an IPv4 address: `127.0.0.0x1` too.
fn is_number(label: &str) -> bool {
    only(label, |b| b.is_ascii_digit()) || label.strip_prefix("0x").is_some_and(|rest| only(rest, |b| b.is_ascii_hexdigit()))
}

fn check_db(text: &str) -> Check {
    if text.len() > 32 {
        Err("at most 32 characters")
    } else if !starts_with_letter(text) {
        Err("must start with a letter from a to z")
    } else if !only(text, |b| lower_or_digit(b) || b == b'_') {
        Err("only a to z, 0 to 9 and _")
    } else {
        Ok(())
    }
}

fn check_login(text: &str) -> Check {
    if text.is_empty() || text.len() > 60 {
        Err("1 to 60 characters")
    } else if !text.as_bytes()[0].is_ascii_alphanumeric() {
        Err("must start with a letter or a digit")
    } else if !only(text, |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
        Err("only letters, digits, . _ and -")
    } else {
        Ok(())
    }
}

fn check_email(text: &str) -> Check {
    const FORM: &str = "must look like name@example.com";
    if text.len() > 254 {
        return Err("at most 254 characters");
    }
    let Some((name, host)) = text.rsplit_once('@') else { return Err(FORM) };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+-'&=~".contains(&b);
    if name.len() > 64 || name.starts_with('-') || !only(name, plain) {
        return Err(FORM);
    }
    // Mail servers take dots between other signs only; an address that they refuse would be found out after the payment.
    if name.split('.').any(str::is_empty) {
        return Err(FORM);
    }
    check_domain(&host.to_ascii_lowercase()).map_err(|_| FORM)
}

fn check_url(text: &str) -> Check {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or("must start with http:// or https://")?;
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    check_domain(host)?;
    match port {
        Some(port) if port.starts_with('0') || !only(port, |b| b.is_ascii_digit()) || port.parse::<u16>().is_err() => {
            Err("a port is a number from 1 to 65535")
        }
        _ => Ok(()),
    }
}

impl SiteUrl {
    /// Its host name, without scheme and port.
    pub fn host(&self) -> &str {
        let rest = self.as_str().rsplit('/').next().unwrap_or_default();
        rest.split(':').next().unwrap_or_default()
    }
}

fn check_artifact(text: &str) -> Check {
    let first = text.as_bytes().first().copied().unwrap_or(b'.');
    if text.len() > 48 {
        Err("at most 48 characters")
    } else if !lower_or_digit(first) || text.contains("..") || text.ends_with('.') {
        Err("starts with a letter or a digit, no two dots in a row")
    } else if !only(text, |b| lower_or_digit(b) || matches!(b, b'.' | b'-')) {
        Err("only a to z, 0 to 9, . and -")
    } else {
        Ok(())
    }
}

fn check_sha(text: &str) -> Check {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() == 64 && only(text, hex) { Ok(()) } else { Err("64 hex digits in lower case") }
}

fn check_key(text: &str) -> Check {
    if text.is_empty() || text.len() > 128 {
        Err("1 to 128 characters")
    } else if !only(text, |b| b.is_ascii_alphanumeric() || b"._:/-".contains(&b)) {
        Err("only letters, digits and . _ : / -")
    } else {
        Ok(())
    }
}

fn check_title(text: &str) -> Check {
    let line_end = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    if text.trim().is_empty() {
        Err("must not be empty")
    } else if text.chars().count() > 200 {
        Err("at most 200 characters")
    } else if text.chars().any(line_end) {
        Err("no control characters and no line breaks")
    } else {
        Ok(())
    }
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
