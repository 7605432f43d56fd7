//! One question to a PHP master, as the web server asks it: does this script answer?

use std::io::{Error, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use wire::message::Failure;

use crate::error::{Result, ResultExt, refused};
use crate::task::Task;

/// Longest that an answer may take, from the first word of the question to the end of its head.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often a silent program is left alone to see whether the asking still makes sense.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Most bytes of an answer that are read, whatever kind of records they are in.
const MAX_ANSWER: usize = 1 << 20;
/// Kinds of records.
const BEGIN: u8 = 1;
const END: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;

/// HTTP status of a front page, asked at the master's socket. The script need not be the one that is served. Whoever answers is a tenant's program:
/// it can neither be silent nor talk for longer than this is patient.
pub fn status(task: &Task, socket: &Path, script: &str, host: &str) -> Result<u16> {
    let question = question(script, host)?;
    let found = ask(task, socket, &question);
    // Broken off is no finding.
    task.check()?;
    found
}

fn ask(task: &Task, socket: &Path, question: &[u8]) -> Result<u16> {
    let until = Instant::now() + TIMEOUT;
    let mut stream = connect(socket).map_err(silent)?;
    stream.write_all(question).map_err(silent)?;
    status_of(Bounded { stream, until, left: MAX_ANSWER, goes_on: || task.check().is_ok() })
}

/// Even the way in takes its time where nobody accepts.
fn connect(socket: &Path) -> std::io::Result<UnixStream> {
    let stream = UnixStream::from(rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?);
    stream.set_write_timeout(Some(TIMEOUT / 3))?;
    rustix::net::connect(&stream, &SocketAddrUnix::new(socket)?)?;
    stream.set_read_timeout(Some(POLL_INTERVAL))?;
    Ok(stream)
}

/// What a release's own program does wrong is not tried again.
fn silent(error: Error) -> Failure {
    refused(format!("The new release does not work: its index.php did not answer: {error}"))
}

/// A reader that ends: by its deadline, by what it was given, or with the request.
struct Bounded<S, G> {
    stream: S,
    until: Instant,
    left: usize,
    goes_on: G,
}

impl<S: Read, G: Fn() -> bool> Read for Bounded<S, G> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if Instant::now() >= self.until || !(self.goes_on)() {
                return Err(ErrorKind::TimedOut.into());
            }
            if self.left == 0 {
                return Err(Error::other("it says too much"));
            }
            let most = buffer.len().min(self.left);
            match self.stream.read(&mut buffer[..most]) {
                Ok(read) => {
                    self.left -= read;
                    return Ok(read);
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn question(script: &str, host: &str) -> Result<Vec<u8>> {
    let root = script.rsplit_once('/').map_or("", |(root, _)| root);
    let words = [
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_URI", "/"),
        ("QUERY_STRING", ""),
        ("DOCUMENT_ROOT", root),
        ("SCRIPT_NAME", "/index.php"),
        ("SCRIPT_FILENAME", script),
        ("SERVER_NAME", host),
        ("SERVER_PORT", "80"),
        ("HTTP_HOST", host),
        ("REMOTE_ADDR", "127.0.0.1"),
    ];
    let mut params = Vec::new();
    for (name, value) in words {
        for word in [name, value] {
            // The long form is for every length.
            params.extend((u32::try_from(word.len()).context("asking PHP")? | 1 << 31).to_be_bytes());
        }
        params.extend(name.bytes().chain(value.bytes()));
    }
    // A responder that closes the connection afterwards.
    let mut all = record(BEGIN, &[0, 1, 0, 0, 0, 0, 0, 0])?;
    for (kind, content) in [(PARAMS, params.as_slice()), (PARAMS, &[]), (STDIN, &[])] {
        all.extend(record(kind, content)?);
    }
    Ok(all)
}

fn record(kind: u8, content: &[u8]) -> Result<Vec<u8>> {
    let [high, low] = u16::try_from(content.len()).context("asking PHP")?.to_be_bytes();
    Ok([&[1, kind, 0, 1, high, low, 0, 0], content].concat())
}

/// Reads records until the end, or until the answer's head is there.
fn status_of(mut from: impl Read) -> Result<u16> {
    let mut head = Vec::new();
    loop {
        let mut frame = [0; 8];
        from.read_exact(&mut frame).map_err(silent)?;
        let length = usize::from(u16::from_be_bytes([frame[4], frame[5]])) + usize::from(frame[6]);
        let mut content = vec![0; length];
        from.read_exact(&mut content).map_err(silent)?;
        content.truncate(length - usize::from(frame[6]));
        if frame[1] == STDOUT {
            head.extend(content);
        }
        let text = String::from_utf8_lossy(&head);
        if let Some((lines, _)) = text.split_once("\r\n\r\n") {
            let status = lines.lines().find_map(|line| line.strip_prefix("Status: ")?.get(..3)?.parse().ok());
            return Ok(status.unwrap_or(200));
        }
        if frame[1] == END || head.len() > 64 << 10 {
            return Err(silent(Error::other("what it says is no page")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Vec<u8> {
        [record(7, b"a warning").unwrap(), record(STDOUT, text.as_bytes()).unwrap(), record(END, &[0; 8]).unwrap()].concat()
    }

    #[test]
    fn the_status_stands_in_the_head_or_is_200() {
        assert_eq!(status_of(&*answer("Status: 500 Internal Server Error\r\nContent-type: text/html\r\n\r\nStatus: 200")).unwrap(), 500);
        assert_eq!(status_of(&*answer("Content-type: text/html\r\n\r\nhello")).unwrap(), 200);
        assert!(status_of(&*answer("no head")).is_err());
        assert!(status_of(&b"\x01\x06"[..]).is_err());
    }

    #[test]
    fn who_talks_without_end_or_says_nothing_is_not_listened_to_for_ever() {
        struct Endless;
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                // Records of standard error, one after the other.
                buffer.fill(7);
                Ok(buffer.len())
            }
        }
        struct Silent;
        impl Read for Silent {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(ErrorKind::WouldBlock.into())
            }
        }
        let later = Instant::now() + Duration::from_secs(600);
        let failure = status_of(Bounded { stream: Endless, until: later, left: MAX_ANSWER, goes_on: || true }).unwrap_err();
        assert!(failure.message.ends_with("it says too much") && failure.kind == wire::message::FailureKind::Refused, "{failure}");
        assert!(status_of(Bounded { stream: Silent, until: Instant::now(), left: MAX_ANSWER, goes_on: || true }).is_err());
        assert!(status_of(Bounded { stream: Endless, until: later, left: MAX_ANSWER, goes_on: || false }).is_err());
    }

    #[test]
    fn a_question_is_a_record_of_each_kind() {
        let bytes = question("/srv/pods/a/sites/main/releases/r1/index.php", "a.example.test").unwrap();
        assert_eq!(bytes[..16], [1, BEGIN, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[bytes.len() - 16..], [1, PARAMS, 0, 1, 0, 0, 0, 0, 1, STDIN, 0, 1, 0, 0, 0, 0]);
    }
}
