//! What was agreed on, as it is stored until it is paid for, or until the next period begins.

use super::pods;
use crate::subscriptions::{
    price_move,
    queries::{Item, NewAddOn, Period, Plan},
    transition::{Transition, add, transition},
};
use core_hosting::cloudpods;
use db::SystemTx;
use engine::{Result, Services};
use model::{
    Time,
    billing::products::BillingCycle,
    hosting::cloudpods::Limits,
    ids::{InvoiceId, ProductId, SubscriptionId},
    money::Money,
};
use serde::{Deserialize, Serialize};

/// A change that was confirmed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::subscriptions) struct AgreedChange {
    pub plan_code: String,
    pub cycle: BillingCycle,
    /// The moment that it is computed for.
    pub at: Time,
    /// Whether a new period begins with the change.
    pub begins_period: bool,
    pub renews_at: Time,
    /// New prices of the plan and its add-ons that stay.
    pub prices: Vec<Price>,
    /// Add-ons that are new.
    #[serde(default)]
    pub added: Vec<Added>,
    /// Add-ons that end.
    #[serde(default)]
    pub removed: Vec<SubscriptionId>,
    /// Items that stay in another number: add-ons, or the plan itself.
    #[serde(default)]
    pub quantities: Vec<(SubscriptionId, i32)>,
    /// The subscription had ended, and is taken back.
    #[serde(default)]
    pub reactivates: bool,
    /// How many CloudPods are to come back with it.
    #[serde(default)]
    pub pods: i32,
    /// Credit notes of the unused rest that were issued with its invoice; they are mailed once it is made, and taken back where it is not.
    #[serde(default)]
    pub credit_notes: Vec<InvoiceId>,
    pub limits: Limits,
}

/// The price of one item from now on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::subscriptions) struct Price {
    pub subscription: SubscriptionId,
    pub product: ProductId,
    pub code: String,
    #[serde(default)]
    pub name: String,
    /// Minor units of the account's currency.
    pub minor: i64,
}

/// An add-on that is new.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::subscriptions) struct Added {
    pub price: Price,
    pub quantity: i32,
}

impl AgreedChange {
    /// The items as they are with this change.
    pub fn items(&self, present: Vec<Item>) -> Vec<Item> {
        let mut items: Vec<Item> = present.into_iter().filter(|item| !self.removed.contains(&item.id)).collect();
        for item in &mut items {
            if let Some(to) = self.prices.iter().find(|price| price.subscription == item.id) {
                (item.product_id, item.price) = (to.product, to.minor);
                (item.product_code, item.product_name) = (to.code.clone(), to.name.clone());
            }
            if let Some((_, quantity)) = self.quantities.iter().find(|(id, _)| *id == item.id) {
                item.quantity = *quantity;
            }
        }
        items.extend(self.added.iter().map(|Added { price: new, quantity }| Item {
            id: new.subscription,
            product_id: new.product,
            product_code: new.code.clone(),
            product_name: new.name.clone(),
            quantity: *quantity,
            price: new.minor,
        }));
        items
    }

    /// The period that begins with it.
    pub fn period(&self) -> Option<Period> {
        self.begins_period.then_some(Period { anchor: self.at, number: 0, start: self.at, end: self.renews_at })
    }

    /// Makes the change, with the period that begins with it.
    pub async fn apply(&self, services: &Services, tx: &mut SystemTx, plan: &Plan, period: Option<Period>) -> Result<()> {
        let now = services.now();
        for price in &self.prices {
            let change = Transition::Product {
                product: price.product,
                code: price.code.clone(),
                cycle: self.cycle,
                price: Money::new(price.minor, plan.currency),
            };
            transition(tx, price.subscription, change, now).await?;
        }
        for (item, quantity) in &self.quantities {
            transition(tx, *item, Transition::Quantity(*quantity), now).await?;
        }
        for item in &self.removed {
            transition(tx, *item, Transition::Cancel, now).await?;
        }
        if let Some(period) = period {
            transition(tx, plan.id, Transition::Period(period), now).await?;
        }
        for Added { price: new, quantity } in &self.added {
            let price = Money::new(new.minor, plan.currency);
            let add_on = NewAddOn { id: new.subscription, product: new.product, quantity: *quantity, price };
            add(tx, plan, &add_on, &new.code, &new.name, now).await?;
        }
        price_move::drop_outdated(tx.conn(), plan.id, now).await?;
        cloudpods::set_limits(services, tx.conn(), plan.id, &self.plan_code, self.limits).await?;
        match self.quantities.iter().find(|(item, _)| *item == plan.id) {
            Some((_, quantity)) => pods::order_missing(services, tx, plan, &self.plan_code, self.limits, *quantity).await,
            None => Ok(()),
        }
    }
}
