//! Calls of Stripe's API: forms in, JSON out.
//!
//! A client of our own instead of a generated one: a dozen calls are needed, and generated types refuse a whole object for one field that is
//! not as they know it. These read only what is used.

use crate::payments::PaymentsUnavailable;
use serde::{Deserialize, de::DeserializeOwned};
use std::time::Duration;

/// The version of the API that mPanel speaks.
const API_VERSION: &str = "2026-09-30.endive";

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Parameters of a call, as Stripe writes them: `metadata[invoice]`.
pub(super) type Form = Vec<(String, String)>;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// Stripe has looked at it and refused.
    #[error("Stripe refused the call ({status}): {error}")]
    Refused { status: u16, error: Box<ApiError> },
    /// Whether it was carried out is unknown.
    #[error("{0}")]
    Unavailable(String),
}

impl From<CallError> for PaymentsUnavailable {
    fn from(error: CallError) -> Self {
        Self(error.to_string())
    }
}

/// What Stripe says is wrong.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub(super) struct ApiError {
    #[serde(default, rename = "type")]
    pub kind: String,
    pub code: Option<String>,
    pub decline_code: Option<String>,
    pub advice_code: Option<String>,
    pub param: Option<String>,
    pub message: Option<String>,
    /// The intent of a charge that was declined.
    pub payment_intent: Option<IntentName>,
}

/// The intent in an error.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct IntentName {
    pub id: String,
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = self.code.as_deref().unwrap_or(&self.kind);
        write!(f, "{word} {}", self.message.as_deref().unwrap_or_default())
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ApiError,
}

/// The way to Stripe.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

impl Client {
    pub fn new(http: reqwest::Client, base: impl Into<String>, key: impl Into<String>) -> Self {
        Self { http, base: base.into(), key: key.into() }
    }

    /// Whether the key moves real money.
    pub fn is_live(&self) -> bool {
        self.key.contains("_live_")
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, CallError> {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let mark = if query.is_empty() { "" } else { "?" };
        self.send(self.http.get(format!("{}{path}{mark}{query}", self.base))).await
    }

    /// Carried out once for a key: asked again, Stripe gives its first answer again, for a day at least.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, form: &Form, idempotency_key: &str) -> Result<T, CallError> {
        self.send(self.http.post(format!("{}{path}", self.base)).header("idempotency-key", idempotency_key).form(form)).await
    }

    async fn send<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, CallError> {
        let unavailable = |error: reqwest::Error| CallError::Unavailable(error.without_url().to_string());
        let request = request.bearer_auth(&self.key).header("stripe-version", API_VERSION).timeout(TIMEOUT);
        let response = request.send().await.map_err(unavailable)?;
        let status = response.status();
        let body = response.bytes().await.map_err(unavailable)?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| CallError::Unavailable(format!("an answer that cannot be read: {error}")));
        }
        match serde_json::from_slice::<ErrorBody>(&body) {
            // A conflict, too many calls, an error of Stripe's own: asked again, it may be carried out.
            Ok(_) if status.as_u16() == 409 || status.as_u16() == 429 || status.is_server_error() => {
                Err(CallError::Unavailable(format!("Stripe answers with {status}")))
            }
            Ok(body) => Err(CallError::Refused { status: status.as_u16(), error: Box::new(body.error) }),
            Err(_) => Err(CallError::Unavailable(format!("Stripe answers with {status}"))),
        }
    }
}
