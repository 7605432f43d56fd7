//! The live connection: one WebSocket a tab, LISTEN/NOTIFY behind it, many channels, each authorized, each resumed by number.

mod access;
mod connection;
mod hub;
mod log;

pub use hub::{Holder, Hub};

use super::answer;
use crate::request::{RequestState, session_cookie};
use app_auth::Request;
use axum::{
    Extension,
    extract::{State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use core_administration::accounts;
use engine::quota::Place;
use model::{
    actor::Actor,
    error::{ApiError, ErrorCode},
};
use std::sync::Arc;

/// Longest message that a browser may send, in bytes.
const MESSAGE_LIMIT: usize = 4096;

/// `GET /api/live`. Only our own pages may open it.
pub async fn upgrade(
    State(hub): State<Arc<Hub>>,
    State(front): State<RequestState>,
    Extension(request): Extension<Request>,
    headers: HeaderMap,
    socket: WebSocketUpgrade,
) -> Response {
    if !same_origin(&headers, &request.services.settings.public_url) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(places) = take_places(&hub, &request) else {
        return answer(&ApiError::new(ErrorCode::TooMany, "Too many pages are open with live updates. Close some of them."));
    };
    let token = session_cookie(&headers, front.cookie);
    socket
        .max_message_size(MESSAGE_LIMIT)
        .max_frame_size(MESSAGE_LIMIT)
        .on_upgrade(move |socket| connection::follow(socket, hub, request, token, places))
}

/// What the link counts for from its beginning: its address, and the session where there is one.
fn take_places(hub: &Hub, request: &Request) -> Option<Vec<Place<Holder>>> {
    let origin = &request.caller.origin;
    let mut places = vec![hub.take(Holder::Address(accounts::peer(origin.ip.as_deref())))?];
    if let Actor::User { session, .. } = &request.caller.actor {
        places.push(hub.take(Holder::Session(*session))?);
    }
    Some(places)
}

fn same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin == public_url || origin.split_once("://").is_some_and(|(_, authority)| authority == host),
        // Programs that are not browsers send none, and carry no cookie of a victim.
        (None, _) => !headers.contains_key(header::ORIGIN),
        (Some(_), None) => false,
    }
}
