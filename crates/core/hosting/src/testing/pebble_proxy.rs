//! A TLS proxy in front of Pebble that injects faults: a CA that validates for real is down, slow, limits the rate or asks for an early renewal.
//!
//! Pebble can do none of this, and its version 2.4 has no renewal information (RFC 9773): the proxy answers that itself.

use super::pebble::Pebble;
use adapters::acme::{AcmeAuthority, AcmeConfig, RenewalWindow};
use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use reqwest::{
    Method,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST, TRANSFER_ENCODING},
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::{Map, Value, json};
use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Path of renewal information.
const RENEWAL_INFO: &str = "/renewal-info";
/// Longer than any response that the client reads.
const ENDLESS: usize = 300 << 10;
/// A nonce that Pebble rejects.
const NO_NONCE: &str = "bm8gbm9uY2U";

/// The fault that the CA shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PebbleMood {
    /// None: everything is passed on to Pebble.
    #[default]
    Well,
    /// It closes each connection.
    Down,
    /// It responds with a server error.
    OutOfOrder,
    /// Its responses are truncated.
    CutOff,
    /// Its responses are too long.
    Endless,
    /// It limits the rate; `Retry-After` is in seconds.
    RateLimited(Duration),
    /// The same; `Retry-After` is a date of its own clock.
    RateLimitedUntil(Duration),
    /// The next nonces that it gives out, so many, are invalid.
    BadNonces(u32),
    /// So many times a certificate is still being processed when it is polled; `Retry-After` is an hour.
    Slow(u32),
    /// It accepts an order for a renewal, but its response does not name the replaced certificate.
    Forgetful,
}

/// The running proxy; it stops when dropped.
pub struct PebbleProxy {
    config: AcmeConfig,
    own_certificate: String,
    way: Arc<Way>,
    task: JoinHandle<()>,
}

/// The way to pebble.
struct Way {
    port: u16,
    http: reqwest::Client,
    tls: TlsAcceptor,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    mood: PebbleMood,
    window: Option<RenewalWindow>,
    asked_about: Vec<String>,
    replaced: Vec<String>,
    orders: u32,
    refused_nonces: u32,
}

