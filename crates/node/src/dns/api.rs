//! PowerDNS's HTTP API, on the loopback only.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::error::{Result, internal, missing, refused};
use crate::host::{files, http};
use crate::task::Task;

use super::setup::{CONFIG, key_in};

/// Where it listens. Below 1024, so that no program of a pod can listen there and receive the key.
pub(super) const ADDRESS: (&str, u16) = ("127.0.0.1", 981);
/// Limit for one request; a zone of 5,000 records takes a second.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Most bytes of a response that are read.
const MAX_ANSWER_BYTES: usize = 16 << 20;
/// Interval and limit of waiting for it to start.
const START_POLL_INTERVAL: Duration = Duration::from_millis(100);
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A response.
pub(super) struct Answer {
    /// HTTP status.
    pub(super) status: u16,
    /// The body; `null` where there is none.
    pub(super) body: Value,
}

impl Answer {
    /// The failure that it reports, in PowerDNS's words.
    pub(super) fn failure(&self) -> wire::message::Failure {
        let words = self.body.get("error").and_then(Value::as_str).unwrap_or("no reason given");
        refused(format!("PowerDNS refused it ({}): {words}", self.status))
    }
}

/// Waits until it responds.
pub(super) fn wait(task: &Task) -> Result<()> {
    let begun = Instant::now();
    loop {
        match call(task, "GET", "", None) {
            Ok(answer) if answer.status == 200 => return Ok(()),
            Ok(answer) => return Err(answer.failure()),
            Err(error) if begun.elapsed() > START_TIMEOUT => return Err(error),
            Err(_) => {
                task.check()?;
                thread::sleep(START_POLL_INTERVAL);
            }
        }
    }
}

/// Sends a request for a path below the server's own. Paths are built from DNS names, which need no escaping.
pub(super) fn call(task: &Task, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
    let config =
        files::read_text(CONFIG).ok_or_else(|| missing("PowerDNS is not set up on this server").with_remedy("install the DNS capability"))?;
    let key = key_in(&config).ok_or_else(|| missing("PowerDNS's configuration has no key").with_remedy("install the DNS capability"))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = format!(
        "{method} /api/v1/servers/localhost{path} HTTP/1.0\r\nHost: localhost\r\nX-API-Key: {key}\r\nAccept: application/json\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let address = SocketAddr::from(([127, 0, 0, 1], ADDRESS.1));
    let bytes = http::exchange(address, request.as_bytes(), REQUEST_TIMEOUT, MAX_ANSWER_BYTES, || task.check().is_ok())
        .map_err(|error| internal(format!("PowerDNS does not respond: {error}")))?;
    task.check()?;
    parse(&bytes).ok_or_else(|| internal("PowerDNS's response is not HTTP"))
}

/// Parses a response; `None` when it is not HTTP, or incomplete.
pub(super) fn parse(bytes: &[u8]) -> Option<Answer> {
    let (status, head, body) = http::split_response(bytes)?;
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(|rest| rest.trim().to_owned()));
    if length.is_some_and(|length| length.parse::<usize>() != Ok(body.len())) {
        return None;
    }
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap_or(Value::Null) };
    Some(Answer { status, body })
}
