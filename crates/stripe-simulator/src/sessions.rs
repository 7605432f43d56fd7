//! Payment pages: opened by the panel, paid by the customer.

use super::{
    Params,
    card::Card,
    intents::{NewIntent, takes},
    store::{Reply, Store, invalid, missing},
};
use serde_json::{Value, json};

pub(super) const SESSION: &str = "checkout.session";

impl Store {
    pub fn create_session(&mut self, params: &Params) -> Reply {
        if params.text("payment_method_types/0").is_some() {
            let message = "payment_method_types is not supported; use allowed_payment_method_types";
            return invalid("payment_method_types_no_longer_supported", message, "payment_method_types");
        }
        match params.text("mode") {
            Some("payment") => {}
            Some("setup") => return self.create_setup_session(params),
            _ => return invalid("", "the stand-in knows the modes payment and setup", "mode"),
        }
        if let Err(refused) = self.takes_session(params) {
            return refused;
        }
        let items = params.list("line_items");
        let currency = items.first().and_then(|item| item.text("price_data/currency")).unwrap_or_default().to_owned();
        let sum = items.iter().try_fold(0_i64, |sum, item| {
            let price = item.number("price_data/unit_amount")?;
            sum.checked_add(price.checked_mul(item.number("quantity")?)?).filter(|_| price >= 0)
        });
        let Some(total) = sum.filter(|_| !items.is_empty()) else {
            return invalid("parameter_invalid_integer", "every line item needs a quantity and a price", "line_items");
        };
        if let Err(refused) = takes(total, &currency) {
            return refused;
        }
        let id = self.id("cs_test");
        let base = self.session_base(&id, params);
        let intent = json!({
            "metadata": params.object("payment_intent_data/metadata"),
            "description": params.text("payment_intent_data/description"),
            "saves": params.text("payment_intent_data/setup_future_usage") == Some("off_session"),
        });
        let values = json!({
            "amount_subtotal": total, "amount_total": total, "currency": currency, "mode": "payment", "payment_status": "unpaid",
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
        });
        let session = self.change_in(base, values);
        self.put(SESSION, session.clone());
        self.put("session_intent", json!({ "id": id, "intent": intent }));
        (200, session)
    }

    /// What every page needs.
    pub(super) fn takes_session(&self, params: &Params) -> Result<(), Reply> {
        let (now, expires_at) = (self.now(), params.number("expires_at"));
        if expires_at.is_some_and(|at| at < now + 30 * 60 || at > now + 24 * 3600) {
            return Err(invalid("", "expires_at must be between 30 minutes and 24 hours from now", "expires_at"));
        }
        if params.text("customer").is_some_and(|id| self.get("customer", id).is_none()) {
            return Err(invalid("resource_missing", "No such customer", "customer"));
        }
        Ok(())
    }

    /// A page of which nothing was used yet, without what belongs to its mode.
    pub(super) fn session_base(&self, id: &str, params: &Params) -> Value {
        let (now, customer) = (self.now(), params.text("customer"));
        let values = json!({
            "id": id, "client_reference_id": params.text("client_reference_id"), "created": now,
            "expires_at": params.number("expires_at").unwrap_or(now + 24 * 3600), "customer": customer, "customer_details": null,
            "customer_creation": if customer.is_none() { params.text("customer_creation").or(Some("if_required")) } else { None },
            "customer_email": params.text("customer_email"), "metadata": params.object("metadata"), "payment_intent": null, "setup_intent": null,
            "status": "open", "url": format!("{}/c/pay/{id}", self.url), "livemode": false,
            "success_url": params.text("success_url"), "cancel_url": params.text("cancel_url"), "after_expiration": null, "shipping_cost": null,
            "shipping_address_collection": null, "invoice_creation": null, "collected_information": null, "currency_conversion": null,
            "adaptive_pricing": { "enabled": false }, "managed_payments": null, "payment_method_configuration_details": null,
            "allowed_payment_method_types": ["card"], "consent": null, "consent_collection": null, "permissions": null, "wallet_options": null,
            "saved_payment_method_options": null,
        });
        self.shape(SESSION, values)
    }

    /// An object with these values.
    pub(super) fn change_in(&self, mut object: Value, values: Value) -> Value {
        if let (Value::Object(object), Value::Object(values)) = (&mut object, values) {
            object.extend(values);
        }
        object
    }

    pub fn expire_session(&mut self, id: &str) -> Reply {
        let Some(session) = self.get(SESSION, id) else { return missing("checkout session", id) };
        if session["status"] != "open" {
            return invalid("", "Only Checkout Sessions with a status in [\"open\"] can be expired.", "session");
        }
        let session = self.change(SESSION, id, json!({ "status": "expired", "url": null }));
        self.event("checkout.session.expired", &session);
        (200, session)
    }

    /// A session as its page may show it; it expires by being looked at.
    pub fn session(&mut self, id: &str) -> Option<Value> {
        let session = self.get(SESSION, id)?.clone();
        if session["status"] == "open" && session["expires_at"].as_i64().is_some_and(|at| at <= self.now()) {
            return Some(self.expire_session(id).1);
        }
        Some(session)
    }

