//! The pages that customers see: the payment page, and the bank's.

use super::{card::Card, store::Store};
use serde_json::Value;
use std::fmt::Write as _;

/// A page, or the address of the next one.
pub(super) enum Page {
    Html(String),
    Goto(String),
}

impl Store {
    /// The payment page of a session, and what the customer does on it.
    pub fn pay_page(&mut self, id: &str, card: Option<Card>) -> Option<Page> {
        let problem = match card.map(|card| self.pay_session(id, card)) {
            Some(Ok(next)) => return Some(Page::Goto(next)),
            Some(Err(problem)) => problem,
            None => "",
        };
        let session = self.session(id)?;
        if session["status"] != "open" {
            return Some(Page::Html(html("This page is closed", "<p>It was paid, or it has expired.</p>")));
        }
        let mut cards = String::new();
        for card in Card::ALL {
            let checked = if card == Card::Good { " checked" } else { "" };
            let (number, note) = (card.number(), card.note());
            let _ = write!(cards, "<label><input type=\"radio\" name=\"card\" value=\"{number}\"{checked}> {number}: {note}</label>");
        }
        let back = escape(session["cancel_url"].as_str().unwrap_or_default());
        let (sum, button, title) = match session["mode"] == "setup" {
            true => (String::new(), "Save card", "Stripe simulator: save a card"),
            false => (format!("<p class=\"sum\">{}</p>", amount(&session)), "Pay", "Stripe simulator: payment"),
        };
        let body = format!(
            "{sum}<p role=\"alert\">{problem}</p><form method=\"post\">{cards}<button>{button}</button></form><p><a href=\"{back}\">Back</a></p>"
        );
        Some(Page::Html(html(title, &body)))
    }

    /// The bank's page, and the customer's answer.
    pub fn bank_page(&mut self, intent: &str, answer: Option<bool>) -> Option<Page> {
        if let Some(is_confirmed) = answer {
            return self.answer_bank(intent, is_confirmed).map(Page::Goto);
        }
        let found = self.get("payment_intent", intent).or_else(|| self.get("setup_intent", intent))?;
        if found["status"] != "requires_action" {
            return Some(Page::Html(html("Nothing to confirm", "<p>This was confirmed or given up.</p>")));
        }
        let (amount, what) = if found["object"] == "setup_intent" { (String::new(), "card") } else { (amount(found), "payment") };
        let body = format!(
            "<p class=\"sum\">{amount}</p><form method=\"post\"><button name=\"answer\" value=\"yes\">Confirm {what}</button> \
             <button name=\"answer\" value=\"no\">Reject {what}</button></form>"
        );
        Some(Page::Html(html("Stripe simulator: your bank", &body)))
    }
}

fn amount(object: &Value) -> String {
    let minor = object["amount_total"].as_i64().or_else(|| object["amount"].as_i64()).unwrap_or_default();
    let code = object["currency"].as_str().unwrap_or_default().to_ascii_uppercase();
    code.parse().map_or_else(|_| code.clone(), |currency| model::money::Money::new(minor, currency).to_string())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn html(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}}label{{display:block;padding:.4rem 0}}\
         .sum{{font-size:1.6rem;font-weight:600}}button{{font:inherit;padding:.5rem 1.2rem;margin-top:1rem}}[role=alert]{{color:#a40000}}</style>\
         </head><body><h1>{title}</h1><p>No money moves. This program stands in for Stripe.</p>{body}</body></html>"
    )
}
