//! Tests of checkout: a shop on a real database.

mod business;
mod currency;
mod domains;
mod fulfil;
mod letters;
mod money;
mod order;
mod pages;
mod webhook;

use super::*;
use crate::products;
use adapters::payments::signature;
use core_administration::outbox::Attachments;
use core_hosting::artifacts::ArtifactStore;
use engine::{
    Error, Modules,
    testing::{TestServices, WEBHOOK_SECRET},
};
use model::{actor::Actor, billing::checkout::CheckoutInput, error::FieldError, ids::CheckoutId};
use serde_json::{Value, json};
use sqlx::Row as _;
use std::sync::Arc;

/// A shop with its products, and one order after the other.
pub(crate) struct Shop {
    pub t: TestServices,
}

/// A checkout that a buyer has started.
pub(crate) struct Started {
    pub id: CheckoutId,
    pub token: String,
}

impl Shop {
    pub async fn open() -> Self {
        let mut t = TestServices::new().await;
        t.services = t
            .services
            .with(Arc::new(Modules::default().with(crate::register)))
            .with::<dyn Attachments>(Arc::new(crate::documents::InvoiceAttachments))
            .with(Arc::new(ArtifactStore::new(std::env::temp_dir().join("mpanel-test-artifacts"))));
        products::load_demo(&t.services).await.unwrap();
        products::ensure(&t.services, products::static_plan()).await.unwrap();
        Self { t }
    }

    /// Changes the settings.
    pub fn change(&mut self, change: impl FnOnce(&mut engine::settings::Settings)) {
        change(std::sync::Arc::make_mut(&mut self.t.services.settings));
    }

    pub async fn try_start(&self, input: CheckoutInput) -> engine::Result<Started> {
        let tx = self.t.services.db.public(Actor::Visitor).await.unwrap();
        let session = start(&self.t.services, tx, input).await?;
        let id = session.checkout_session_id;
        let token = match session.payment_url.strip_prefix(&format!("http://panel.example/pay/{id}?token=")) {
            Some(token) => token,
            // Nothing is to be paid.
            None => session.payment_url.strip_prefix(&format!("http://panel.example/checkout/result/{id}?follow=")).unwrap(),
        };
        Ok(Started { id: session.checkout_session_id, token: token.to_owned() })
    }

    /// The sum beside the form.
    pub async fn quote(&self, input: &CheckoutInput) -> engine::Result<model::billing::checkout::Quote> {
        quote(&self.t.services, self.t.services.db.public(Actor::Visitor).await.unwrap(), input).await
    }

    pub async fn start(&self, input: CheckoutInput) -> Started {
        self.try_start(input).await.unwrap()
    }

    /// The provider's message that this checkout is paid with a good card.
    pub async fn paid(&self, id: CheckoutId, event_id: &str) -> Value {
        self.paid_with(id, event_id, "good").await
    }

    /// The provider's message that this checkout is paid with this card of the sandbox.
    pub async fn paid_with(&self, id: CheckoutId, event_id: &str, card: &str) -> Value {
        let row = sqlx::query("select total, currency, provider_ref from checkout_sessions where id = $1")
            .bind(id)
            .fetch_one(&mut self.t.db.owner().await)
            .await
            .unwrap();
        json!({"id": event_id, "type": "checkout.session.completed", "data": {"object": {
            "id": row.get::<String, _>("provider_ref"),
            "client_reference_id": id.to_string(),
            "amount_total": row.get::<i64, _>("total"),
            "currency": row.get::<String, _>("currency").to_lowercase(),
            "payment_intent": format!("pi_sandbox_{card}_{}", id.0.simple()),
            "payment_status": "paid"}}})
    }

    /// Delivers a message with a good signature.
    pub async fn receive(&self, event: &Value) -> Result<Received, ReceiveError> {
        let body = event.to_string().into_bytes();
        let header = signature::sign(WEBHOOK_SECRET, &body, self.t.services.now().timestamp());
        receive(&self.t.services, &body, Some(&header)).await
    }

    /// Delivers a message and acts on it.
    pub async fn deliver(&self, event: &Value) -> Outcome {
        let received = self.receive(event).await.unwrap();
        process(&self.t.services, &received.event_id).await.unwrap()
    }

    /// Orders and pays.
    pub async fn buy(&self, input: CheckoutInput) -> Started {
        self.buy_with(input, "good").await
    }

    /// Orders and pays with this card of the sandbox.
    pub async fn buy_with(&self, input: CheckoutInput, card: &str) -> Started {
        let started = self.start(input).await;
        let is_free = sqlx::query_scalar("select total = 0 from checkout_sessions where id = $1").bind(started.id);
        if is_free.fetch_one(&mut self.t.db.owner().await).await.unwrap() {
            return started;
        }
        let event = self.paid_with(started.id, &format!("evt_{}", started.id.0.simple()), card).await;
        assert_eq!(self.deliver(&event).await, Outcome::Processed);
        started
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.t.db.owner().await).await.unwrap()
    }

    pub async fn text(&self, sql: &str) -> String {
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.t.db.owner().await).await.unwrap()
    }

    /// Rows of everything that a purchase makes.
    pub async fn made(&self) -> Made {
        Made {
            users: self.number("select count(*) from users").await,
            tenants: self.number("select count(*) from tenants").await,
            owners: self.number("select count(*) from tenant_users where role = 'TENANT_OWNER'").await,
            subscriptions: self.number("select count(*) from subscriptions").await,
            invoices: self.number("select count(*) from invoices").await,
            pods: self.number("select count(*) from cloud_pods").await,
            jobs: self.number("select count(*) from jobs").await,
            mails: self.number("select count(*) from outgoing_mail").await,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Made {
    pub users: i64,
    pub tenants: i64,
    pub owners: i64,
    pub subscriptions: i64,
    pub invoices: i64,
    pub pods: i64,
    pub jobs: i64,
    pub mails: i64,
}

pub(super) const NOTHING: Made = Made { users: 0, tenants: 0, owners: 0, subscriptions: 0, invoices: 0, pods: 0, jobs: 0, mails: 0 };
pub(crate) const ONE: Made = Made { users: 1, tenants: 1, owners: 1, subscriptions: 1, invoices: 1, pods: 1, jobs: 1, mails: 1 };

pub(crate) fn order(email: &str, domain: &str) -> CheckoutInput {
    CheckoutInput {
        plan_code: "wordpress".to_owned(),
        billing_cycle: "MONTHLY".to_owned(),
        email: email.to_owned(),
        country: "DE".to_owned(),
        domain: Some(domain.to_owned()),
        site_title: Some("Anna's Bakery".to_owned()),
        is_word_press_plan: None,
        add_ons: Vec::new(),
        coupon_code: None,
        currency: None,
        address: None,
        company_name: None,
        vat_number: None,
    }
}

pub(crate) fn anna() -> CheckoutInput {
    order("anna@bakery.example", "bakery.example")
}

/// The fields that were refused.
pub(crate) fn faults<T>(result: engine::Result<T>) -> Vec<FieldError> {
    match result {
        Err(Error::Api(error)) => error.fields,
        Err(other) => panic!("not an error of the user's: {other}"),
        Ok(_) => panic!("was accepted"),
    }
}

pub(crate) fn fields(faults: &[FieldError]) -> Vec<&str> {
    faults.iter().map(|fault| fault.field.as_str()).collect()
}
