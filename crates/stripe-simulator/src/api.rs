//! The calls that the stand-in answers.

use super::{
    Params,
    store::{Reply, Store, missing, refused},
};
use serde_json::{Value, json};

impl Store {
    /// Answers a call. The same idempotency key gives the same answer; with other parameters it is an error.
    pub fn answer(&mut self, method: &str, path: &str, text: &str, idempotency_key: Option<&str>) -> Reply {
        self.calls.push((method.to_owned(), path.to_owned(), text.to_owned()));
        let said = format!("{path}?{text}");
        if method == "POST"
            && let Some(key) = idempotency_key
        {
            if let Some((first, reply)) = self.answers.get(key) {
                if *first == said {
                    return reply.clone();
                }
                let message = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
                return refused(400, "idempotency_error", "", message, None);
            }
            let reply = self.call(method, path, &Params::read(text));
            // Calls that failed validation are not remembered.
            if reply.0 != 400 && reply.0 != 404 {
                self.answers.insert(key.to_owned(), (said, reply.clone()));
            }
            return reply;
        }
        self.call(method, path, &Params::read(text))
    }

    fn call(&mut self, method: &str, path: &str, params: &Params) -> Reply {
        let steps: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        match (method, steps.as_slice()) {
            ("GET", ["account"]) => (200, self.account()),
            ("POST", ["checkout", "sessions"]) => self.create_session(params),
            ("GET", ["checkout", "sessions"]) => {
                let intent = params.text("payment_intent");
                (200, self.list("checkout.session", path, params, |session| intent.is_none_or(|intent| session["payment_intent"] == intent)))
            }
            ("GET", ["checkout", "sessions", id]) => self.session(id).map_or_else(|| missing("checkout.session", id), |session| (200, session)),
            ("POST", ["checkout", "sessions", id, "expire"]) => self.expire_session(id),
            ("POST", ["payment_intents"]) => self.create_intent(params),
            ("GET", ["payment_intents"]) => {
                let customer = params.text("customer");
                (200, self.list("payment_intent", path, params, |intent| customer.is_none_or(|customer| intent["customer"] == customer)))
            }
            ("POST", ["payment_intents", id, "confirm"]) => self.confirm_intent(id, params),
            ("POST", ["payment_intents", id, "cancel"]) => self.cancel_intent(id, params),
            ("GET", ["payment_intents", id]) => self.one("payment_intent", id),
            ("GET", ["payment_methods", id]) => self.one("payment_method", id),
            ("GET", ["setup_intents", id]) => self.one("setup_intent", id),
            ("GET", ["charges", id]) => self.one("charge", id),
            ("POST", ["refunds"]) => self.create_refund(params),
            ("GET", ["refunds"]) => {
                let intent = params.text("payment_intent");
                (200, self.list("refund", path, params, |refund| intent.is_none_or(|intent| refund["payment_intent"] == intent)))
            }
            ("GET", ["refunds", id]) => self.one("refund", id),
            ("POST", ["customers"]) => {
                let id = self.new_customer(params.text("email"), params.object("metadata"));
                self.one("customer", &id)
            }
            ("POST", ["customers", id]) => self.update_customer(id, params),
            ("GET", ["customers", id]) => self.one("customer", id),
            ("GET", ["disputes", id]) => self.one("dispute", id),
            ("GET", ["events"]) => {
                let types = params.list("types");
                let is_asked = |event: &Value| types.is_empty() || types.iter().any(|kind| kind.as_text() == event["type"].as_str());
                (200, self.list("event", path, params, is_asked))
            }
            ("GET", ["events", id]) => self.one("event", id),
            _ => refused(404, "invalid_request_error", "", &format!("Unrecognized request URL ({method}: {path})."), None),
        }
    }

    fn one(&self, kind: &str, id: &str) -> Reply {
        self.get(kind, id).map_or_else(|| missing(kind, id), |object| (200, object.clone()))
    }

    fn account(&self) -> Value {
        json!({ "id": format!("acct_sim{}", self.config.suffix), "object": "account", "type": "standard", "charges_enabled": true,
                "details_submitted": true, "payouts_enabled": true, "email": "shop@example.com", "country": "DE", "default_currency": "eur" })
    }
}
