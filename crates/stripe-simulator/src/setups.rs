//! Pages that save a card without a payment.

use super::{
    Params,
    card::Card,
    sessions::SESSION,
    store::{Reply, Store, invalid},
};
use serde_json::{Value, json};

const SETUP: &str = "setup_intent";

impl Store {
    pub fn create_setup_session(&mut self, params: &Params) -> Reply {
        if let Err(refused) = self.takes_session(params) {
            return refused;
        }
        let Some(currency) = params.text("currency") else {
            return invalid("parameter_missing", "currency is needed in setup mode", "currency");
        };
        if !params.list("line_items").is_empty() {
            return invalid("", "line_items can't be used in setup mode", "line_items");
        }
        let (id, setup) = (self.id("cs_test"), self.id("seti"));
        let values = json!({
            "id": setup, "client_secret": format!("{setup}_secret_simulated"), "created": self.now(), "customer": params.text("customer"),
            "metadata": params.object("setup_intent_data/metadata"), "status": "requires_payment_method", "usage": "off_session",
            "payment_method": null, "last_setup_error": null, "latest_attempt": null, "next_action": null, "cancellation_reason": null,
            "livemode": false, "automatic_payment_methods": null, "payment_method_configuration_details": null,
            "allowed_payment_method_types": ["card"],
        });
        let intent = self.shape(SETUP, values);
        self.event("setup_intent.created", &intent);
        self.put(SETUP, intent);
        let base = self.session_base(&id, params);
        let values = json!({
            "amount_subtotal": null, "amount_total": null, "currency": currency, "mode": "setup", "payment_status": "no_payment_required",
            "setup_intent": setup, "total_details": null,
        });
        let session = self.change_in(base, values);
        self.put(SESSION, session.clone());
        (200, session)
    }

    /// The customer enters a card. Answers with where the browser goes then, or with what the page says.
    pub fn use_setup_page(&mut self, session: &Value, card: Card) -> Result<String, &'static str> {
        let (id, setup) = (session["id"].as_str().unwrap_or_default(), session["setup_intent"].as_str().unwrap_or_default());
        let email = session["customer_email"].as_str();
        let customer = match session["customer"].as_str() {
            Some(customer) => customer.to_owned(),
            None => self.new_customer(email, json!({})),
        };
        self.change(SESSION, id, json!({ "customer": customer }));
        if card == Card::Refused {
            let error =
                json!({ "type": "card_error", "code": "card_declined", "decline_code": "generic_decline", "message": "Your card was declined." });
            let intent = self.change(SETUP, setup, json!({ "customer": customer, "last_setup_error": error }));
            self.event("setup_intent.setup_failed", &intent);
            return Err("Your card was declined. Try another card.");
        }
        let method = self.new_method(&customer, card);
        if card == Card::Challenge {
            let page = format!("{}/3ds/{setup}", self.url);
            let action = json!({ "type": "redirect_to_url", "redirect_to_url": { "url": page, "return_url": session["success_url"] } });
            let values = json!({ "customer": customer, "payment_method": method, "status": "requires_action", "next_action": action });
            let intent = self.change(SETUP, setup, values);
            self.event("setup_intent.requires_action", &intent);
            return Ok(page);
        }
        self.change(SETUP, setup, json!({ "customer": customer }));
        Ok(self.save_card(id, setup, &method))
    }

    fn save_card(&mut self, session: &str, setup: &str, method: &str) -> String {
        let values = json!({ "status": "succeeded", "payment_method": method, "next_action": null, "last_setup_error": null });
        let intent = self.change(SETUP, setup, values);
        self.event("setup_intent.succeeded", &intent);
        self.complete(session, "no_payment_required")
    }

    /// The customer has answered the bank. Answers with where the browser goes then.
    pub fn answer_setup(&mut self, setup: &str, is_confirmed: bool) -> Option<String> {
        let found = self.get(SETUP, setup).filter(|found| found["status"] == "requires_action")?.clone();
        let session = self.session_of(setup)?;
        if is_confirmed {
            return Some(self.save_card(&session, setup, found["payment_method"].as_str().unwrap_or_default()));
        }
        let values = json!({ "status": "requires_payment_method", "payment_method": null, "next_action": null });
        let intent = self.change(SETUP, setup, values);
        self.event("setup_intent.setup_failed", &intent);
        Some(format!("{}/c/pay/{session}", self.url))
    }
}
