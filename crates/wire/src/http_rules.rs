//! What the web server answers for a site by itself: redirects, and headers that it adds to every response.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;

use crate::InvalidText;
use crate::text_type::text_type;

text_type!(
    RedirectFrom,
    "path",
    check_from,
    "A path as a visitor's browser asks for it: begins with `/`; letters, digits and `-._~/`; at most 500; nothing below `/.well-known/`."
);
text_type!(
    RedirectTo,
    "target",
    check_to,
    "A path that begins with `/`, or an address with `http://` or `https://`: printable ASCII without spaces, quotes, `$` and what nginx gives a meaning; at most 1000."
);
text_type!(HeaderName, "header name", check_header, "One of [`HEADERS`].");
text_type!(HeaderValue, "header value", check_value, "What a header says: printable ASCII without `$` and `\\`; no space at its ends; at most 2000.");

/// Most redirects of a site.
pub const MAX_REDIRECTS: usize = 50;

/// Headers that a site can be set to send; each of them speaks to browsers about the site itself.
pub const HEADERS: [&str; 14] = [
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Content-Security-Policy",
    "Content-Security-Policy-Report-Only",
    "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Robots-Tag",
];

/// Visitors of a path are sent elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// The path.
    pub from: RedirectFrom,
    /// Everything below it too: it ends with `/` then.
    pub below: bool,
    /// Where to.
    pub to: RedirectTo,
    /// 301, 302, 307 or 308.
    pub status: u16,
}

/// A header of every response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseHeader {
    /// Its name.
    pub name: HeaderName,
    /// What it says.
    pub value: HeaderValue,
}

/// The rules for all of a site together.
pub fn check(redirects: &[Redirect], headers: &[ResponseHeader]) -> Result<(), InvalidText> {
    let refuse = |what, why| Err(InvalidText { what, why });
    let (mut froms, mut names) = (HashSet::new(), HashSet::new());
    if redirects.len() > MAX_REDIRECTS {
        refuse("redirects", "at most 50")
    } else if redirects.iter().any(|one| ![301, 302, 307, 308].contains(&one.status)) {
        refuse("redirects", "status 301, 302, 307 or 308")
    } else if redirects.iter().any(|one| one.below && (one.from.as_str() == "/" || !one.from.as_str().ends_with('/'))) {
        refuse("redirects", "a folder that ends with / and is not / itself")
    } else if !redirects.iter().all(|one| froms.insert((&one.from, one.below))) {
        refuse("redirects", "each path once")
    } else if !headers.iter().all(|one| names.insert(&one.name)) {
        refuse("response headers", "each name once")
    } else {
        Ok(())
    }
}

fn check_from(text: &str) -> Result<(), &'static str> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    if text.len() > 500 || !text.starts_with('/') || !text.bytes().all(is_plain) {
        Err("a path that begins with /, of letters, digits and - . _ ~ /")
    } else if text.contains("//") || text.split('/').any(|part| matches!(part, "." | "..")) {
        Err("a path without //, . and .. in it")
    } else if text.starts_with("/.well-known") {
        Err("a path outside /.well-known")
    } else {
        Ok(())
    }
}

fn check_to(text: &str) -> Result<(), &'static str> {
    let is_plain = |b: u8| b.is_ascii_graphic() && !b"\"'\\$`<>{}|^;".contains(&b);
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if text.len() > 1000 || !text.bytes().all(is_plain) {
        Err("at most 1000 characters of plain ASCII without spaces, quotes and $; write others as %20")
    } else if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) && !(text.starts_with('/') && !text.starts_with("//")) {
        Err("a path that begins with /, or an address with https://")
    } else {
        Ok(())
    }
}

fn check_header(text: &str) -> Result<(), &'static str> {
    if HEADERS.contains(&text) { Ok(()) } else { Err("a name from the list") }
}

fn check_value(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 2000 || text.trim() != text {
        Err("1 to 2000 characters")
    } else if !text.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'$' && b != b'\\') {
        Err("plain ASCII without $ and \\")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_targets_and_values_that_mean_something_to_the_web_server_are_refused() {
        for right in ["/", "/old", "/old/", "/a/b-c_d.html", "/~ana"] {
            assert!(RedirectFrom::new(right).is_ok(), "{right}");
        }
        for wrong in
            ["", "old", "/a b", "/a;b", "/a{", "/$x", "/a\n", "/%41", "/../x", "/a//b", "/./a", "/.well-known/acme-challenge/", "/a?b", "/\u{e9}"]
        {
            assert!(RedirectFrom::new(wrong).is_err(), "{wrong}");
        }
        for right in ["/", "/new?a=b&c=%20#d", "https://example.com", "http://example.com:8080/x"] {
            assert!(RedirectTo::new(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "new",
            "//example.com",
            "https://",
            "https:///x",
            "javascript:alert(1)",
            "/a b",
            "/$host",
            "/a\r\nSet-Cookie:x",
            "/a\"",
            "/a;b",
            "/{x}",
        ] {
            assert!(RedirectTo::new(wrong).is_err(), "{wrong}");
        }
        assert!(HeaderValue::new("default-src 'self'; img-src \"x\" {a}").is_ok());
        for wrong in ["", " a", "a\r\nb", "$host", "a\\b", "\u{e9}"] {
            assert!(HeaderValue::new(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn answers_of_a_site_do_not_contradict_each_other() {
        let redirect =
            |from: &str, below, status| Redirect { from: RedirectFrom::new(from).unwrap(), below, to: RedirectTo::new("/new").unwrap(), status };
        let header = |name: &str| ResponseHeader { name: HeaderName::new(name).unwrap(), value: HeaderValue::new("x").unwrap() };
        assert!(check(&[redirect("/a", false, 301), redirect("/a/", true, 308), redirect("/", false, 302)], &[header("X-Frame-Options")]).is_ok());
        for wrong in [
            vec![redirect("/a", false, 300)],
            vec![redirect("/a", true, 301)],
            vec![redirect("/", true, 301)],
            vec![redirect("/a", false, 301), redirect("/a", false, 302)],
        ] {
            assert!(check(&wrong, &[]).is_err(), "{wrong:?}");
        }
        assert!(check(&[], &[header("X-Frame-Options"), header("X-Frame-Options")]).is_err());
        assert!(HeaderName::new("Set-Cookie").is_err() && HeaderName::new("x-frame-options").is_err());
    }
}
