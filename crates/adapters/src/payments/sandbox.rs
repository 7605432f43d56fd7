//! The built-in payment provider for tests and demos: no money is charged.
//!
//! Its payment page is part of mPanel (`/pay/<checkout>?token=..`). The buyer's choice is delivered to mPanel's own
//! webhook over HTTP, signed and with retries, as a real provider would.

use super::{
    Charge, ChargeRequest, EventUnread, PaymentPage, PaymentReference, PaymentRequest, Payments, PaymentsUnavailable, ProviderEvent, Refund,
    RefundRequest, SavedMethod, SentEvents, TakenPayment, TakenPayments, WebhookRefused, event, signature,
};
use async_trait::async_trait;
use model::{billing::checkout::SandboxChoice, money::Money};
use rand::Rng;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Delivery attempts per event.
const ATTEMPTS: u32 = 5;

/// Taken payments that it can tell of.
const MAX_REMEMBERED: usize = 10_000;

/// The built-in provider.
pub struct Sandbox {
    http: reqwest::Client,
    public_url: String,
    webhook_url: String,
    secret: Vec<u8>,
    /// What this process has taken since it started, the newest first.
    taken: Mutex<VecDeque<TakenPayment>>,
}

/// The payment that the buyer decides on.
#[derive(Clone, Debug)]
pub struct SandboxPayment {
    /// What is paid for.
    pub reference: PaymentReference,
    /// The total to pay.
    pub total: Money,
}

/// A test card. Its name stands in the names of its payments, which is all that the sandbox keeps of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Card {
    /// Every charge succeeds.
    Good,
    /// Later charges are declined for lack of funds.
    Empty,
    /// Later charges are declined for good.
    Lost,
}

impl Card {
    const ALL: [Self; 3] = [Self::Good, Self::Empty, Self::Lost];

    const fn name(self) -> &'static str {
        match self {
            Card::Good => "good",
            Card::Empty => "empty",
            Card::Lost => "lost",
        }
    }

    /// The last digits of Stripe's test cards that behave the same.
    const fn last4(self) -> &'static str {
        match self {
            Card::Good => "4242",
            Card::Empty => "0341",
            Card::Lost => "9987",
        }
    }

    /// The card in a name such as `pi_sandbox_good_0123`.
    fn of(name: &str, kind: &str) -> Option<Self> {
        let rest = name.strip_prefix(kind)?.strip_prefix("_sandbox_")?;
        Self::ALL.into_iter().find(|card| rest.strip_prefix(card.name()).is_some_and(|rest| rest.starts_with('_')))
    }
}

impl Sandbox {
    /// `public_url` is the panel's URL for buyers, `webhook_url` the webhook of this process, such as
    /// `http://127.0.0.1:8080/api/public/checkout/webhook`. `secret` signs the events.
    pub fn new(http: reqwest::Client, public_url: impl Into<String>, webhook_url: impl Into<String>, secret: Vec<u8>) -> Self {
        Self { http, public_url: public_url.into(), webhook_url: webhook_url.into(), secret, taken: Mutex::default() }
    }

