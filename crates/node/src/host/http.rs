//! A very small HTTP client for asking the machine's own web server about a site.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use wire::observation::SiteAnswer;
use wire::{DomainName, html};

/// Most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 256 << 10;
/// How often a silent site is left alone to see whether the asking still makes sense.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Most characters of a title; those that mPanel sets are shorter.
const LONGEST_TITLE: usize = 300;

/// An answer with its body.
pub struct Answer {
    /// Status, size, time and title.
    pub site: SiteAnswer,
    /// The body as text.
    pub body: String,
}

/// Asks 127.0.0.1:80 for a path of this host. `None` when there is no whole answer within `time`, or once `goes_on` says no.
pub fn get(host: &DomainName, path: &str, time: Duration, goes_on: impl Fn() -> bool) -> Option<Answer> {
    get_as(None, host, path, time, goes_on)
}

/// As [`get`], with the name and the password (`name:password`) that the site asks its visitors for.
pub fn get_as(login: Option<&str>, host: &DomainName, path: &str, time: Duration, goes_on: impl Fn() -> bool) -> Option<Answer> {
    let login = login.map(|login| format!("Authorization: Basic {}\r\n", base64(login.as_bytes()))).unwrap_or_default();
    ask(SocketAddr::from(([127, 0, 0, 1], 80)), &login, host, path, time, goes_on)
}

/// As [`get`], at any address.
#[cfg(test)]
fn get_at(address: SocketAddr, host: &DomainName, path: &str, time: Duration, goes_on: impl Fn() -> bool) -> Option<Answer> {
    ask(address, "", host, path, time, goes_on)
}

/// Takes no answer that the web server has kept: it would not show how the site is now.
fn ask(address: SocketAddr, login: &str, host: &DomainName, path: &str, time: Duration, goes_on: impl Fn() -> bool) -> Option<Answer> {
    let begun = Instant::now();
    let ask =
        format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: mpanel-node\r\n{login}Cache-Control: no-cache\r\nConnection: close\r\n\r\n");
    let bytes = exchange(address, ask.as_bytes(), time, MAX_ANSWER_BYTES, goes_on).ok()?;
    parse(&bytes, begun.elapsed())
}

/// Sends a request, and reads until the other side hangs up or has sent `most` bytes. One deadline holds for the whole exchange: who sends a byte now
/// and then cannot lengthen it. Late is also once `goes_on` says no.
pub fn exchange(address: SocketAddr, request: &[u8], time: Duration, most: usize, goes_on: impl Fn() -> bool) -> std::io::Result<Vec<u8>> {
    let begun = Instant::now();
    let late = || std::io::Error::from(ErrorKind::TimedOut);
    let left = || time.checked_sub(begun.elapsed()).filter(|left| !left.is_zero() && goes_on()).ok_or_else(late);
    let mut stream = TcpStream::connect_timeout(&address, left()?)?;
    let mut rest = request;
    while !rest.is_empty() {
        stream.set_write_timeout(Some(left()?.min(POLL_INTERVAL)))?;
        match stream.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(n) => rest = &rest[n..],
            Err(error) if is_pause(&error) => {}
            Err(error) => return Err(error),
        }
    }
    let (mut bytes, mut buffer) = (Vec::new(), [0; 16 << 10]);
    while bytes.len() < most {
        stream.set_read_timeout(Some(left()?.min(POLL_INTERVAL)))?;
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
            Err(error) if is_pause(&error) => {}
            // What came before the connection broke may be an answer.
            Err(_) => break,
        }
    }
    bytes.truncate(most);
    Ok(bytes)
}

fn is_pause(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Splits a response into its status, head and body; `None` when it is not HTTP.
pub fn split_response(bytes: &[u8]) -> Option<(u16, &str, &[u8])> {
    let cut = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..cut)?).ok()?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    Some((status, head, bytes.get(cut + 4..)?))
}

/// Reads an answer; `None` when it is no HTTP.
pub fn parse(bytes: &[u8], took: Duration) -> Option<Answer> {
    let (status, _, raw) = split_response(bytes)?;
    let body = String::from_utf8_lossy(raw).into_owned();
    let ms = took.as_millis().try_into().unwrap_or(u64::MAX);
    let site = SiteAnswer { status, title: title(&body), bytes: raw.len() as u64, ms };
    Some(Answer { site, body })
}

/// Text of the first `<title>` in one line that can be stored and shown: a page is its tenant's word.
pub fn title(page: &str) -> Option<String> {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    Some(html::title(page)?.chars().map(plain).take(LONGEST_TITLE).collect())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let whole = three.iter().fold(0_u32, |whole, byte| whole << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = (whole >> (18 - 6 * at)) as usize & 63;
            text.push(if at <= three.len() { DIGITS[digit] as char } else { '=' });
        }
    }
    text
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
