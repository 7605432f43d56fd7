//! Payments: made, confirmed by the customer, on their way, cancelled, refunded.

use super::{
    Params,
    card::Card,
    store::{Reply, Store, invalid, missing},
};
use serde_json::{Value, json};

const INTENT: &str = "payment_intent";

/// What a payment is made of.
pub(super) struct NewIntent<'a> {
    pub amount: i64,
    pub currency: &'a str,
    pub customer: Option<&'a str>,
    pub metadata: Value,
    pub description: Option<&'a str>,
    pub saves: bool,
}

impl Store {
    /// A payment that nothing was tried for yet.
    pub fn new_intent(&mut self, new: &NewIntent<'_>) -> String {
        let id = self.id("pi");
        let values = json!({
            "id": id, "amount": new.amount, "amount_received": 0, "amount_capturable": 0, "currency": new.currency, "customer": new.customer,
            "metadata": new.metadata, "description": new.description, "created": self.now(), "canceled_at": null, "cancellation_reason": null,
            "client_secret": format!("{id}_secret_simulated"), "last_payment_error": null, "latest_charge": null, "next_action": null,
            "payment_method": null, "processing": null, "status": "requires_payment_method", "livemode": false, "shipping": null,
            "setup_future_usage": if new.saves { json!("off_session") } else { Value::Null }, "transfer_data": null, "managed_payments": null,
            "automatic_payment_methods": null, "payment_method_configuration_details": null, "allowed_payment_method_types": ["card"],
        });
        let intent = self.shape(INTENT, values);
        self.event("payment_intent.created", &intent);
        self.put(INTENT, intent);
        id
    }

    /// A charge of a saved card, without its holder.
    pub fn create_intent(&mut self, params: &Params) -> Reply {
        let (Some(amount), Some(currency)) = (params.number("amount"), params.text("currency")) else {
            return invalid("parameter_missing", "amount and currency are needed", "amount");
        };
        if let Err(refused) = takes(amount, currency) {
            return refused;
        }
        let (Some(customer), Some(method)) = (params.text("customer"), params.text("payment_method")) else {
            return invalid("parameter_missing", "the stand-in only charges saved cards", "payment_method");
        };
        if self.get("payment_method", method).is_none_or(|found| found["customer"] != customer) {
            return invalid("resource_missing", &format!("No such PaymentMethod: '{method}'"), "payment_method");
        }
        let metadata = params.object("metadata");
        let new = NewIntent { amount, currency, customer: Some(customer), metadata, description: params.text("description"), saves: false };
        let id = self.new_intent(&new);
        self.attempt(&id, method, params.text("off_session") == Some("true"), None)
    }

    /// The customer is there and wants to confirm it.
    pub fn confirm_intent(&mut self, id: &str, params: &Params) -> Reply {
        let Some(intent) = self.get(INTENT, id) else { return missing("payment_intent", id) };
        if !matches!(intent["status"].as_str(), Some("requires_payment_method" | "requires_confirmation" | "requires_action")) {
            return invalid("payment_intent_unexpected_state", "This PaymentIntent cannot be confirmed in its state.", "intent");
        }
        let method = params.text("payment_method").or_else(|| intent["payment_method"].as_str()).unwrap_or_default().to_owned();
        if self.get("payment_method", &method).is_none() {
            return invalid("resource_missing", &format!("No such PaymentMethod: '{method}'"), "payment_method");
        }
        self.attempt(id, &method, false, params.text("return_url"))
    }

    /// Tries a card.
    fn attempt(&mut self, id: &str, method: &str, off_session: bool, return_url: Option<&str>) -> Reply {
        match self.card_of(method) {
            Card::Good => (200, self.pay(id, method)),
            Card::Slow => (200, self.process(id, method)),
            Card::Challenge if off_session => self.decline(id, method, "authentication_required", "authentication_required"),
            Card::Challenge => (200, self.challenge(id, method, return_url.unwrap_or("https://example.com/"))),
            card => self.decline(id, method, "card_declined", card.decline().unwrap_or("generic_decline")),
        }
    }

    pub fn card_of(&self, method: &str) -> Card {
        let last4 = self.get("payment_method", method).and_then(|method| method["card"]["last4"].as_str());
        last4.and_then(Card::of).unwrap_or(Card::Good)
    }

