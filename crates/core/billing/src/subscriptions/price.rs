//! What a period costs: the plan and its add-ons, and what the coupon takes off each.

use super::{
    change, price_move,
    queries::{self, Item, Plan},
};
use crate::coupons::{self, Redemption};
use engine::Result;
use model::{Time, billing::products::BillingCycle, ids::SubscriptionId};
use sqlx::PgConnection;

/// The price of a period, without tax.
pub(super) struct PeriodPrice {
    pub items: Vec<PricedItem>,
    /// How it is billed.
    pub cycle: BillingCycle,
    /// The subscription's coupon, whether it is for this period or not.
    pub coupon: Option<Redemption>,
}

impl PeriodPrice {
    /// The same for this many of the plan. Nothing when the price does not fit.
    pub(super) fn set_quantity(&mut self, quantity: i32) -> Option<()> {
        let own = self.items.first_mut()?;
        own.net = own.item.price.checked_mul(i64::from(quantity))?;
        own.item.quantity = quantity;
        if self.items.iter().any(|priced| priced.discount > 0) {
            self.discount();
        }
        Some(())
    }

    /// Takes off what the coupon gives.
    fn discount(&mut self) {
        let Some(coupon) = &self.coupon else { return };
        let charges = self.items.iter().map(|priced| (priced.item.product_code.as_str(), priced.net));
        let discounts = coupon.terms.discounts(charges, coupon.terms.whole_amount());
        for (priced, discount) in self.items.iter_mut().zip(discounts) {
            priced.discount = discount;
        }
    }
}

/// A plan or an add-on with its price for a whole period.
pub(super) struct PricedItem {
    pub item: Item,
    pub net: i64,
    pub discount: i64,
}

/// The price of the period that begins then: with the change that is scheduled for it.
pub(super) async fn of_period(conn: &mut PgConnection, plan: &Plan, start: Time) -> Result<PeriodPrice> {
    let mut items = present_items(&mut *conn, plan.id, start).await?;
    let mut cycle = plan.billing_cycle;
    if let Some(scheduled) = change::scheduled(&mut *conn, plan.id, start).await? {
        cycle = scheduled.agreed.cycle;
        items = scheduled.agreed.items(items);
    }
    of_items(conn, plan.id, items, cycle, start).await
}

/// What the next period would cost without the change that is scheduled for it.
pub(super) async fn present(conn: &mut PgConnection, plan: SubscriptionId, cycle: BillingCycle, start: Time) -> Result<PeriodPrice> {
    let items = present_items(&mut *conn, plan, start).await?;
    of_items(conn, plan, items, cycle, start).await
}

/// The plan and its add-ons, at the prices that were announced for then.
async fn present_items(conn: &mut PgConnection, plan: SubscriptionId, start: Time) -> Result<Vec<Item>> {
    let moves = price_move::due(&mut *conn, plan, start).await?;
    let mut items = queries::items(conn, plan).await?;
    for item in &mut items {
        if let Some(to) = moves.iter().find(|to| to.item == item.id) {
            item.price = to.price;
        }
    }
    Ok(items)
}

async fn of_items(conn: &mut PgConnection, plan: SubscriptionId, items: Vec<Item>, cycle: BillingCycle, start: Time) -> Result<PeriodPrice> {
    let mut priced = Vec::new();
    for item in items {
        let net = item.price.checked_mul(i64::from(item.quantity)).ok_or_else(|| anyhow::anyhow!("the price of subscription {plan} does not fit"))?;
        priced.push(PricedItem { item, net, discount: 0 });
    }
    let coupon = coupons::of_subscription(&mut *conn, plan).await?;
    let is_covered = match &coupon {
        Some(coupon) => coupons::covers(conn, coupon, start).await?,
        None => false,
    };
    let mut price = PeriodPrice { items: priced, cycle, coupon };
    if is_covered {
        price.discount();
    }
    Ok(price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupons::Terms;
    use model::ids::ProductId;
    use uuid::Uuid;

    #[test]
    fn a_coupon_is_taken_anew_of_fewer_of_a_plan() {
        let item = |code: &str, quantity, price| Item {
            id: SubscriptionId(Uuid::now_v7()),
            product_id: ProductId(Uuid::now_v7()),
            product_code: code.to_owned(),
            product_name: code.to_owned(),
            quantity,
            price,
        };
        let priced = |item: Item| PricedItem { net: item.price * i64::from(item.quantity), item, discount: 0 };
        let terms = Terms { code: "HALF".to_owned(), percent_bp: Some(5000), amount: None, currency: None, periods: None, products: Vec::new() };
        let items = vec![priced(item("wordpress", 2, 1000)), priced(item("disk-10", 1, 300))];
        let mut price = PeriodPrice { items, cycle: BillingCycle::Monthly, coupon: Some(Redemption { id: Uuid::now_v7(), terms }) };
        price.discount();
        let sums = |price: &PeriodPrice| price.items.iter().map(|priced| (priced.item.quantity, priced.net, priced.discount)).collect::<Vec<_>>();
        assert_eq!(sums(&price), [(2, 2000, 1000), (1, 300, 150)]);
        price.set_quantity(1).unwrap();
        assert_eq!(sums(&price), [(1, 1000, 500), (1, 300, 150)]);
        assert_eq!(price.set_quantity(i32::MAX), Some(()));
        price.items[0].item.price = i64::MAX;
        assert_eq!(price.set_quantity(2), None);
    }
}
