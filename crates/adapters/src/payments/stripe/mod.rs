//! Stripe as payment provider: its payment page (Checkout), charges of saved cards, and messages that are fetched again before they are believed.
//!
//! The crate `stripe-simulator` stands in for it where nobody has an account.

mod client;
mod declines;
mod event;
mod objects;
mod page;
#[cfg(test)]
mod tests;

use super::{
    Charge, ChargeRequest, CustomerDetails, EventUnread, PaymentPage, PaymentRequest, Payments, PaymentsUnavailable, ProviderEvent, Refund,
    RefundRequest, SavedMethod, SentEvents, SetupRequest, TakenPayment, TakenPayments, WebhookRefused, signature,
};
use async_trait::async_trait;
use client::{CallError, Client, Form};
use model::money::Money;
use objects::{CHARGE, CustomerObject, Intent, List, Method, REFERENCE, REFUND, RefundObject, Session};

/// Where the real one answers.
pub const API_URL: &str = "https://api.stripe.com";

/// Stripe remembers an idempotency key for a day at least. After this many seconds a charge is looked for before it is asked for again.
const KEY_LIFETIME: i64 = 20 * 3600;

/// Version of the parameters of a charge: 1 names the charge alone, 2 also its account, invoice and subscription. One that was made with another
/// is repeated with that one.
const CHARGE_VERSION: i32 = 2;

/// Objects in a page of a list.
const PAGE: &str = "100";

/// Stripe, by one account's keys.
pub struct Stripe {
    client: Client,
    webhook_secret: Vec<u8>,
}

impl Stripe {
    /// `base` is [`API_URL`] or a stand-in's, `key` the secret or restricted key, `webhook_secret` that of the webhook's endpoint (`whsec_..`).
    pub fn new(http: reqwest::Client, base: impl Into<String>, key: impl Into<String>, webhook_secret: Vec<u8>) -> Self {
        Self { client: Client::new(http, base, key), webhook_secret }
    }

    async fn intent(&self, id: &str) -> Result<Intent, CallError> {
        self.client.get(&format!("/v1/payment_intents/{}", path(id)), &[]).await
    }

    async fn intents_since(&self, since: i64, customer: Option<&str>, after: Option<&str>) -> Result<List<Intent>, CallError> {
        let mut query = vec![("created[gte]", since.to_string()), ("limit", PAGE.to_owned())];
        query.extend(customer.map(|customer| ("customer", customer.to_owned())));
        query.extend(after.map(|after| ("starting_after", after.to_owned())));
        self.client.get("/v1/payment_intents", &query).await
    }

    /// A card; nothing when it belongs to no customer, and cannot be charged again.
    async fn card(&self, method: &str) -> Result<Option<SavedMethod>, CallError> {
        let method: Method = self.client.get(&format!("/v1/payment_methods/{}", path(method)), &[]).await?;
        let (Some(customer), Some(card)) = (method.customer, method.card) else { return Ok(None) };
        Ok(Some(SavedMethod {
            provider_ref: format!("{customer}/{}", method.id),
            brand: brand(&card.brand),
            last4: card.last4,
            expires_month: card.exp_month,
            expires_year: card.exp_year,
            country: card.country.filter(|code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())),
        }))
    }

    /// Opens a page. The same key opens the same one.
    async fn page(&self, form: &Form, key: &str) -> Result<PaymentPage, PaymentsUnavailable> {
        let session: Session = self.client.post("/v1/checkout/sessions", form, key).await?;
        let url = session.url.ok_or_else(|| PaymentsUnavailable("a page without an address".to_owned()))?;
        Ok(PaymentPage { provider_ref: session.id, url })
    }

    async fn refunds_of(&self, intent: &str) -> Result<Vec<RefundObject>, CallError> {
        let query = [("payment_intent", intent.to_owned()), ("limit", PAGE.to_owned())];
        Ok(self.client.get::<List<RefundObject>>("/v1/refunds", &query).await?.data)
    }

    /// The intent of a charge that was asked for long ago, if it was made.
    async fn earlier(&self, request: &ChargeRequest, customer: &str) -> Result<Option<Intent>, CallError> {
        let mut after: Option<String> = None;
        loop {
            let page = self.intents_since(0, Some(customer), after.as_deref()).await?;
            if let Some(found) = page.data.iter().find(|intent| intent.metadata.get(CHARGE) == Some(&request.key)) {
                return Ok(Some(found.clone()));
            }
            after = page.data.last().map(|intent| intent.id.clone()).filter(|_| page.has_more);
            if after.is_none() {
                return Ok(None);
            }
        }
    }
}