    /// The customer pays with a card. Answers with where the browser goes then, or with what the page says.
    pub fn pay_session(&mut self, id: &str, card: Card) -> Result<String, &'static str> {
        let session = self.session(id).filter(|session| session["status"] == "open").ok_or("This page is closed.")?;
        if session["mode"] == "setup" {
            return self.use_setup_page(&session, card);
        }
        let email = session["customer_email"].as_str().map(str::to_owned);
        let customer = match session["customer"].as_str() {
            Some(customer) => customer.to_owned(),
            None => self.new_customer(email.as_deref(), json!({})),
        };
        let method = self.new_method(&customer, card);
        let wanted = self.get("session_intent", id).map_or(Value::Null, |found| found["intent"].clone());
        let intent = match session["payment_intent"].as_str() {
            Some(intent) => intent.to_owned(),
            None => self.new_intent(&NewIntent {
                amount: session["amount_total"].as_i64().unwrap_or_default(),
                currency: session["currency"].as_str().unwrap_or_default(),
                customer: Some(&customer),
                metadata: wanted["metadata"].clone(),
                description: wanted["description"].as_str(),
                saves: wanted["saves"] == true,
            }),
        };
        let details = json!({ "address": null, "business_name": null, "email": email, "individual_name": null, "name": null, "phone": null,
                              "tax_exempt": "none", "tax_ids": [] });
        self.change(SESSION, id, json!({ "payment_intent": intent, "customer": customer, "customer_details": details }));
        match card {
            Card::Refused => {
                self.decline(&intent, &method, "card_declined", "generic_decline");
                Err("Your card was declined. Try another card.")
            }
            Card::Challenge => {
                self.challenge(&intent, &method, session["success_url"].as_str().unwrap_or_default());
                Ok(format!("{}/3ds/{intent}", self.url))
            }
            Card::Slow => {
                self.process(&intent, &method);
                Ok(self.complete(id, "unpaid"))
            }
            Card::Good | Card::Empty | Card::Lost => {
                self.pay(&intent, &method);
                Ok(self.complete(id, "paid"))
            }
        }
    }

    pub(super) fn complete(&mut self, id: &str, payment_status: &str) -> String {
        let session = self.change(SESSION, id, json!({ "status": "complete", "payment_status": payment_status, "url": null }));
        self.event("checkout.session.completed", &session);
        session["success_url"].as_str().unwrap_or_default().to_owned()
    }

    /// The customer has answered the bank. Answers with where the browser goes then.
    pub fn answer_bank(&mut self, intent: &str, is_confirmed: bool) -> Option<String> {
        if self.get("setup_intent", intent).is_some() {
            return self.answer_setup(intent, is_confirmed);
        }
        let found = self.get("payment_intent", intent).filter(|found| found["status"] == "requires_action")?.clone();
        let method = found["payment_method"].as_str().unwrap_or_default();
        let back = found["next_action"]["redirect_to_url"]["return_url"].as_str().unwrap_or_default().to_owned();
        let session = self.session_of(intent);
        if !is_confirmed {
            self.decline(intent, method, "payment_intent_authentication_failure", "");
            return Some(session.map_or(back, |id| format!("{}/c/pay/{id}", self.url)));
        }
        self.pay(intent, method);
        Some(session.map_or(back, |id| self.complete(&id, "paid")))
    }

    /// What becomes of a payment that was on its way.
    pub fn settle(&mut self, intent: &str, is_paid: bool) {
        let Some(found) = self.get("payment_intent", intent).filter(|found| found["status"] == "processing").cloned() else { return };
        let method = found["payment_method"].as_str().unwrap_or_default();
        if is_paid {
            self.pay(intent, method);
        } else {
            self.decline(intent, method, "card_declined", "generic_decline");
        }
        if let Some(id) = self.session_of(intent) {
            let status = if is_paid { "paid" } else { "unpaid" };
            let session = self.change(SESSION, &id, json!({ "payment_status": status }));
            let word = if is_paid { "succeeded" } else { "failed" };
            self.event(&format!("checkout.session.async_payment_{word}"), &session);
        }
    }

    pub(super) fn session_of(&self, intent: &str) -> Option<String> {
        let is_of = |session: &Value| session["payment_intent"] == intent || session["setup_intent"] == intent;
        let found = self.list(SESSION, "", &Params::read("limit=1"), is_of);
        found["data"][0]["id"].as_str().map(str::to_owned)
    }

    pub fn new_customer(&mut self, email: Option<&str>, metadata: Value) -> String {
        let id = self.id("cus");
        let values = json!({ "id": id, "email": email, "created": self.now(), "metadata": metadata, "livemode": false, "shipping": null,
                             "default_source": null, "discount": null, "currency": null, "delinquent": false, "balance": 0 });
        let customer = self.shape("customer", values);
        self.put("customer", customer);
        id
    }

    pub fn update_customer(&mut self, id: &str, params: &Params) -> Reply {
        if self.get("customer", id).is_none() {
            return missing("customer", id);
        }
        let line = |name: &str| params.text(&format!("address/{name}")).filter(|text| !text.is_empty());
        let address =
            json!({ "city": null, "country": line("country"), "line1": line("line1"), "line2": line("line2"), "postal_code": null, "state": null });
        let values = json!({ "name": params.text("name"), "email": params.text("email"), "address": address, "metadata": params.object("metadata") });
        (200, self.change("customer", id, values))
    }

    pub(super) fn new_method(&mut self, customer: &str, card: Card) -> String {
        let id = self.id("pm");
        let mut method = self.shape("payment_method", json!({ "id": id, "customer": customer, "created": self.now(), "metadata": {} }));
        let details = json!({ "last4": card.last4(), "exp_month": 12, "exp_year": 2049, "country": "NL", "wallet": null, "generated_from": null });
        if let (Some(known), Value::Object(details)) = (method["card"].as_object_mut(), details) {
            known.extend(details);
        }
        self.put("payment_method", method);
        id
    }
}
