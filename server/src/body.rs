//! Bodies are read whole before anybody looks at them: never more than the limit, never longer than their time.
//!
//! What is behind this (server functions, webhook) meets a body that is there. Leptos 0.8 answers a body that breaks off
//! with a 500, and leaves streams unlimited.

use crate::handlers::answer;
use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use model::error::{ApiError, ErrorCode};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// Largest body that any route takes, in bytes.
const LIMIT: usize = 512 * 1024;
/// How long a body may take, from its head to its last byte.
const TIME: Duration = Duration::from_secs(15);

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// More than the limit.
    TooLarge,
    /// It broke off, or its form is not HTTP's.
    Broken,
}

/// Reads the body, and goes on with it.
pub async fn whole(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    if announced(&head.headers).is_some_and(|length| length > LIMIT) {
        return refuse(&Refused::TooLarge);
    }
    match tokio::time::timeout(TIME, read(body)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(head, Body::from(bytes))).await,
        Ok(Err(refused)) => refuse(&refused),
        // The rest may still come; nobody waits for it.
        Err(_) => ([(header::CONNECTION, "close")], StatusCode::REQUEST_TIMEOUT).into_response(),
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read(body: Body) -> Result<Bytes, Refused> {
    let mut parts = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Refused::Broken)?;
        if bytes.len() + part.len() > LIMIT {
            return Err(Refused::TooLarge);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.into())
}

fn refuse(refused: &Refused) -> Response {
    let answer = match refused {
        Refused::TooLarge => answer(&ApiError::new(ErrorCode::TooLarge, format!("Request too large (limit {} kB).", LIMIT / 1024))),
        Refused::Broken => StatusCode::BAD_REQUEST.into_response(),
    };
    ([(header::CONNECTION, "close")], answer).into_response()
}
