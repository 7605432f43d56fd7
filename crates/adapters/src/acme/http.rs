//! instant-acme's requests over our HTTP client: one TLS provider, time limits, and what a CA says in headers.

use bytes::Bytes;
use http_body_util::BodyExt;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use reqwest::{StatusCode, header::RETRY_AFTER};
use std::{future::Future, pin::Pin, time::Duration};

/// Longest answer that is read: a chain of ten certificates has some 20 KiB.
const MAX_BYTES: usize = 256 << 10;

/// The client.
#[derive(Clone)]
pub(super) struct Http(pub(super) reqwest::Client);

/// An answer that is no problem document of ACME.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    /// Too much was asked.
    #[error("{reason}")]
    RateLimited { reason: String, retry_after: Option<Duration> },
    /// The CA is out of order, or cannot be reached.
    #[error("{0}")]
    Unavailable(String),
}

impl Http {
    /// Fetches a document that needs no account.
    pub(super) async fn get_json<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, Error> {
        let sent = self.0.get(url).send().await.map_err(|error| other(HttpError::Unavailable(words(&error))))?;
        let mut answer = receive(sent).await?;
        let bytes = answer.body.into_bytes().await.map_err(|_| other(HttpError::Unavailable("the response was cut off".to_owned())))?;
        serde_json::from_slice(&bytes).map_err(|_| other(HttpError::Unavailable("its directory cannot be read".to_owned())))
    }
}

impl HttpClient for Http {
    fn request(&self, request: http::Request<BodyWrapper<Bytes>>) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let Ok(body) = body.collect().await;
            let bytes = body.to_bytes();
            let sent = client.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(bytes).send().await;
            let answer = sent.map_err(|error| other(HttpError::Unavailable(words(&error))))?;
            receive(answer).await
        })
    }
}

async fn receive(mut answer: reqwest::Response) -> Result<BytesResponse, Error> {
    let status = answer.status();
    let mut head = http::Response::builder().status(status);
    if let Some(headers) = head.headers_mut() {
        headers.extend(answer.headers().clone());
    }
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| other(HttpError::Unavailable(words(&error))))? {
        bytes.extend_from_slice(&part);
        if bytes.len() > MAX_BYTES {
            return Err(other(HttpError::Unavailable("its answer is too long".to_owned())));
        }
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|value| value.trim().parse().ok());
        return Err(other(HttpError::RateLimited { reason: detail(&bytes), retry_after: retry_after.map(Duration::from_secs) }));
    }
    if status.is_server_error() {
        return Err(other(HttpError::Unavailable(format!("HTTP {}", status.as_u16()))));
    }
    let (parts, ()) = head.body(())?.into_parts();
    Ok(BytesResponse { parts, body: Box::new(Bytes::from(bytes)) })
}

/// What a problem document says, in one line.
fn detail(bytes: &[u8]) -> String {
    let found: Option<String> =
        serde_json::from_slice::<serde_json::Value>(bytes).ok().and_then(|value| Some(value.get("detail")?.as_str()?.to_owned()));
    super::instant::line(&found.unwrap_or_else(|| "too many requests".to_owned()))
}

fn other(error: HttpError) -> Error {
    Error::Other(Box::new(error))
}

/// Why there was no answer, without the address.
fn words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "no response in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the response was cut off".to_owned()
    }
}
