//! A visitor: HTTP with a cookie, raw bytes where HTTP's own client is too well-behaved, and a WebSocket.

use serde_json::Value;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A visitor of a panel.
#[derive(Clone)]
pub struct Visitor {
    http: reqwest::Client,
    /// Where the panel is.
    pub port: u16,
    /// `name=value` of the session, when there is one.
    pub cookie: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: reqwest::header::HeaderMap,
    /// Its body.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// One header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The session's cookie that it sets, as `name=value`.
    pub fn cookie(&self) -> Option<String> {
        self.header("set-cookie").split(';').next().filter(|cookie| !cookie.is_empty()).map(str::to_owned)
    }
}

impl Visitor {
    /// A stranger.
    pub fn new(port: u16) -> Self {
        // Whoever comes first brings it; TLS itself is not spoken here.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Proxies are for the world outside.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client");
        Self { http, port, cookie: None }
    }

    /// The same browser with this session.
    pub fn with(&self, cookie: &str) -> Self {
        Self { cookie: Some(cookie.to_owned()), ..self.clone() }
    }

    /// A request to be sent by [`Visitor::send`].
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method.parse().expect("a method"), format!("http://127.0.0.1:{}{path}", self.port));
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    /// Sends it.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.expect("an answer");
        Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), text: answer.text().await.expect("a body") }
    }

    /// Fetches a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// Calls a server function.
    pub async fn call(&self, path: &str, input: &Value) -> Answer {
        self.send(self.request("POST", path).header("content-type", "application/json").body(input.to_string())).await
    }

    /// Calls a server function that has to work.
    pub async fn must(&self, path: &str, input: Value) -> Value {
        let answer = self.call(path, &input).await;
        assert_eq!(answer.status, 200, "{path} {input}: {answer:?}");
        answer.json()
    }

    /// Sends bytes as they are, and reads until the panel hangs up or says nothing for a while.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("it listens");
        // The panel may hang up before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        while let Ok(Ok(more)) = timeout(Duration::from_secs(2), stream.read_buf(&mut answer)).await {
            if more == 0 {
                break;
            }
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// The browser's half of a WebSocket, as small as RFC 6455 allows.
pub struct Socket {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Socket {
    /// Opens `/api/live`; without a WebSocket, the status.
    pub async fn open(visitor: &Visitor, origin: Option<&str>) -> Result<Self, u16> {
        let mut stream = TcpStream::connect(("127.0.0.1", visitor.port)).await.expect("it listens");
        let mut head = format!(
            "GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            visitor.port
        );
        for (name, value) in [("Origin", origin), ("Cookie", visitor.cookie.as_deref())] {
            if let Some(value) = value {
                head += &format!("{name}: {value}\r\n");
            }
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).await.expect("it reads");
        let mut read = Vec::new();
        let end = loop {
            if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            assert_ne!(stream.read_buf(&mut read).await.expect("an answer"), 0, "no answer");
        };
        let head = String::from_utf8_lossy(&read[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        read.drain(..end);
        if status == 101 { Ok(Self { stream, read }) } else { Err(status) }
    }

    /// Says something.
    pub async fn say(&mut self, message: &Value) {
        let text = message.to_string();
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 126);
        let mut frame = vec![0x81];
        match length {
            Some(length) => frame.push(0x80 | length),
            None => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&u16::try_from(text.len()).expect("a short message").to_be_bytes());
            }
        }
        frame.extend_from_slice(&[0; 4]); // a mask that masks nothing
        frame.extend_from_slice(text.as_bytes());
        self.stream.write_all(&frame).await.expect("it reads");
    }

    /// The next message; nothing when the panel has closed the link.
    pub async fn hear(&mut self) -> Option<Value> {
        timeout(super::panel::PATIENCE, self.next()).await.expect("the panel says something")
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            let (opcode, body) = self.frame().await?;
            match opcode {
                1 => return Some(serde_json::from_slice(&body).expect("JSON")),
                8 => return None,
                _ => {}
            }
        }
    }

    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        self.fill(2).await?;
        let (opcode, short) = (self.read[0] & 0x0f, usize::from(self.read[1] & 0x7f));
        let (head, length) = match short {
            126 => {
                self.fill(4).await?;
                (4, usize::from(u16::from_be_bytes([self.read[2], self.read[3]])))
            }
            127 => {
                self.fill(10).await?;
                let bytes: [u8; 8] = self.read[2..10].try_into().expect("eight");
                (10, usize::try_from(u64::from_be_bytes(bytes)).expect("fits"))
            }
            length => (2, length),
        };
        self.fill(head + length).await?;
        let body = self.read[head..head + length].to_vec();
        self.read.drain(..head + length);
        Some((opcode, body))
    }

    async fn fill(&mut self, length: usize) -> Option<()> {
        while self.read.len() < length {
            // A connection that breaks is a link that is closed.
            if self.stream.read_buf(&mut self.read).await.unwrap_or(0) == 0 {
                return None;
            }
        }
        Some(())
    }
}
