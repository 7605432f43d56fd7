//! Who asks: from a cookie and a connection to a caller.

use app_auth::{CookieStyle, Request};
use axum::{
    extract::{ConnectInfo, Request as HttpRequest, State},
    http::{HeaderMap, HeaderName, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use core_administration::accounts;
use db::{AccessError, Caller};
use engine::Services;
use model::{
    actor::{Actor, Origin},
    error::ApiError,
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// What the request layer needs.
#[derive(Clone)]
pub struct RequestState {
    /// The parts that mPanel works with.
    pub services: Services,
    /// How the session cookie is written.
    pub cookie: CookieStyle,
    /// Proxies that are believed when they say who the visitor is.
    pub proxies: Arc<[IpAddr]>,
    /// Header in which they say the country of the visitor's address.
    pub country_header: Option<HeaderName>,
}

/// Puts [`Request`] into the extensions of every request, and sends strangers who want a closed page to sign in first.
pub async fn attach(State(front): State<RequestState>, mut http: HttpRequest, next: Next) -> Response {
    let token = session_cookie(http.headers(), front.cookie);
    let origin = origin(&http, &front);
    let user_agent = http.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(|text| text.chars().take(300).collect());
    let known = match &token {
        Some(token) => match accounts::viewer(&front.services, origin.clone(), token).await {
            Ok(known) => known,
            Err(error) => return crate::handlers::answer(&error.into_api()),
        },
        None => None,
    };
    if known.is_none() && requires_session(http.uri().path()) {
        // Before anything of what a stranger sends is read.
        return crate::handlers::answer(&ApiError::from(&AccessError::NotSignedIn));
    }
    if known.is_none() && http.method() == axum::http::Method::GET && requires_sign_in(http.uri().path()) {
        return Redirect::to(&sign_in_path(http.uri().path())).into_response();
    }
    let (caller, viewer) = match known {
        Some((caller, viewer)) => (caller, Some(viewer)),
        None => (Caller::new(Actor::Visitor, origin), None),
    };
    let request = Request { services: front.services, caller, viewer, user_agent, cookie: front.cookie };
    http.extensions_mut().insert(request);
    next.run(http).await
}

/// The token in the session's cookie, when it has the form of one.
pub fn session_cookie(headers: &HeaderMap, style: CookieStyle) -> Option<String> {
    let wanted = style.name();
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == wanted && value.len() == 43)
        .map(|(_, value)| value.to_owned())
}

fn origin(http: &HttpRequest, front: &RequestState) -> Origin {
    let peer = http.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let ip = peer.map(|peer| crate::client_ip::visitor(peer, http.headers(), &front.proxies).to_string());
    let header = peer.zip(front.country_header.as_ref());
    let country = header.and_then(|(peer, header)| crate::client_ip::country(peer, http.headers(), &front.proxies, header));
    let request_id = http.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    // It may come from the visitor, and goes into the record: short, or not at all.
    let request_id = request_id.filter(|id| id.len() <= 64).map(str::to_owned);
    Origin { ip, country, request_id }
}

/// Routes that only signed-in people may use: all but those under `/api/public`. The live link also takes a buyer's token.
fn requires_session(path: &str) -> bool {
    path.starts_with("/api/") && !path.starts_with("/api/public/") && path != "/api/live"
}

/// Pages that only signed-in people see.
fn requires_sign_in(path: &str) -> bool {
    ["/admin", "/t", "/account"].iter().any(|wing| path == *wing || path.strip_prefix(wing).is_some_and(|rest| rest.starts_with('/')))
}

/// Only own paths come back after signing in; this one is taken from the request line, so it is one.
fn sign_in_path(path: &str) -> String {
    let safe: String = path.chars().filter(|c| c.is_ascii_alphanumeric() || "/-_.".contains(*c)).collect();
    format!("/sign-in?next={safe}")
}
