//! Bodies are read whole before anybody looks at them: never more than their route takes, never longer than their time.
//!
//! What is behind this (server functions, webhook) meets a body that is there. Leptos 0.8 answers a body that breaks off
//! with a 500, and leaves streams unlimited.
//!
//! A body that is too large to be held is taken as a [`PacedBody`].

mod paced;

pub use paced::{LeastSpeed, PacedBody};

use crate::handlers::answer;
use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use model::error::{ApiError, ErrorCode};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// Largest body of a route that names no other limit, in bytes.
pub const MAX_BODY: usize = 512 * 1024;
/// How long a body may take, from its head to its last byte.
const TIME: Duration = Duration::from_secs(15);
/// What is taken and thrown away of a body that was refused. Most clients (Python's urllib among them) write everything before they
/// read: closed on them in the middle, they see a broken pipe in place of the answer.
const DISCARD: usize = 64 << 20;
/// How long that may take.
const DISCARD_TIME: Duration = Duration::from_secs(30);

/// Finds the limit of a path; nothing for one whose body is taken piece by piece by whoever serves it.
pub type Limits = fn(&str) -> Option<usize>;

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// More than the limit.
    TooLarge,
    /// It broke off, or its form is not HTTP's.
    Broken,
}

/// Reads the body, and goes on with it.
pub async fn whole(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let Some(limit) = limits(request.uri().path()) else { return next.run(request).await };
    let (head, body) = request.into_parts();
    let mut parts = body.into_data_stream();
    if announced(&head.headers).is_some_and(|length| length > limit) {
        // Who asks first ("Expect: 100-continue") has not sent it yet, and does not once it is refused.
        if !head.headers.contains_key(header::EXPECT) {
            discard(parts);
        }
        return too_large(limit);
    }
    match tokio::time::timeout(TIME, read(&mut parts, limit)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(head, Body::from(bytes))).await,
        Ok(Err(Refused::TooLarge)) => {
            discard(parts);
            too_large(limit)
        }
        Ok(Err(Refused::Broken)) => ([(header::CONNECTION, "close")], StatusCode::BAD_REQUEST).into_response(),
        // The rest may still come; nobody waits for it.
        Err(_) => {
            let error = ApiError::new(ErrorCode::TooSlow, format!("The request did not arrive within {} seconds. Try again.", TIME.as_secs()));
            ([(header::CONNECTION, "close")], answer(&error)).into_response()
        }
    }
}

/// How long a body says that it is.
pub fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read(parts: &mut BodyDataStream, limit: usize) -> Result<Bytes, Refused> {
    let mut bytes = Vec::new();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Refused::Broken)?;
        if bytes.len() + part.len() > limit {
            return Err(Refused::TooLarge);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.into())
}

/// Takes the rest beside the answer, which leaves at once; the connection closes after both.
pub fn discard(mut parts: BodyDataStream) {
    tokio::spawn(async move {
        let rest = async {
            let mut left = DISCARD;
            while let Some(Ok(part)) = parts.next().await {
                match left.checked_sub(part.len()) {
                    Some(less) => left = less,
                    None => return,
                }
            }
        };
        // Whoever needs longer loses the connection, as before.
        let _ = tokio::time::timeout(DISCARD_TIME, rest).await;
    });
}

fn too_large(limit: usize) -> Response {
    let error = ApiError::new(ErrorCode::TooLarge, format!("Request too large (limit {} kB).", limit / 1024));
    ([(header::CONNECTION, "close")], answer(&error)).into_response()
}
