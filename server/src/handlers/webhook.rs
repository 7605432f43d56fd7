//! `POST /api/public/checkout/webhook`: stored before it is acted on, answered fast, refused when forged or stale.

use super::answer;
use crate::request::RequestState;
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use core_billing::checkout::{self, ReceiveError};
use model::error::{ApiError, ErrorCode};

/// Takes a message of the payment provider.
pub async fn receive(State(front): State<RequestState>, headers: HeaderMap, body: Bytes) -> Response {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    match checkout::accept(&front.services, &body, signature).await {
        Ok(_) => StatusCode::OK.into_response(),
        Err(ReceiveError::Refused(refused)) => {
            metrics::counter!("mpanel_webhooks_refused_total").increment(1);
            answer(&ApiError::new(ErrorCode::Invalid, refused.to_string()))
        }
        Err(ReceiveError::Failed(error)) => answer(&error.into_api()),
    }
}