    /// The money is taken.
    pub fn pay(&mut self, id: &str, method: &str) -> Value {
        let charge = self.charge(id, method, None);
        let amount = self.get(INTENT, id).map_or(0, |intent| intent["amount"].as_i64().unwrap_or_default());
        let paid = self.change(
            INTENT,
            id,
            json!({ "status": "succeeded", "amount_received": amount, "latest_charge": charge["id"], "payment_method": method,
                    "next_action": null, "processing": null, "last_payment_error": null }),
        );
        self.event("charge.succeeded", &charge);
        self.event("payment_intent.succeeded", &paid);
        paid
    }

    /// The money is on its way.
    pub fn process(&mut self, id: &str, method: &str) -> Value {
        let values = json!({ "status": "processing", "payment_method": method, "next_action": null, "last_payment_error": null });
        let intent = self.change(INTENT, id, values);
        self.event("payment_intent.processing", &intent);
        intent
    }

    /// The bank asks the customer.
    pub fn challenge(&mut self, id: &str, method: &str, return_url: &str) -> Value {
        let page = format!("{}/3ds/{id}", self.url);
        let action = json!({ "type": "redirect_to_url", "redirect_to_url": { "url": page, "return_url": return_url } });
        let values = json!({ "status": "requires_action", "payment_method": method, "next_action": action, "last_payment_error": null });
        let intent = self.change(INTENT, id, values);
        self.event("payment_intent.requires_action", &intent);
        intent
    }

    /// The bank says no.
    pub fn decline(&mut self, id: &str, method: &str, code: &str, decline_code: &str) -> Reply {
        let details = self.get("payment_method", method).cloned().unwrap_or(Value::Null);
        let mut error = json!({ "type": "card_error", "code": code, "message": "Your card was declined.", "payment_method": details });
        if code != "payment_intent_authentication_failure" {
            error["decline_code"] = decline_code.into();
        }
        let charge = self.charge(id, method, Some((code, decline_code)));
        error["charge"] = charge["id"].clone();
        let values = json!({ "status": "requires_payment_method", "payment_method": null, "next_action": null, "processing": null,
                             "last_payment_error": error, "latest_charge": charge["id"] });
        let intent = self.change(INTENT, id, values);
        self.event("charge.failed", &charge);
        self.event("payment_intent.payment_failed", &intent);
        error["payment_intent"] = intent;
        (402, json!({ "error": error }))
    }

    fn charge(&mut self, intent: &str, method: &str, failure: Option<(&str, &str)>) -> Value {
        let id = self.id("ch");
        let of = self.get(INTENT, intent).cloned().unwrap_or(Value::Null);
        let card = self.get("payment_method", method).map_or(Value::Null, |method| method["card"].clone());
        let mut details = self.shape("charge", json!({}))["payment_method_details"].clone();
        for key in ["last4", "brand", "exp_month", "exp_year"] {
            details["card"][key] = card[key].clone();
        }
        details["card"]["wallet"] = Value::Null;
        let is_paid = failure.is_none();
        let values = json!({
            "id": id, "amount": of["amount"], "amount_captured": if is_paid { of["amount"].clone() } else { json!(0) }, "amount_refunded": 0,
            "balance_transaction": null, "captured": is_paid, "created": self.now(), "currency": of["currency"], "customer": of["customer"],
            "description": of["description"], "disputed": false, "failure_code": failure.map(|(code, _)| code), "livemode": false,
            "failure_message": failure.map(|_| "Your card was declined."), "metadata": of["metadata"], "paid": is_paid, "payment_intent": intent,
            "payment_method": method, "payment_method_details": details, "receipt_url": null, "refunded": false, "refunds": null,
            "shipping": null, "source": null, "status": if is_paid { "succeeded" } else { "failed" }, "transfer_data": null,
            "outcome": { "advice_code": null, "network_advice_code": null, "network_decline_code": null,
                "network_status": if is_paid { "approved_by_network" } else { "declined_by_network" }, "reason": failure.map(|(_, word)| word),
                "seller_message": null, "type": if is_paid { "authorized" } else { "issuer_declined" } },
        });
        let charge = self.shape("charge", values);
        self.put("charge", charge.clone());
        charge
    }

    /// Gives up a payment.
    pub fn cancel_intent(&mut self, id: &str, params: &Params) -> Reply {
        let Some(intent) = self.get(INTENT, id) else { return missing("payment_intent", id) };
        if matches!(intent["status"].as_str(), Some("succeeded" | "canceled" | "processing")) {
            return invalid("payment_intent_unexpected_state", "You cannot cancel this PaymentIntent in its state.", "intent");
        }
        let reason = params.text("cancellation_reason");
        let values = json!({ "status": "canceled", "canceled_at": self.now(), "cancellation_reason": reason, "next_action": null });
        let intent = self.change(INTENT, id, values);
        self.event("payment_intent.canceled", &intent);
        (200, intent)
    }

