//! A stand-in that speaks Stripe: its calls, its payment page, the bank's page, and signed webhooks. No money moves. Everything is kept in memory.
//!
//! Objects have all keys that Stripe's have (`description`). `scripts/stripe-check.sh` has Stripe's own Python client talk to it, and compares every
//! answer with that description. It shares no code with the panel's side of these calls, or both could be wrong together.

mod api;
mod card;
mod intents;
mod pages;
mod params;
mod sessions;
mod setups;
mod signature;
mod store;
mod webhooks;

pub use card::Card;
pub use webhooks::Delivery;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use pages::Page;
use params::Params;
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::Store;

/// The version that its objects have.
const API_VERSION: &str = "2026-09-30.endive";
/// Stripe's description of its calls, as far as they are spoken here: OpenAPI in JSON.
pub const DESCRIPTION: &str = include_str!("../description/spec.json");
/// How long an answer takes when it is told to be slow.
const SLOW: Duration = Duration::from_secs(2);
/// The largest call that is read, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// How the stand-in is set up.
#[derive(Clone)]
pub struct SimulatorConfig {
    /// The secret key that calls must carry.
    pub key: String,
    /// Signs the webhooks.
    pub webhook_secret: Vec<u8>,
    /// Where they are sent to; nothing when they are taken by [`Simulator::take_events`].
    pub webhook_url: Option<String>,
    /// The time, in seconds since 1970.
    pub clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Stands in every id, so that those of two runs differ.
    pub suffix: String,
}

/// What goes wrong, on demand.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Every call is answered with 503.
    pub is_down: bool,
    /// Calls that are still to be carried out without an answer: the connection ends.
    pub lost_answers: usize,
    /// How long every answer takes.
    pub delay: Duration,
    /// What becomes of webhooks.
    pub delivery: Delivery,
}

/// The running stand-in.
#[derive(Clone)]
pub struct Simulator {
    store: Arc<Mutex<Store>>,
    url: String,
}

impl Simulator {
    /// Starts it on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address is in use.
    pub async fn start(listen: SocketAddr, config: SimulatorConfig) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let simulator = Self { store: Arc::new(Mutex::new(Store::new(config, url.clone()))), url };
        let router = Router::new().fallback(handle).with_state(simulator.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(simulator)
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// The customer pays a page with a card. Answers with the next address, or with what the page says.
    ///
    /// # Errors
    /// What the page says when the card is declined, or the page is closed.
    pub fn pay(&self, session: &str, card: Card) -> Result<String, &'static str> {
        self.lock().pay_session(session, card)
    }

    /// The customer answers the bank. Whether there was something to answer.
    pub fn answer_bank(&self, intent: &str, is_confirmed: bool) -> bool {
        self.lock().answer_bank(intent, is_confirmed).is_some()
    }

    /// What becomes of payments that are on their way.
    pub fn settle(&self, is_paid: bool) {
        let mut store = self.lock();
        let found = store.list("payment_intent", "", &Params::read("limit=100"), |intent| intent["status"] == "processing");
        for intent in found["data"].as_array().into_iter().flatten() {
            store.settle(intent["id"].as_str().unwrap_or_default(), is_paid);
        }
    }

    /// The cardholder disputes a payment. Answers with the name of the dispute.
    pub fn dispute(&self, intent: &str) -> Option<String> {
        self.lock().dispute(intent)
    }

    /// The bank decides a dispute.
    pub fn decide_dispute(&self, id: &str, is_won: bool) {
        self.lock().decide_dispute(id, is_won);
    }

    /// The bank of the card sends a refund back, days later.
    pub fn fail_refund(&self, id: &str) {
        self.lock().fail_refund(id);
    }

