//! Saved cards of an account.

use super::queries;
use crate::ledger;
use adapters::payments::Payments;
use db::{AuditEvent, TenantRead, TenantTx};
use engine::{Error, Result, Services};
use model::{
    audit_action::AuditAction,
    billing::payments::{PaymentMethodStatus, PaymentMethodView, PaymentMethods},
    ids::PaymentMethodId,
    permission::{BillingManage, BillingRead},
};

/// Cards and credit of the open account.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn list(services: &Services, tx: &mut impl TenantRead<BillingRead>) -> Result<PaymentMethods> {
    let tenant = tx.tenant();
    let provider = services.part::<dyn Payments>();
    let methods = views(queries::methods(tx.conn(), tenant, provider.name()).await?);
    Ok(PaymentMethods { methods, credit: ledger::credit_of(tx.conn(), tenant).await?, can_add: provider.can_save_cards() })
}

/// Has a card charged before all others from now on.
///
/// # Errors
/// Not found; a conflict when the card was declined for good.
pub async fn make_default(services: &Services, tx: TenantTx<BillingManage>, id: PaymentMethodId) -> Result<()> {
    change(services, tx, id, |method| match method.status {
        PaymentMethodStatus::Active => Ok(Change::Prefer),
        _ => Err(Error::conflict("This card was declined. Pay with another card to save that one.")),
    })
    .await
}

/// Removes a card. It is not charged again.
///
/// # Errors
/// Not found.
pub async fn remove(services: &Services, tx: TenantTx<BillingManage>, id: PaymentMethodId) -> Result<()> {
    change(services, tx, id, |_| Ok(Change::Remove)).await
}

enum Change {
    Prefer,
    Remove,
}

async fn change(
    services: &Services,
    tx: TenantTx<BillingManage>,
    id: PaymentMethodId,
    decide: impl FnOnce(&PaymentMethodView) -> Result<Change>,
) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    queries::lock_method(tx.conn(), tenant, id).await?;
    let methods = views(queries::methods(tx.conn(), tenant, services.part::<dyn Payments>().name()).await?);
    let method = methods.iter().find(|method| method.id == id).ok_or_else(|| Error::not_found("Card"))?;
    let action = match decide(method)? {
        Change::Prefer => {
            queries::prefer(tx.conn(), id, services.now()).await?;
            AuditAction::PaymentMethodUpdated
        }
        Change::Remove => {
            queries::remove(tx.conn(), id).await?;
            AuditAction::PaymentMethodRemoved
        }
    };
    Ok(tx.commit(AuditEvent::new(action, "payment_method", id, method.label()).in_tenant(tenant)).await?)
}

/// The first one that can be charged is the default.
pub(super) fn views(rows: Vec<queries::MethodRow>) -> Vec<PaymentMethodView> {
    let mut views: Vec<_> = rows.into_iter().map(queries::MethodRow::view).collect();
    if let Some(first) = views.iter_mut().find(|view| view.status == PaymentMethodStatus::Active) {
        first.is_default = true;
    }
    views
}
