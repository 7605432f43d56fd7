//! One question to a PHP master, as the web server asks it: does this script answer?

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::error::{Result, ResultExt, internal};

/// Longest that an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Kinds of records.
const BEGIN: u8 = 1;
const END: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;

/// HTTP status of a front page, asked at the master's socket. The script need not be the one that is served.
pub fn status(socket: &Path, script: &str, host: &str) -> Result<u16> {
    let doing = "asking PHP for the front page";
    let mut stream = UnixStream::connect(socket).context(doing)?;
    stream.set_read_timeout(Some(TIMEOUT)).context(doing)?;
    stream.set_write_timeout(Some(TIMEOUT)).context(doing)?;
    stream.write_all(&question(script, host)?).context(doing)?;
    status_of(stream)
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
        from.read_exact(&mut frame).context("reading the answer of PHP")?;
        let length = usize::from(u16::from_be_bytes([frame[4], frame[5]])) + usize::from(frame[6]);
        let mut content = vec![0; length];
        from.read_exact(&mut content).context("reading the answer of PHP")?;
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
            return Err(internal("PHP did not answer the question for the front page"));
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
    fn a_question_is_a_record_of_each_kind() {
        let bytes = question("/srv/pods/a/sites/main/releases/r1/index.php", "a.example.test").unwrap();
        assert_eq!(bytes[..16], [1, BEGIN, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[bytes.len() - 16..], [1, PARAMS, 0, 1, 0, 0, 0, 0, 1, STDIN, 0, 1, 0, 0, 0, 0]);
    }
}
