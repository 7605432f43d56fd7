//! The live link: one WebSocket, LISTEN/NOTIFY behind it, authorised per channel, resumed by number.

mod connection;
mod hub;

pub use hub::Hub;

use crate::request::{RequestState, session_cookie};
use app_auth::Request;
use axum::{
    Extension,
    extract::{State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
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
    let token = session_cookie(&headers, front.cookie);
    socket.max_message_size(MESSAGE_LIMIT).on_upgrade(move |socket| connection::follow(socket, hub, request, token))
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