#[async_trait]
impl Payments for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    async fn open_page(&self, request: &PaymentRequest) -> Result<PaymentPage, PaymentsUnavailable> {
        self.page(&page::form(request)?, &format!("page:{}", request.reference)).await
    }

    fn can_save_cards(&self) -> bool {
        true
    }

    async fn open_setup_page(&self, request: &SetupRequest) -> Result<PaymentPage, PaymentsUnavailable> {
        self.page(&page::setup_form(request), &format!("page:{}", request.reference)).await
    }

    async fn saved_method(&self, payment_ref: &str) -> Result<Option<SavedMethod>, PaymentsUnavailable> {
        let Some(method) = self.intent(payment_ref).await?.payment_method else { return Ok(None) };
        Ok(self.card(&method).await?)
    }

    fn takes(&self, amount: Money) -> Money {
        page::takes(amount)
    }

    fn charge_version(&self) -> i32 {
        CHARGE_VERSION
    }

    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, PaymentsUnavailable> {
        let (customer, method) =
            request.method_ref.split_once('/').ok_or_else(|| PaymentsUnavailable(format!("{} is no card of Stripe", request.method_ref)))?;
        if request.age > KEY_LIFETIME
            && let Some(intent) = self.earlier(request, customer).await?
        {
            return Ok(event::charge_of(&intent, request.attempt));
        }
        let form = page::charge_form(request, customer, method)?;
        match self.client.post::<Intent>("/v1/payment_intents", &form, &format!("charge:{}", request.key)).await {
            Ok(intent) => Ok(event::charge_of(&intent, request.attempt)),
            Err(CallError::Refused { status: 402, error }) => match &error.payment_intent {
                Some(intent) if declines::needs_customer(&error) => Ok(Charge::ActionRequired { provider_ref: intent.id.clone() }),
                _ => Ok(Charge::Declined { code: declines::code(&error), is_hard: declines::is_hard(&error, request.attempt) }),
            },
            // The card is gone at Stripe: no retry changes that.
            Err(CallError::Refused { error, .. }) if matches!(error.param.as_deref(), Some("payment_method" | "customer")) => {
                Ok(Charge::Declined { code: declines::code(&error), is_hard: true })
            }
            // It was asked for with other parameters: before their version was stored.
            Err(CallError::Refused { error, .. }) if error.kind == "idempotency_error" => match self.earlier(request, customer).await? {
                Some(intent) => Ok(event::charge_of(&intent, request.attempt)),
                None => Err(PaymentsUnavailable("the charge was asked for with other parameters, and is not found".to_owned())),
            },
            Err(error) => Err(error.into()),
        }
    }

    async fn charge_state(&self, provider_ref: &str) -> Result<Charge, PaymentsUnavailable> {
        Ok(event::charge_of(&self.intent(provider_ref).await?, 1))
    }

    async fn confirm_page(&self, provider_ref: &str, method_ref: &str, return_url: &str) -> Result<Option<String>, PaymentsUnavailable> {
        let intent = self.intent(provider_ref).await?;
        let intent = match intent.status.as_str() {
            "requires_action" => intent,
            "requires_payment_method" | "requires_confirmation" => {
                let method = method_ref.split_once('/').map_or(method_ref, |(_, method)| method);
                let form: Form = vec![("return_url".to_owned(), return_url.to_owned()), ("payment_method".to_owned(), method.to_owned())];
                // Each time anew: the page of an earlier one may have been left.
                let key = format!("confirm:{provider_ref}:{}", hex::encode(rand::random::<[u8; 8]>()));
                match self.client.post::<Intent>(&format!("/v1/payment_intents/{}/confirm", path(provider_ref)), &form, &key).await {
                    Ok(intent) => intent,
                    Err(CallError::Refused { .. }) => return Ok(None),
                    Err(error) => return Err(error.into()),
                }
            }
            _ => return Ok(None),
        };
        Ok(intent.next_action.and_then(|action| action.redirect_to_url).and_then(|redirect| redirect.url))
    }

    async fn give_up(&self, provider_ref: &str) -> Result<Charge, PaymentsUnavailable> {
        let url = format!("/v1/payment_intents/{}/cancel", path(provider_ref));
        match self.client.post::<Intent>(&url, &Vec::new(), &format!("give-up:{provider_ref}")).await {
            // Paid, on its way, or cancelled before.
            Ok(_) | Err(CallError::Refused { .. }) => self.charge_state(provider_ref).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn update_customer(&self, method_ref: &str, details: &CustomerDetails) -> Result<(), PaymentsUnavailable> {
        let (customer, _) = method_ref.split_once('/').ok_or_else(|| PaymentsUnavailable(format!("{method_ref} is no card of Stripe")))?;
        // Each time anew: what was sent before may have been changed there, and changed back here.
        let key = format!("customer:{customer}:{}", hex::encode(rand::random::<[u8; 8]>()));
        let url = format!("/v1/customers/{}", path(customer));
        match self.client.post::<CustomerObject>(&url, &page::customer_form(details), &key).await {
            Ok(found) => {
                tracing::debug!(customer = found.id, "customer updated");
                Ok(())
            }
            // Somebody has deleted it there.
            Err(CallError::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn refunded(&self, payment_ref: &str) -> Result<i64, PaymentsUnavailable> {
        let made = self.refunds_of(payment_ref).await?.into_iter();
        Ok(made.filter(|refund| !matches!(refund.status.as_deref(), Some("failed" | "canceled"))).map(|refund| refund.amount).sum())
    }

    fn takes_refund(&self, amount: Money) -> Money {
        page::takes_refund(amount)
    }

    async fn refund(&self, request: &RefundRequest) -> Result<Refund, PaymentsUnavailable> {
        if let Some(earlier) = &request.provider_ref {
            let refund: RefundObject = self.client.get(&format!("/v1/refunds/{}", path(earlier)), &[]).await?;
            return Ok(event::refund_of(refund));
        }
        if request.age > KEY_LIFETIME {
            let made = self.refunds_of(&request.payment_ref).await?;
            if let Some(refund) = made.into_iter().find(|refund| refund.metadata.get(REFUND) == Some(&request.key)) {
                return Ok(event::refund_of(refund));
            }
        }
        if request.amount.minor <= 0 || page::takes_refund(request.amount) != request.amount {
            // No later attempt changes that.
            return Ok(Refund::Failed { code: "amount_not_refundable".to_owned() });
        }
        let form: Form = vec![
            ("payment_intent".to_owned(), request.payment_ref.clone()),
            ("amount".to_owned(), request.amount.minor.to_string()),
            (format!("metadata[{REFUND}]"), request.key.clone()),
        ];
        match self.client.post::<RefundObject>("/v1/refunds", &form, &format!("refund:{}", request.key)).await {
            Ok(refund) => Ok(event::refund_of(refund)),
            // Refunded before, disputed, or more than was taken.
            Err(CallError::Refused { status: 400 | 402, error }) => Ok(Refund::Failed { code: declines::code(&error) }),
            Err(error) => Err(error.into()),
        }
    }

    async fn sent_since(&self, since: i64, after: Option<&str>) -> Result<SentEvents, PaymentsUnavailable> {
        let mut query = vec![("created[gte]", since.to_string()), ("limit", PAGE.to_owned())];
        query.extend(event::TYPES.iter().map(|kind| ("types[]", (*kind).to_owned())));
        query.extend(after.map(|after| ("starting_after", after.to_owned())));
        let page: List<serde_json::Value> = self.client.get("/v1/events", &query).await?;
        let last = page.data.last().and_then(|event| event["id"].as_str()).map(str::to_owned);
        let events = page.data.iter().map(|event| {
            let body = event.to_string().into_bytes();
            event::read(&body, self.client.is_live()).map(|event| (event, body))
        });
        // One that cannot be read is none of this account's.
        Ok(SentEvents { events: events.filter_map(Result::ok).collect(), next: last.filter(|_| page.has_more) })
    }

    async fn taken_since(&self, since: i64, after: Option<&str>) -> Result<TakenPayments, PaymentsUnavailable> {
        let page = self.intents_since(since, None, after).await?;
        let next = page.data.last().map(|intent| intent.id.clone()).filter(|_| page.has_more);
        let taken = page.data.into_iter().filter(|intent| intent.status == "succeeded").filter_map(|mut intent| {
            let currency = intent.currency.to_ascii_uppercase().parse().ok()?;
            Some(TakenPayment {
                amount: Money::new(intent.amount_received, currency),
                purpose: intent.metadata.remove(CHARGE).or_else(|| intent.metadata.remove(REFERENCE)),
                provider_ref: intent.id,
                taken_at: intent.created,
            })
        });
        Ok(TakenPayments { payments: taken.collect(), next })
    }

    fn read_webhook(&self, body: &[u8], signature: Option<&str>, now: i64) -> Result<ProviderEvent, WebhookRefused> {
        signature::check(&self.webhook_secret, body, signature, now)?;
        event::read(body, self.client.is_live())
    }

    async fn read_stored(&self, body: &[u8]) -> Result<ProviderEvent, EventUnread> {
        self.resolve(body).await
    }
}

/// A part of an address.
fn path(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes()).collect()
}

/// `Visa` of `visa`.
fn brand(word: &str) -> String {
    let mut letters = word.chars().map(|letter| if letter == '_' { ' ' } else { letter });
    letters.next().map_or_else(|| "Card".to_owned(), |first| first.to_uppercase().chain(letters).take(40).collect())
}
