//! `mpanel-node serve`: one session over stdin and stdout.

pub mod download;
mod requests;
pub mod upload;
pub mod writer;

use std::io::Read;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use wire::frame::{Decoder, Frame};
use wire::message::{FromNode, ToNode};
use wire::verb::Verb;

use crate::host::Host;
use requests::Requests;
use writer::MessageSender;

/// How long what was said last may take to reach the other side, which may be gone, once nothing is at work any more.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs a session until the other side closes it. All work is stopped before this returns.
pub fn serve(input: impl Read, output: impl std::io::Write + Send + 'static) {
    raise_file_limit();
    let (out, outbox) = MessageSender::new();
    let (writes, written) = mpsc::channel::<()>();
    thread::spawn(move || {
        writer::write_all(&outbox, output);
        drop(writes);
    });
    out.send_message(FromNode::Hello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: wire::PROTOCOL,
        boot_id: crate::host::boot_id(),
        verbs: Verb::NAMES.iter().map(|name| (*name).to_owned()).collect(),
        window: Some(wire::frame::WINDOW),
    });
    let host = Arc::new(Host::default());
    let requests = Requests::new(Arc::clone(&host), out.clone());
    listen(input, &requests);
    requests.stop_all();
    host.trial.give_up();
    drop(requests);
    drop(out);
    // The writer ends when the last sender is gone. A request that was stopped and did not end has one: this program ends without it.
    let _ = written.recv_timeout(FAREWELL);
}

/// Many requests at once hold many pipes; the default of 1024 is little. Failing leaves the default.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

fn listen(mut input: impl Read, requests: &Requests) {
    let mut decoder = Decoder::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => decoder.push(&buffer[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        }
        loop {
            match decoder.pop() {
                Ok(Some(frame)) => {
                    if !take(frame, requests) {
                        return;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    eprintln!("mpanel-node: {error}");
                    return;
                }
            }
        }
    }
}

/// False when the frame makes no sense and the session must end.
fn take(frame: Frame, requests: &Requests) -> bool {
    match frame {
        Frame::Chunk { id, bytes } => requests.chunk(id, bytes),
        Frame::Json(json) => match serde_json::from_slice::<ToNode>(&json) {
            Ok(ToNode::Request { id, deadline_ms, key, verb, window }) => requests.start(id, deadline_ms, key, verb, window),
            Ok(ToNode::Credit { id, bytes }) => requests.credit(id, bytes),
            Ok(ToNode::Cancel { id }) => requests.cancel(id),
            Err(error) => return requests.refuse(&json, &error),
        },
    }
    true
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod stream_tests;
