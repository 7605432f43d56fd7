//! The only writer of subscriptions: every change is recorded in the transaction that makes it.

use super::{
    queries::{self, NewSubscription},
    reconcile::SubscriptionQuantity,
};
use db::{AuditEvent, SystemTx};
use engine::{
    Result,
    reconcile::{Reconciler, touch},
};
use model::{Time, audit_action::AuditAction, billing::subscriptions::SubscriptionStatus, ids::SubscriptionId};
use serde_json::json;

/// A change of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// It is for so many from now on; at least one.
    Quantity(i32),
    /// It ends now, and its add-ons with it.
    Cancel,
}

/// Stores a purchase and records it.
pub(crate) async fn create(tx: &mut SystemTx, new: &NewSubscription<'_>, product_code: &str, product_name: &str) -> Result<()> {
    queries::insert(tx.conn(), new).await?;
    if new.parent.is_none() {
        touch(tx.conn(), SubscriptionQuantity::NAME, new.id.0, new.started_at).await?;
    }
    let event = AuditEvent::new(AuditAction::SubscriptionCreated, "subscription", new.id, product_name).in_tenant(new.tenant);
    tx.record(event.after(json!({
        "product": product_code,
        "cycle": new.cycle,
        "price": new.price.to_string(),
        "renews_at": new.renews_at,
        "parent": new.parent,
    })));
    Ok(())
}

/// Changes a subscription and records it. Lock it first ([`queries::lock_active_plan`]). Nothing happens to one that is cancelled, or is so already.
pub(super) async fn transition(tx: &mut SystemTx, id: SubscriptionId, change: Transition, at: Time) -> Result<()> {
    let changed = match change {
        Transition::Quantity(quantity) => queries::set_quantity(tx.conn(), id, quantity).await?,
        Transition::Cancel => queries::cancel(tx.conn(), id, at).await?,
    };
    for row in changed {
        let (action, before, after) = match change {
            Transition::Quantity(quantity) => {
                (AuditAction::SubscriptionUpdated, json!({ "quantity": row.quantity }), json!({ "quantity": quantity }))
            }
            Transition::Cancel => (
                AuditAction::SubscriptionCancelled,
                json!({ "status": SubscriptionStatus::Active }),
                json!({ "status": SubscriptionStatus::Cancelled, "cancel_at": at }),
            ),
        };
        tx.record(AuditEvent::new(action, "subscription", row.id, row.product_name).in_tenant(row.tenant_id).before(before).after(after));
    }
    Ok(())
}
