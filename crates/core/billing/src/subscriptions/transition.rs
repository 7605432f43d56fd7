//! The only writer of subscriptions: every change is recorded in the transaction that makes it.

use super::{
    queries::{self, Changed, NewAddOn, NewSubscription, Period, Plan},
    reconcile::SubscriptionQuantity,
};
use crate::{invoices::SUBSCRIPTION_BILLING, revenue};
use db::{AuditEvent, SystemTx};
use engine::{
    Result,
    reconcile::{Reconciler, touch},
};
use model::{
    Time,
    audit_action::AuditAction,
    billing::{products::BillingCycle, subscriptions::SubscriptionStatus},
    ids::{ProductId, SubscriptionId},
    money::Money,
};
use serde_json::{Value, json};

/// A change of a subscription. All but quantity and product are of a plan and its add-ons together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    /// It is for so many from now on; at least one.
    Quantity(i32),
    /// It is paid for, overdue, or suspended from now on.
    Status(SubscriptionStatus),
    /// It ends at this moment, or goes on without end.
    CancelAt(Option<Time>),
    /// This one item is another product, or has another price, from now on.
    Product {
        /// The product.
        product: ProductId,
        /// Its code.
        code: String,
        /// How it is billed.
        cycle: BillingCycle,
        /// Price of one per cycle.
        price: Money,
    },
    /// It is in this period now.
    Period(Period),
    /// It ends now.
    Cancel,
    /// It had ended, and goes on in this period.
    Reactivate(Period),
}

impl Transition {
    fn action(&self) -> AuditAction {
        match self {
            Transition::Cancel => AuditAction::SubscriptionCancelled,
            Transition::Reactivate(_) => AuditAction::SubscriptionReactivated,
            _ => AuditAction::SubscriptionUpdated,
        }
    }

    /// What was, and what is.
    fn difference(&self, before: &Changed, at: Time) -> (Value, Value) {
        match self {
            Transition::Quantity(quantity) => (json!({ "quantity": before.quantity }), json!({ "quantity": quantity })),
            Transition::Status(status) => (json!({ "status": before.status }), json!({ "status": status })),
            Transition::CancelAt(cancel_at) => (json!({ "cancel_at": before.cancel_at }), json!({ "cancel_at": cancel_at })),
            Transition::Product { code, cycle, price, .. } => {
                let was = Money::new(before.price, price.currency);
                (
                    json!({ "product": before.product_code, "cycle": before.billing_cycle, "price": was.to_string() }),
                    json!({ "product": code, "cycle": cycle, "price": price.to_string() }),
                )
            }
            Transition::Period(period) => (json!({ "renews_at": before.renews_at }), json!({ "renews_at": period.end })),
            Transition::Reactivate(period) => (
                json!({ "status": before.status, "cancel_at": before.cancel_at, "renews_at": before.renews_at }),
                json!({ "status": SubscriptionStatus::Active, "cancel_at": null, "renews_at": period.end }),
            ),
            Transition::Cancel => (json!({ "status": before.status }), json!({ "status": SubscriptionStatus::Cancelled, "cancel_at": at })),
        }
    }
}

/// Stores a purchase and records it.
pub(crate) async fn create(tx: &mut SystemTx, new: &NewSubscription<'_>, product_code: &str, product_name: &str) -> Result<()> {
    queries::insert(tx.conn(), new).await?;
    revenue::note(tx.conn(), &[new.id], new.started_at).await?;
    if new.parent.is_none() {
        touch(tx.conn(), SubscriptionQuantity::NAME, new.id.0, new.started_at).await?;
        touch(tx.conn(), SUBSCRIPTION_BILLING, new.id.0, new.started_at).await?;
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

/// Adds an add-on to a plan, and records it.
pub(super) async fn add(tx: &mut SystemTx, plan: &Plan, new: &NewAddOn, product_code: &str, product_name: &str, at: Time) -> Result<()> {
    queries::insert_add_on(tx.conn(), plan.id, new, at).await?;
    revenue::note(tx.conn(), &[new.id], at).await?;
    touch(tx.conn(), SUBSCRIPTION_BILLING, plan.id.0, at).await?;
    let event = AuditEvent::new(AuditAction::SubscriptionCreated, "subscription", new.id, product_name).in_tenant(plan.tenant_id);
    tx.record(event.after(json!({ "product": product_code, "price": new.price.to_string(), "parent": plan.id })));
    Ok(())
}

/// Changes a plan's subscription, records it, and has it looked at. Lock it first ([`queries::lock_plan`]). Nothing happens to one that is
/// cancelled, or is so already.
pub(crate) async fn transition(tx: &mut SystemTx, id: SubscriptionId, change: Transition, at: Time) -> Result<()> {
    let changed = match &change {
        Transition::Quantity(quantity) => queries::set_quantity(tx.conn(), id, *quantity).await?,
        Transition::Status(status) => queries::set_status(tx.conn(), id, *status, at).await?,
        Transition::CancelAt(cancel_at) => queries::set_cancel_at(tx.conn(), id, *cancel_at).await?,
        Transition::Product { product, cycle, price, .. } => queries::set_product(tx.conn(), id, *product, *cycle, *price).await?,
        Transition::Period(period) => queries::set_period(tx.conn(), id, period).await?,
        Transition::Reactivate(period) => queries::reactivate(tx.conn(), id, period).await?,
        Transition::Cancel => queries::set_status(tx.conn(), id, SubscriptionStatus::Cancelled, at).await?,
    };
    revenue::note(tx.conn(), &changed.iter().map(|row| row.id).collect::<Vec<_>>(), at).await?;
    for row in &changed {
        let (before, after) = change.difference(row, at);
        let event = AuditEvent::new(change.action(), "subscription", row.id, &row.product_name).in_tenant(row.tenant_id);
        tx.record(event.before(before).after(after));
    }
    if !changed.is_empty() {
        if matches!(change, Transition::Reactivate(_)) {
            touch(tx.conn(), SubscriptionQuantity::NAME, id.0, at).await?;
        }
        touch(tx.conn(), SUBSCRIPTION_BILLING, id.0, at).await?;
    }
    Ok(())
}
