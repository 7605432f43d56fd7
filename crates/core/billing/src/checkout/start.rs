//! Starting a checkout.

use super::{PAYMENT_GRACE, order, process, queries, reconcile::CheckoutExpiry, view};
use crate::payments;
use adapters::payments::{PaymentLabels, PaymentReference, PaymentRequest, Payments};
use chrono::Duration;
use core_administration::accounts;
use db::{AuditEvent, Caller, PublicTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
    secrets,
    settings::Settings,
};
use model::{
    audit_action::AuditAction,
    billing::{
        checkout::{CheckoutInput, CheckoutSession, Shop},
        products::ProductView,
    },
    ids::CheckoutId,
};
use uuid::Uuid;

/// What an order form shows and begins with.
pub fn shop(settings: &Settings, visitor: &Caller, products: Vec<ProductView>) -> Shop {
    let country = visitor.origin.country.clone().unwrap_or_else(|| settings.seller.country.clone());
    Shop { products, country, seller: settings.seller.name.clone(), base_domain: settings.base_domain.clone() }
}

/// Stores the order with its lines and its sum, and opens the provider's page for it. An order of nothing is carried out at once; its page is
/// the one that follows it.
///
/// # Errors
/// On every field that is not right, all at once; `too_many` when this peer has started as many in the last hour as one may; unavailable
/// when the provider does not answer.
pub async fn start(services: &Services, tx: PublicTx, input: CheckoutInput) -> Result<CheckoutSession> {
    let (mut tx, order) = order::check(services, tx, &input).await?;
    let id = CheckoutId(Uuid::now_v7());
    let token = secrets::new_token();
    let hash = secrets::token_hash(&token);
    let now = services.now();
    let origin = tx.caller().origin.clone();
    let peer = accounts::peer(origin.ip.as_deref());
    queries::lock_peer(tx.conn(), &peer).await?;
    if queries::started(tx.conn(), &peer, now - Duration::hours(1)).await? >= services.settings.checkouts_per_hour.into() {
        tracing::info!(peer, "too many checkouts");
        return Err(Error::too_many("Too many orders from your network. Try again in an hour."));
    }
    let new = queries::NewCheckout {
        id,
        order: &order,
        provider: services.part::<dyn Payments>().name(),
        follow_hash: &hash,
        peer: &peer,
        network_country: origin.country.as_deref(),
        now,
        expires_at: now + services.settings.checkout_lifetime,
    };
    queries::insert(tx.conn(), &new).await?;
    touch(tx.conn(), CheckoutExpiry::NAME, id.0, new.expires_at + PAYMENT_GRACE).await?;
    let started = AuditEvent::new(AuditAction::CheckoutStarted, "checkout", id, &order.plan_code).after(serde_json::json!({
        "email": order.email.as_str(),
        "domain": order.domain.as_str(),
        "cycle": order.quote.cycle,
        "total": order.quote.total.to_string(),
        "vat_number": order.buyer.vat.as_ref().map(|vat| &vat.number),
    }));
    let caller = tx.caller().clone();
    tx.commit(started).await?;

    let return_url = format!("{}{}", services.settings.public_url, view::result_path(id, &token));
    // What the provider cannot take of it is carried to the next invoice.
    let due = payments::takes(services, order.quote.total);
    if due.minor == 0 {
        process::fulfil_free(services, id).await?;
        return Ok(CheckoutSession { checkout_session_id: id, payment_url: return_url });
    }
    // The provider is asked without a transaction. When it does not answer, the checkout stays open and expires.
    let request = PaymentRequest {
        reference: PaymentReference::Checkout(id),
        total: due,
        lines: order.quote.lines,
        email: order.email.to_string(),
        return_url,
        cancel_url: format!("{}/checkout?plan={}&currency={}", services.settings.public_url, order.plan_code, order.quote.total.currency),
        buyer_token: token,
        saved_method: None,
        labels: PaymentLabels::default(),
        now: now.timestamp(),
        lifetime: services.settings.checkout_lifetime.num_seconds(),
    };
    let page = services.part::<dyn Payments>().open_page(&request).await.map_err(|error| {
        tracing::warn!(checkout = %id, %error, "failed to open the payment page");
        Error::unavailable("Couldn't open the payment page. You have not been charged. Try again in a moment.")
    })?;
    let mut tx = services.db.public(caller).await?;
    queries::set_provider_ref(tx.conn(), id, &hash, &page.provider_ref).await?;
    tx.commit_bookkeeping().await?;
    Ok(CheckoutSession { checkout_session_id: id, payment_url: page.url })
}
