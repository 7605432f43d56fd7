//! A very small HTTP client for asking the machine's own web server about a site.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use wire::DomainName;
use wire::observation::SiteAnswer;

/// Most bytes of an answer that are read.
const MOST: u64 = 256 << 10;
/// Most characters of a title; those that mPanel sets are shorter.
const LONGEST_TITLE: usize = 300;

/// An answer with its body.
pub struct Answer {
    /// Status, size, time and title.
    pub site: SiteAnswer,
    /// The body as text.
    pub body: String,
}

/// Asks 127.0.0.1:80 for a path of this host. `None` when nobody answers in time.
pub fn get(host: &DomainName, path: &str, time: Duration) -> Option<Answer> {
    let begun = Instant::now();
    let address = SocketAddr::from(([127, 0, 0, 1], 80));
    let mut stream = TcpStream::connect_timeout(&address, time).ok()?;
    stream.set_read_timeout(Some(time)).ok()?;
    stream.set_write_timeout(Some(time)).ok()?;
    let ask = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: mpanel-node\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).ok()?;
    let mut bytes = Vec::new();
    let read = stream.take(MOST).read_to_end(&mut bytes);
    if read.is_err() && bytes.is_empty() {
        return None;
    }
    parse(&bytes, begun.elapsed())
}

/// Reads an answer; `None` when it is no HTTP.
pub fn parse(bytes: &[u8], took: Duration) -> Option<Answer> {
    let cut = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..cut]).ok()?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let raw = &bytes[cut + 4..];
    let body = String::from_utf8_lossy(raw).into_owned();
    let ms = took.as_millis().try_into().unwrap_or(u64::MAX);
    let site = SiteAnswer { status, title: title(&body), bytes: raw.len() as u64, ms };
    Some(Answer { site, body })
}

/// Text of the first `<title>`, entities resolved, in one line that can be stored and shown: a page is its tenant's word.
pub fn title(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("<title")?;
    let (_, rest) = rest.split_once('>')?;
    let (inner, _) = rest.split_once("</title")?;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    Some(unescape(inner.trim()).chars().map(plain).take(LONGEST_TITLE).collect())
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        match known.and_then(|(name, tail)| Some((entity(name)?, tail))) {
            Some((c, tail)) => {
                out.push(c);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_its_title() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><title lang=en>A &amp; B&#039;s &lt;3 &nope; &</title>";
        let answer = parse(bytes, Duration::from_millis(5)).unwrap();
        assert_eq!(answer.site.status, 200);
        assert_eq!(answer.site.title.as_deref(), Some("A & B's <3 &nope; &"));
    }

    #[test]
    fn a_title_is_one_short_line_whatever_the_page_says() {
        assert_eq!(title("<title>a&#0;b\0c&#10;d\u{1b}[31m</title>").as_deref(), Some("a b c d [31m"));
        assert_eq!(title(&format!("<title>{}</title>", "x".repeat(9000))).map(|title| title.len()), Some(300));
    }

    #[test]
    fn garbage_is_no_answer() {
        assert!(parse(b"garbage", Duration::ZERO).is_none());
        assert!(parse(b"HTTP/1.1 abc\r\n\r\n", Duration::ZERO).is_none());
    }
}
