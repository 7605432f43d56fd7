//! The built-in payment provider for tests and demos: no money is charged.
//!
//! Its payment page is part of mPanel (`/pay/<checkout>?token=..`). The buyer's choice is delivered to mPanel's own
//! webhook over HTTP, signed and with retries, as a real provider would.

use super::{PaymentPage, PaymentRequest, Payments, PaymentsUnavailable, ProviderEvent, WebhookRefused, event, signature};
use async_trait::async_trait;
use model::{billing::checkout::SandboxChoice, ids::CheckoutId, money::Money};
use rand::Rng;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Delivery attempts per event.
const ATTEMPTS: u32 = 5;

/// The built-in provider.
pub struct Sandbox {
    http: reqwest::Client,
    public_url: String,
    webhook_url: String,
    secret: Vec<u8>,
}

/// The payment that the buyer decides on.
#[derive(Clone, Debug)]
pub struct SandboxPayment {
    /// The checkout.
    pub checkout: CheckoutId,
    /// The total to pay.
    pub total: Money,
}

impl Sandbox {
    /// `public_url` is the panel's URL for buyers, `webhook_url` the webhook of this process, such as
    /// `http://127.0.0.1:8080/api/public/checkout/webhook`. `secret` signs the events.
    pub fn new(http: reqwest::Client, public_url: impl Into<String>, webhook_url: impl Into<String>, secret: Vec<u8>) -> Self {
        Self { http, public_url: public_url.into(), webhook_url: webhook_url.into(), secret }
    }

    /// Approves or declines a payment and delivers the event to the webhook.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the webhook does not accept the event after several attempts.
    pub async fn decide(&self, payment: &SandboxPayment, choice: SandboxChoice) -> Result<(), PaymentsUnavailable> {
        let now = now();
        let body = self.event(payment, choice, now).to_string();
        match choice {
            SandboxChoice::Approve | SandboxChoice::Decline => self.deliver(&body).await,
            // Concurrently, so that the deliveries race.
            SandboxChoice::ApproveThrice => tokio::try_join!(self.deliver(&body), self.deliver(&body), self.deliver(&body)).map(|_| ()),
        }
    }

    fn event(&self, payment: &SandboxPayment, choice: SandboxChoice, now: i64) -> serde_json::Value {
        let (kind, status) = match choice {
            SandboxChoice::Decline => ("checkout.session.async_payment_failed", "unpaid"),
            SandboxChoice::Approve | SandboxChoice::ApproveThrice => ("checkout.session.completed", "paid"),
        };
        let mut id = [0_u8; 12];
        rand::rng().fill_bytes(&mut id);
        serde_json::json!({
            "id": format!("evt_{}", hex::encode(id)),
            "object": "event",
            "type": kind,
            "created": now,
            "livemode": false,
            "data": { "object": {
                "id": provider_ref(payment.checkout),
                "object": "checkout.session",
                "client_reference_id": payment.checkout.to_string(),
                "amount_total": payment.total.minor,
                "currency": payment.total.currency.as_str().to_ascii_lowercase(),
                "payment_status": status,
            } },
        })
    }

    /// Delivers an event with retries. Each attempt is signed anew, so that a late one is not stale.
    async fn deliver(&self, body: &str) -> Result<(), PaymentsUnavailable> {
        let mut wait = Duration::from_millis(200);
        let mut attempt = 1;
        loop {
            let sent = self
                .http
                .post(&self.webhook_url)
                .timeout(Duration::from_secs(10))
                .header("content-type", "application/json")
                .header("stripe-signature", signature::sign(&self.secret, body.as_bytes(), now()))
                .body(body.to_owned())
                .send()
                .await;
            let reason = match sent {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => format!("the webhook returned {}", answer.status()),
                Err(error) => format!("the webhook did not respond: {error}"),
            };
            tracing::warn!(attempt, reason, "sandbox webhook delivery failed");
            if attempt == ATTEMPTS {
                return Err(PaymentsUnavailable(reason));
            }
            attempt += 1;
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
    }
}

#[async_trait]
impl Payments for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    async fn open_page(&self, request: &PaymentRequest) -> Result<PaymentPage, PaymentsUnavailable> {
        let url = format!("{}/pay/{}?token={}", self.public_url, request.checkout, request.buyer_token);
        Ok(PaymentPage { provider_ref: provider_ref(request.checkout), url })
    }

    fn read_webhook(&self, body: &[u8], signature: Option<&str>, now: i64) -> Result<ProviderEvent, WebhookRefused> {
        signature::check(&self.secret, body, signature, now)?;
        event::read(body)
    }

    fn read_stored(&self, body: &[u8]) -> Result<ProviderEvent, WebhookRefused> {
        event::read(body)
    }

    fn sandbox(&self) -> Option<&Sandbox> {
        Some(self)
    }
}

/// Derived from the checkout, so that opening the page twice gives the same reference.
fn provider_ref(checkout: CheckoutId) -> String {
    format!("cs_sandbox_{}", checkout.0.simple())
}

/// The system time instead of the injected clock: a real provider has its own clock, too.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "sandbox_tests.rs"]
mod tests;
