//! instant-acme's requests over our HTTP client: one TLS provider, time limits, and what a CA says in headers.

use bytes::Bytes;
use chrono::DateTime;
use http_body_util::BodyExt;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use reqwest::{
    StatusCode,
    header::{DATE, HeaderMap, HeaderName, RETRY_AFTER},
};
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
        return Err(other(HttpError::RateLimited { reason: detail(&bytes), retry_after: retry_after(answer.headers()) }));
    }
    if status.is_server_error() {
        return Err(other(HttpError::Unavailable(format!("HTTP {}", status.as_u16()))));
    }
    let (parts, ()) = head.body(())?.into_parts();
    Ok(BytesResponse { parts, body: Box::new(Bytes::from(bytes)) })
}

/// How long a CA wants to be left alone: in seconds, or until a date, which is one of its own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let wish = text(headers, RETRY_AFTER)?;
    if let Ok(seconds) = wish.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(wish).ok()?;
    let now = DateTime::parse_from_rfc2822(text(headers, DATE)?).ok()?;
    Some((until - now).to_std().unwrap_or_default())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
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

#[cfg(test)]
mod tests {
    use super::retry_after;
    use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
    use std::time::Duration;

    #[test]
    fn a_ca_says_in_seconds_or_by_a_date_of_its_own_clock_how_long_it_is_to_be_left_alone() {
        // Its clock may be years away from ours.
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for (wish, date, expected) in [
            ("120", None, Some(120)),
            (" 36000 ", date, Some(36_000)),
            ("Sun, 06 Nov 1994 09:49:37 GMT", date, Some(3600)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", date, Some(0)),
            ("Sun, 06 Nov 1994 09:49:37 GMT", None, None),
            ("tomorrow", date, None),
            ("-5", date, None),
        ] {
            let mut headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(wish))]);
            headers.extend(date.map(|date| (DATE, HeaderValue::from_static(date))));
            assert_eq!(retry_after(&headers), expected.map(Duration::from_secs), "{wish}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