    /// Gives back what was taken, or a part of it.
    pub fn create_refund(&mut self, params: &Params) -> Reply {
        let intent = params.text("payment_intent").unwrap_or_default();
        let Some(charge) = self.get(INTENT, intent).and_then(|intent| intent["latest_charge"].as_str()).map(str::to_owned) else {
            return invalid("resource_missing", &format!("No such payment_intent: '{intent}'"), "payment_intent");
        };
        let found = self.get("charge", &charge).cloned().unwrap_or(Value::Null);
        let left = found["amount_captured"].as_i64().unwrap_or_default() - found["amount_refunded"].as_i64().unwrap_or_default();
        let amount = params.number("amount").unwrap_or(left);
        if left == 0 {
            return invalid("charge_already_refunded", "The charge has already been refunded.", "payment_intent");
        }
        if amount <= 0 || amount > left {
            return invalid("amount_too_large", "Refund amount is greater than unrefunded amount on charge.", "amount");
        }
        let id = self.id("re");
        let values = json!({
            "id": id, "amount": amount, "balance_transaction": null, "charge": charge, "created": self.now(), "currency": found["currency"],
            "metadata": params.object("metadata"), "payment_intent": intent, "reason": params.text("reason"), "status": "succeeded",
            "customer": found["customer"], "payment_method": found["payment_method"],
        });
        let refund = self.shape("refund", values);
        let refunded = found["amount_refunded"].as_i64().unwrap_or_default() + amount;
        let changed = self.change("charge", &charge, json!({ "amount_refunded": refunded, "refunded": amount == left }));
        self.put("refund", refund.clone());
        self.event("charge.refunded", &changed);
        self.event("refund.created", &refund);
        (200, refund)
    }

    /// The cardholder disputes a payment.
    pub fn dispute(&mut self, intent: &str) -> Option<String> {
        let charge = self.get(INTENT, intent)?["latest_charge"].as_str()?.to_owned();
        let found = self.change("charge", &charge, json!({ "disputed": true }));
        let id = self.id("dp");
        let details = json!({ "due_by": self.now() + 7 * 24 * 3600, "has_evidence": false, "past_due": false, "submission_count": 0, "enhanced_eligibility": {} });
        let values = json!({
            "id": id, "amount": found["amount"], "balance_transactions": [], "charge": charge, "created": self.now(), "currency": found["currency"],
            "evidence_details": details, "is_charge_refundable": false, "livemode": false, "metadata": {}, "payment_intent": intent,
            "reason": "fraudulent", "status": "needs_response",
        });
        let dispute = self.shape("dispute", values);
        self.put("dispute", dispute.clone());
        self.event("charge.dispute.created", &dispute);
        Some(id)
    }

    /// The bank decides a dispute.
    pub fn decide_dispute(&mut self, id: &str, is_won: bool) {
        let dispute = self.change("dispute", id, json!({ "status": if is_won { "won" } else { "lost" } }));
        self.event("charge.dispute.closed", &dispute);
    }

    /// The card's bank sends a refund back.
    pub fn fail_refund(&mut self, id: &str) {
        let values = json!({ "status": "failed", "failure_reason": "expired_or_canceled_card" });
        let refund = self.change("refund", id, values);
        // It can be refunded again.
        let charge = refund["charge"].as_str().unwrap_or_default().to_owned();
        let refunded = self.get("charge", &charge).and_then(|charge| charge["amount_refunded"].as_i64()).unwrap_or_default();
        self.change("charge", &charge, json!({ "amount_refunded": refunded - refund["amount"].as_i64().unwrap_or_default(), "refunded": false }));
        self.event("refund.failed", &refund);
    }
}

/// Whether Stripe takes such an amount.
pub(super) fn takes(amount: i64, currency: &str) -> Result<(), Reply> {
    let smallest = match currency {
        "eur" | "usd" | "chf" => 50,
        "gbp" => 30,
        "jpy" => 50,
        "kwd" => 160,
        _ => return Err(invalid("", &format!("Invalid currency: {currency}"), "currency")),
    };
    match amount {
        _ if amount < smallest => Err(invalid("amount_too_small", "Amount is below the minimum.", "amount")),
        _ if amount > 99_999_999 => Err(invalid("amount_too_large", "Amount must be no more than 8 digits.", "amount")),
        _ if currency == "kwd" && amount % 10 != 0 => Err(invalid("", "Invalid amount: the last digit must be 0.", "amount")),
        _ => Ok(()),
    }
}