    /// Objects of a kind, the newest first, a hundred at most.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        let found = self.lock().list(kind, "", &Params::read("limit=100"), |_| true);
        found["data"].as_array().cloned().unwrap_or_default()
    }

    /// All objects of a kind, in the order in which they were made.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        self.lock().all(kind)
    }

    /// Calls that were made: method, path, form or query.
    pub fn calls(&self) -> Vec<(String, String, String)> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn handle(State(simulator): State<Simulator>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let (method, path) = (head.method.as_str(), head.uri.path());
    if path.starts_with("/v1/") {
        let text = if method == "GET" { head.uri.query().unwrap_or_default() } else { std::str::from_utf8(&body).unwrap_or_default() };
        let response = simulator.call(method, path, text, &head.headers).await;
        simulator.send_webhooks();
        return response;
    }
    let response = simulator.page(method, path, &body);
    simulator.send_webhooks();
    response
}

impl Simulator {
    async fn call(&self, method: &str, path: &str, text: &str, headers: &HeaderMap) -> Response {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let faults = self.lock().faults.clone();
        if !faults.delay.is_zero() {
            tokio::time::sleep(faults.delay).await;
        }
        if faults.is_down {
            return (StatusCode::SERVICE_UNAVAILABLE, "down").into_response();
        }
        let (status, body) = {
            let mut store = self.lock();
            if header("authorization").and_then(|value| value.strip_prefix("Bearer ")) != Some(store.config.key.as_str()) {
                store::refused(401, "invalid_request_error", "", "Invalid API Key provided", None)
            } else {
                store.answer(method, path, text, header("idempotency-key"))
            }
        };
        if method == "POST" && self.lose_answer() {
            // The head promises more than comes.
            let broken = Body::from_stream(futures::stream::iter([Err::<Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset))]));
            return ([(header::CONTENT_LENGTH, "1000")], broken).into_response();
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [("request-id", "req_simulated")], axum::Json(body)).into_response()
    }

    /// Whether this answer is one of those to lose; of two calls at once only one takes the last.
    fn lose_answer(&self) -> bool {
        let mut store = self.lock();
        let left = store.faults.lost_answers.checked_sub(1);
        store.faults.lost_answers = left.unwrap_or_default();
        left.is_some()
    }

    fn page(&self, method: &str, path: &str, body: &Bytes) -> Response {
        let form = Params::read(std::str::from_utf8(body).unwrap_or_default());
        let is_sent = method == "POST";
        let page = if let Some(id) = path.strip_prefix("/c/pay/") {
            let card = form.text("card").and_then(|number| number.get(12..)).and_then(Card::of);
            self.lock().pay_page(id, card.filter(|_| is_sent))
        } else if let Some(id) = path.strip_prefix("/3ds/") {
            self.lock().bank_page(id, is_sent.then(|| form.text("answer") == Some("yes")))
        } else if is_sent && let Some(word) = path.strip_prefix("/simulator/") {
            return self.control(word);
        } else {
            None
        };
        match page {
            Some(Page::Html(html)) => axum::response::Html(html).into_response(),
            Some(Page::Goto(url)) => (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }

    /// `POST /simulator/WORD`: what goes wrong, for whoever has only HTTP.
    fn control(&self, word: &str) -> Response {
        match word {
            "settle" => self.settle(true),
            "fail" => self.settle(false),
            "dispute" => {
                let newest = self.objects("payment_intent").into_iter().find(|intent| intent["status"] == "succeeded");
                if newest.and_then(|intent| self.dispute(intent["id"].as_str()?)).is_none() {
                    return StatusCode::NOT_FOUND.into_response();
                }
            }
            "down" => self.lock().faults.is_down = true,
            "up" => self.lock().faults.is_down = false,
            "slow" => self.lock().faults.delay = SLOW,
            "quick" => self.lock().faults.delay = Duration::ZERO,
            word => match Delivery::of(word) {
                Some(delivery) => self.lock().faults.delivery = delivery,
                None => return StatusCode::NOT_FOUND.into_response(),
            },
        }
        StatusCode::NO_CONTENT.into_response()
    }
}
