//! `POST /api/public/deploys/push?site=ID`: a repository's host tells of a push.

use super::answer;
use crate::{client_ip, request::RequestState};
use axum::{
    Json,
    body::Bytes,
    extract::{ConnectInfo, RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use core_hosting::deploys::{self, PushError, PushHeaders};
use model::error::{ApiError, ErrorCode};
use std::net::SocketAddr;

/// Headers with an HMAC-SHA256 of the body: GitHub's, Gitea's, Bitbucket's, and one for whoever has none of his own.
const SIGNATURES: [&str; 4] = ["x-hub-signature-256", "x-gitea-signature", "x-hub-signature", "x-mpanel-signature"];
/// The one in which GitLab sends the secret itself.
const TOKEN: &str = "x-gitlab-token";

/// Takes what a repository's host says.
pub async fn receive(
    State(front): State<RequestState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let proof = PushHeaders { signatures: SIGNATURES.map(header), token: header(TOKEN) };
    let site = query.as_deref().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("site=")).unwrap_or_default();
    let ip = client_ip::visitor(peer.ip(), &headers, &front.proxies).to_string();
    match deploys::receive_push_from(&front.services, Some(&ip), site, &proof, &body).await {
        Ok(is_deployed) => Json(serde_json::json!({ "deploys": is_deployed })).into_response(),
        Err(PushError::Failed(error)) => answer(&error.into_api()),
        Err(error @ PushError::TooMany) => answer(&ApiError::new(ErrorCode::TooMany, error.to_string())),
        Err(error @ PushError::Refused) => {
            metrics::counter!("mpanel_pushes_refused_total").increment(1);
            answer(&ApiError::new(ErrorCode::Invalid, error.to_string()))
        }
    }
}