    /// Remembers a payment, once.
    fn take(&self, provider_ref: String, amount: Money, purpose: String) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.iter().all(|known| known.provider_ref != provider_ref) {
            taken.push_front(TakenPayment { provider_ref, amount, purpose: Some(purpose), taken_at: now() });
            taken.truncate(MAX_REMEMBERED);
        }
    }

    /// Approves or declines a payment and delivers the event to the webhook.
    ///
    /// # Errors
    /// [`PaymentsUnavailable`] if the webhook does not accept the event after several attempts.
    pub async fn decide(&self, payment: &SandboxPayment, choice: SandboxChoice) -> Result<(), PaymentsUnavailable> {
        let now = now();
        let event = self.event(payment, choice, now);
        if let Some(payment_ref) = event["data"]["object"]["payment_intent"].as_str() {
            self.take(payment_ref.to_owned(), payment.total, payment.reference.to_string());
        }
        let body = event.to_string();
        match choice {
            SandboxChoice::Approve | SandboxChoice::ApproveOnce | SandboxChoice::ApproveLost | SandboxChoice::Decline => self.deliver(&body).await,
            // Concurrently, so that the deliveries race.
            SandboxChoice::ApproveThrice => tokio::try_join!(self.deliver(&body), self.deliver(&body), self.deliver(&body)).map(|_| ()),
        }
    }

    fn event(&self, payment: &SandboxPayment, choice: SandboxChoice, now: i64) -> serde_json::Value {
        let (kind, status) = match choice {
            SandboxChoice::Decline => ("checkout.session.async_payment_failed", "unpaid"),
            _ => ("checkout.session.completed", "paid"),
        };
        let card = match choice {
            SandboxChoice::ApproveOnce => Card::Empty,
            SandboxChoice::ApproveLost => Card::Lost,
            _ => Card::Good,
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
                "id": provider_ref(payment.reference),
                "object": "checkout.session",
                "client_reference_id": payment.reference.to_string(),
                "amount_total": payment.total.minor,
                "currency": payment.total.currency.as_str().to_ascii_lowercase(),
                "payment_status": status,
                "payment_intent": (status == "paid").then(|| format!("pi_sandbox_{}_{}", card.name(), payment.reference.simple())),
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
        let page = match request.reference {
            PaymentReference::Checkout(id) => format!("pay/{id}"),
            PaymentReference::Invoice(id) => format!("pay/invoice/{id}"),
        };
        let url = format!("{}/{page}?token={}", self.public_url, request.buyer_token);
        Ok(PaymentPage { provider_ref: provider_ref(request.reference), url })
    }

    async fn saved_method(&self, payment_ref: &str) -> Result<Option<SavedMethod>, PaymentsUnavailable> {
        Ok(Card::of(payment_ref, "pi").map(|card| SavedMethod {
            provider_ref: payment_ref.replacen("pi", "pm", 1),
            brand: "Visa".to_owned(),
            last4: card.last4().to_owned(),
            expires_month: 12,
            expires_year: 2049,
            country: Some("NL".to_owned()),
        }))
    }

    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, PaymentsUnavailable> {
        let declined = |code: &str, is_hard| Charge::Declined { code: code.to_owned(), is_hard };
        Ok(match Card::of(&request.method_ref, "pm") {
            Some(Card::Good) => {
                let provider_ref = format!("pi_sandbox_charge_{}", request.key);
                self.take(provider_ref.clone(), request.amount, request.key.clone());
                Charge::Succeeded { provider_ref }
            }
            Some(Card::Empty) => declined("insufficient_funds", false),
            Some(Card::Lost) => declined("lost_card", true),
            None => declined("resource_missing", true),
        })
    }

    async fn charge_state(&self, provider_ref: &str) -> Result<Charge, PaymentsUnavailable> {
        Ok(Charge::Succeeded { provider_ref: provider_ref.to_owned() })
    }

    async fn confirm_page(&self, _: &str, _: &str, _: &str) -> Result<Option<String>, PaymentsUnavailable> {
        Ok(None)
    }

    async fn give_up(&self, provider_ref: &str) -> Result<Charge, PaymentsUnavailable> {
        self.charge_state(provider_ref).await
    }

    async fn refunded(&self, _: &str) -> Result<i64, PaymentsUnavailable> {
        Ok(0)
    }

    async fn refund(&self, request: &RefundRequest) -> Result<Refund, PaymentsUnavailable> {
        Ok(Refund::Succeeded { provider_ref: format!("re_sandbox_{}", request.key) })
    }

    async fn sent_since(&self, _: i64, _: Option<&str>) -> Result<SentEvents, PaymentsUnavailable> {
        Ok(SentEvents::default())
    }

    async fn taken_since(&self, since: i64, _: Option<&str>) -> Result<TakenPayments, PaymentsUnavailable> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(TakenPayments { payments: taken.iter().filter(|payment| payment.taken_at >= since).cloned().collect(), next: None })
    }

    fn read_webhook(&self, body: &[u8], signature: Option<&str>, now: i64) -> Result<ProviderEvent, WebhookRefused> {
        signature::check(&self.secret, body, signature, now)?;
        event::read(body)
    }

    async fn read_stored(&self, body: &[u8]) -> Result<ProviderEvent, EventUnread> {
        Ok(event::read(body)?)
    }

    fn sandbox(&self) -> Option<&Sandbox> {
        Some(self)
    }
}

/// Derived from the reference, so that opening the page twice gives the same name.
fn provider_ref(reference: PaymentReference) -> String {
    format!("cs_sandbox_{}", reference.simple())
}

/// The system time instead of the injected clock: a real provider has its own clock, too.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "sandbox_tests.rs"]
mod tests;
