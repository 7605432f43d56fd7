//! The page of the provider on which a customer saves a card without a payment. It becomes the default card; retries of an overdue invoice go
//! through the cards in turn.

mod queries;

use super::queries::{any_method, upsert_method};
use crate::{invoices, profiles};
use adapters::payments::{Payments, SavedMethod, SetupReference, SetupRequest};
use chrono::Duration;
use db::{AuditEvent, SystemTx, TenantTx};
use engine::{Error, Result, Services, reconcile::touch};
use model::{
    audit_action::AuditAction,
    ids::{CardSetupId, PaymentMethodId},
    permission::BillingManage,
};
use uuid::Uuid;

/// How long the page is needed.
const LIFETIME: Duration = Duration::hours(1);

/// Opens the page for the open account. Answers with its URL.
///
/// # Errors
/// A conflict when the provider saves no cards without a payment; unavailable when it does not answer.
pub async fn open_card_page(services: &Services, tx: TenantTx<BillingManage>) -> Result<String> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let (now, provider) = (services.now(), services.part::<dyn Payments>());
    if !provider.can_save_cards() {
        return Err(Error::conflict("A card is saved with a payment. Pay an invoice to save another card."));
    }
    let id = CardSetupId(Uuid::now_v7());
    let mut tx = services.db.system(caller).await?;
    let (slug, contacts) = profiles::contacts(tx.conn(), tenant).await?;
    let currency = invoices::currency_of(tx.conn(), tenant).await?;
    let saved_method = any_method(tx.conn(), tenant, provider.name()).await?;
    queries::insert(tx.conn(), id, tenant, provider.name(), now).await?;
    tx.commit(AuditEvent::new(AuditAction::PaymentMethodStarted, "tenant", tenant, &slug).in_tenant(tenant)).await?;

    let request = SetupRequest {
        reference: SetupReference(id),
        currency,
        email: contacts.into_iter().next().unwrap_or_default(),
        return_url: format!("{}/t/{slug}/payment-methods", services.settings.public_url),
        saved_method,
        now: now.timestamp(),
        lifetime: LIFETIME.num_seconds(),
    };
    let page = provider.open_setup_page(&request).await.map_err(|error| {
        tracing::warn!(setup = %id, %error, "failed to open the page that saves a card");
        Error::unavailable("Couldn't open the page. Your cards have not changed. Try again in a moment.")
    })?;
    let mut tx = services.db.system("payments").await?;
    queries::set_ref(tx.conn(), id, &page.provider_ref).await?;
    tx.commit_progress().await?;
    Ok(page.url)
}

/// The provider says that a card was saved on a page. Whether it was not known, or why that was not believed.
pub(crate) async fn card_saved(
    services: &Services,
    tx: &mut SystemTx,
    provider: &str,
    SetupReference(id): SetupReference,
    card: &SavedMethod,
) -> Result<Result<bool, String>> {
    let Some(setup) = queries::lock(tx.conn(), id).await? else { return Ok(Err(format!("card page {id} not found"))) };
    if setup.provider != provider {
        return Ok(Err(format!("card page belongs to provider {}", setup.provider)));
    }
    if setup.is_saved {
        return Ok(Ok(false));
    }
    let now = services.now();
    let (method, is_new) = upsert_method(tx.conn(), PaymentMethodId(Uuid::now_v7()), setup.tenant_id, provider, card, now).await?;
    queries::set_saved(tx.conn(), id).await?;
    let action = if is_new { AuditAction::PaymentMethodAdded } else { AuditAction::PaymentMethodUpdated };
    let label = format!("{} ending {}", card.brand, card.last4);
    tx.record(AuditEvent::new(action, "payment_method", method, label).in_tenant(setup.tenant_id));
    touch(tx.conn(), profiles::PAYMENT_CUSTOMER, setup.tenant_id.0, now).await?;
    // What is overdue can be charged to it.
    invoices::touch_overdue(tx, setup.tenant_id, now).await?;
    Ok(Ok(true))
}