struct Request {
    method: String,
    path: String,
    host: String,
    kind: Option<String>,
    body: Vec<u8>,
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl PebbleProxy {
    /// Before this one; nothing changes until a mood is set.
    pub async fn before(pebble: &Pebble) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let config = pebble.config(listener.local_addr().unwrap().port());
        let own_certificate = pebble.own_certificate.clone();
        let chain = vec![CertificateDer::from_pem_slice(own_certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(pebble.own_key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let tls = tls.with_no_client_auth().with_single_cert(chain, key).unwrap();
        // Under HTTP/2 the host would be that of the address.
        let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).http1_only().no_proxy().build().unwrap();
        let way = Arc::new(Way { port: pebble.port, http, tls: TlsAcceptor::from(Arc::new(tls)), state: Mutex::default() });
        let task = tokio::spawn(accept(listener, Arc::clone(&way)));
        Self { config, own_certificate, way, task }
    }

    /// The way to pebble through it, for pebble's customer.
    pub fn authority(&self) -> AcmeAuthority {
        AcmeAuthority::new(self.config.clone(), Some(&self.own_certificate)).unwrap()
    }

    /// How it is from now on.
    pub fn set_mood(&self, mood: PebbleMood) {
        self.way.state().mood = mood;
    }

    /// It knows of renewals from now on, and wants each certificate to be renewed then.
    pub fn set_window(&self, window: RenewalWindow) {
        self.way.state().window = Some(window);
    }

    /// Certificates whose time of renewal was asked for, as RFC 9773 names them.
    pub fn asked_about(&self) -> Vec<String> {
        self.way.state().asked_about.clone()
    }

    /// Certificates that orders were to take the place of.
    pub fn replaced(&self) -> Vec<String> {
        self.way.state().replaced.clone()
    }

    /// Orders that pebble has taken.
    pub fn orders(&self) -> u32 {
        self.way.state().orders
    }

    /// Requests that pebble has refused because of their nonce.
    pub fn refused_nonces(&self) -> u32 {
        self.way.state().refused_nonces
    }
}

impl Drop for PebbleProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, way: Arc<Way>) {
    while let Ok((tcp, _)) = listener.accept().await {
        let way = Arc::clone(&way);
        // A connection that breaks off is the mood's doing, or the client's.
        tokio::spawn(async move { way.serve(tcp).await.ok() });
    }
}

impl Way {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request.
    async fn serve(&self, tcp: TcpStream) -> Result<()> {
        let mood = self.state().mood;
        if mood == PebbleMood::Down {
            return Ok(());
        }
        let mut stream = BufReader::new(self.tls.accept(tcp).await?);
        let request = receive(&mut stream).await?;
        let answer = self.answer(request, mood).await?;
        let length = if mood == PebbleMood::CutOff { answer.body.len() + 1000 } else { answer.body.len() };
        let mut head = format!("HTTP/1.1 {} Answer\r\ncontent-length: {length}\r\nconnection: close\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&answer.body).await?;
        stream.shutdown().await?;
        Ok(())
    }

    async fn answer(&self, request: Request, mood: PebbleMood) -> Result<Answer> {
        match mood {
            PebbleMood::OutOfOrder => return Ok(Answer { status: 503, headers: Vec::new(), body: Vec::new() }),
            PebbleMood::Endless => return Ok(Answer { status: 200, headers: Vec::new(), body: vec![b' '; ENDLESS] }),
            PebbleMood::RateLimited(wish) if request.method == "POST" => return Ok(limited(&wish.as_secs().to_string(), None)),
            PebbleMood::RateLimitedUntil(wish) if request.method == "POST" => {
                let date = self.date().await?;
                let until = DateTime::parse_from_rfc2822(&date)? + TimeDelta::from_std(wish)?;
                return Ok(limited(&until.format("%a, %d %b %Y %H:%M:%S GMT").to_string(), Some(date)));
            }
            _ => {}
        }
        let window = self.state().window;
        if let (Some(window), Some(certificate)) = (window, request.path.strip_prefix(RENEWAL_INFO)) {
            self.state().asked_about.push(certificate.trim_start_matches('/').to_owned());
            let body = json!({ "suggestedWindow": { "start": window.start.to_rfc3339(), "end": window.end.to_rfc3339() } });
            return Ok(Answer { status: 200, headers: vec![("retry-after".to_owned(), "21600".to_owned())], body: serde_json::to_vec(&body)? });
        }
        let is_directory = request.path == "/dir";
        let (host, replaced) = (request.host.clone(), replaced_by(&request));
        let mut answer = self.forward(request).await?;
        if let Ok(Value::Object(mut body)) = serde_json::from_slice(&answer.body) {
            if is_directory && window.is_some() {
                body.insert("renewalInfo".to_owned(), format!("https://{host}{RENEWAL_INFO}").into());
            }
            self.change(&mut answer, &mut body, replaced);
            answer.body = serde_json::to_vec(&body)?;
        }
        let mut state = self.state();
        if let PebbleMood::BadNonces(left) = &mut state.mood
            && *left > 0
            && let Some((_, nonce)) = answer.headers.iter_mut().find(|(name, _)| name == "replay-nonce")
        {
            *left -= 1;
            NO_NONCE.clone_into(nonce);
        }
        drop(state);
        Ok(answer)
    }

    /// What is otherwise than pebble has it, in an answer about an order.
    fn change(&self, answer: &mut Answer, body: &mut Map<String, Value>, replaced: Option<String>) {
        let mut state = self.state();
        let is = |name: &str, end: &str| body.get(name).and_then(Value::as_str).is_some_and(|value| value.ends_with(end));
        let (is_bad_nonce, is_finished) = (is("type", ":badNonce"), is("status", "valid") && body.contains_key("certificate"));
        state.refused_nonces += u32::from(is_bad_nonce);
        if answer.status == 201 && body.contains_key("finalize") {
            state.orders += 1;
            if let Some(replaced) = replaced {
                if state.mood != PebbleMood::Forgetful {
                    body.insert("replaces".to_owned(), replaced.clone().into());
                }
                state.replaced.push(replaced);
            }
        }
        if let PebbleMood::Slow(left) = &mut state.mood
            && *left > 0
            && is_finished
        {
            *left -= 1;
            body.remove("certificate");
            body.insert("status".to_owned(), "processing".into());
            answer.headers.retain(|(name, _)| name != "retry-after");
            answer.headers.push(("retry-after".to_owned(), "3600".to_owned()));
        }
    }

    async fn forward(&self, request: Request) -> Result<Answer> {
        let method = Method::from_bytes(request.method.as_bytes())?;
        // Pebble makes its addresses of this host, and looks for it in what is signed.
        let mut asked = self.http.request(method, format!("https://127.0.0.1:{}{}", self.port, request.path)).header(HOST, request.host);
        if let Some(kind) = request.kind {
            asked = asked.header(CONTENT_TYPE, kind);
        }
        let got = asked.body(request.body).send().await?;
        let mut headers = Vec::new();
        for (name, value) in got.headers() {
            if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
                headers.push((name.as_str().to_owned(), value.to_str()?.to_owned()));
            }
        }
        Ok(Answer { status: got.status().as_u16(), headers, body: got.bytes().await?.to_vec() })
    }

    /// What time it is for pebble.
    async fn date(&self) -> Result<String> {
        let got = self.http.get(format!("https://127.0.0.1:{}/dir", self.port)).send().await?;
        Ok(got.headers().get(DATE).context("pebble has a clock")?.to_str()?.to_owned())
    }
}

fn limited(retry_after: &str, date: Option<String>) -> Answer {
    let mut headers = vec![("content-type".to_owned(), "application/problem+json".to_owned()), ("retry-after".to_owned(), retry_after.to_owned())];
    headers.extend(date.map(|date| ("date".to_owned(), date)));
    let problem = json!({ "type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many certificates for this name", "status": 429 });
    Answer { status: 429, headers, body: problem.to_string().into_bytes() }
}

/// The certificate that an order is to take the place of, as its signed part says.
fn replaced_by(request: &Request) -> Option<String> {
    let signed: Value = serde_json::from_slice(&request.body).ok()?;
    let payload = URL_SAFE_NO_PAD.decode(signed.get("payload")?.as_str()?).ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    Some(payload.get("replaces")?.as_str()?.to_owned())
}

async fn receive(stream: &mut BufReader<TlsStream<TcpStream>>) -> Result<Request> {
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = words.next().zip(words.next()).context("this is no request")?;
    let (mut host, mut kind, mut length) = (String::new(), None, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "host" => value.trim().clone_into(&mut host),
            "content-type" => kind = Some(value.trim().to_owned()),
            "content-length" => length = value.trim().parse()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Request { method, path, host, kind, body })
}
