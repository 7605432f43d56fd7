//! Signed messages to the panel: in order and once, or as badly as asked for.

use super::{Simulator, signature::sign, store::Store};
use std::time::Duration;

/// Attempts to deliver a message.
const ATTEMPTS: u32 = 6;

/// What becomes of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// Each once, in order.
    #[default]
    Plain,
    /// None arrives.
    Lost,
    /// Each twice.
    Doubled,
    /// The last one first.
    Reordered,
}

impl Delivery {
    /// What a word asks for.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "plain" => Delivery::Plain,
            "lost" => Delivery::Lost,
            "doubled" => Delivery::Doubled,
            "reordered" => Delivery::Reordered,
            _ => return None,
        })
    }
}

impl Store {
    /// The messages that are to be sent now.
    fn outgoing(&mut self) -> Vec<String> {
        let mut bodies: Vec<String> =
            std::mem::take(&mut self.unsent).iter().filter_map(|id| self.get("event", id)).map(ToString::to_string).collect();
        match self.faults.delivery {
            Delivery::Plain => {}
            Delivery::Lost => bodies.clear(),
            Delivery::Doubled => bodies = bodies.into_iter().flat_map(|body| [body.clone(), body]).collect(),
            Delivery::Reordered => bodies.reverse(),
        }
        bodies
    }
}

impl Simulator {
    /// The messages that are to be sent now, with their signature headers, for a panel without an address.
    pub fn take_events(&self) -> Vec<(String, String)> {
        let mut store = self.lock();
        let (now, secret) = (store.now(), store.config.webhook_secret.clone());
        store.outgoing().into_iter().map(|body| (sign(&secret, body.as_bytes(), now), body)).collect()
    }

    /// Sends what is to be sent, one after the other, beside the caller.
    pub(super) fn send_webhooks(&self) {
        let (url, bodies) = {
            let mut store = self.lock();
            let Some(url) = store.config.webhook_url.clone() else { return };
            (url, store.outgoing())
        };
        if bodies.is_empty() {
            return;
        }
        let simulator = self.clone();
        tokio::spawn(async move {
            let http = reqwest::Client::new();
            for body in bodies {
                simulator.send(&http, &url, body).await;
            }
        });
    }

    async fn send(&self, http: &reqwest::Client, url: &str, body: String) {
        let mut wait = Duration::from_millis(250);
        for attempt in 1..=ATTEMPTS {
            let signed = {
                let store = self.lock();
                sign(&store.config.webhook_secret, body.as_bytes(), store.now())
            };
            let request = http.post(url).timeout(Duration::from_secs(10)).header("content-type", "application/json");
            match request.header("stripe-signature", signed).body(body.clone()).send().await {
                Ok(answer) if answer.status().is_success() => return,
                other => tracing::warn!(attempt, status = ?other.map(|answer| answer.status()), "the Stripe simulator could not deliver a webhook"),
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
    }
}
