//! The lines of a change: what is credited, what is charged, and what follows.

use super::{
    agreed::{Added, Price},
    prorate,
};
use crate::{
    coupons::{self, Charged, ChargedTime, ItemCharge, Redemption},
    products,
    subscriptions::{
        period, price_move,
        queries::{Item, Plan},
    },
};
use engine::{Error, Result};
use model::{
    Time,
    billing::{
        invoices::InvoiceLine,
        products::{BillingCycle, ProductView},
        subscriptions::{ChangeLine, SubscriptionStatus},
    },
    ids::SubscriptionId,
    money::Money,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// What is changed, to what, and for which moment.
pub(super) struct Change<'a> {
    pub plan: &'a Plan,
    pub items: &'a [Item],
    pub product: &'a ProductView,
    /// Add-ons that are new, and how many.
    pub added: &'a [(ProductView, i32)],
    /// Add-ons that end.
    pub removed: &'a [SubscriptionId],
    /// Items that stay in another number.
    pub quantities: &'a [(SubscriptionId, i32)],
    pub cycle: BillingCycle,
    pub at: Time,
    pub at_period_end: bool,
}

impl Change<'_> {
    fn is_new_cycle(&self) -> bool {
        self.cycle != self.plan.billing_cycle
    }

    /// How many of an item there are from then on.
    pub fn quantity(&self, item: &Item) -> i32 {
        self.quantities.iter().find(|(id, _)| *id == item.id).map_or(item.quantity, |(_, quantity)| *quantity)
    }

    /// Whether nothing is credited or charged now.
    fn is_free(&self) -> bool {
        self.at_period_end || self.plan.status == SubscriptionStatus::Trialing
    }

    /// Whether a period begins with it.
    pub fn begins_period(&self) -> bool {
        self.is_new_cycle() && !self.is_free()
    }
}

#[derive(Default)]
pub(super) struct Computed {
    pub lines: Vec<InvoiceLine>,
    /// So many of the lines, the first ones, are what is credited.
    pub credit_lines: usize,
    pub shown: Vec<ChangeLine>,
    pub renews_at: Time,
    pub net_then: i64,
    pub prices: Vec<Price>,
    pub added: Vec<Added>,
    /// What is credited, a positive amount.
    pub credited: i64,
    pub charges: Option<CouponCharges>,
    pub coupon_then: Option<String>,
}

/// Charges of a subscription that has a coupon.
pub(super) struct CouponCharges {
    pub coupon: Redemption,
    pub items: Vec<ItemCharge>,
    pub time: ChargedTime,
}

/// A charge of a change: an item, what it is from now on, and its price for the time that is charged.
struct Charge {
    item: SubscriptionId,
    quantity: i32,
    code: String,
    name: String,
    net: i64,
}

pub(super) fn does_not_fit() -> anyhow::Error {
    anyhow::anyhow!("the price of a change does not fit")
}

/// Within a cycle, the rest of what is changed is credited as it was charged, and charged at the new price. With another cycle, the rest of
/// everything is credited, and a new period begins. In a trial, and at the end of a period, nothing is charged, and the end stays. What the coupon
/// takes off the new charges stands below them.
pub(super) async fn compute(conn: &mut PgConnection, change: &Change<'_>) -> Result<Computed> {
    let (plan, at) = (change.plan, change.at);
    let running = (plan.period_start, plan.renews_at);
    let begins_period = change.begins_period();
    let next = if begins_period { (at, period::end(at, change.cycle)) } else { running };
    let mut computed = Computed { renews_at: next.1, ..Computed::default() };
    let whole = |price: i64, quantity: i32| price.checked_mul(i64::from(quantity)).ok_or_else(does_not_fit);
    let part = |price: i64| if begins_period { Some(price) } else { prorate::share(price, at, running) }.ok_or_else(does_not_fit);
    let priced = |product: &ProductView| {
        let price = product.price(change.cycle).filter(|price| price.currency == plan.currency).map(|price| price.minor);
        price.ok_or_else(|| Error::field("cycle", format!("{} has no price for this billing cycle.", product.name)))
    };
    let coupon = coupons::of_subscription(&mut *conn, plan.id).await?;
    let charged = match &coupon {
        Some(coupon) => coupons::charged(&mut *conn, coupon, at).await?,
        None => Vec::new(),
    };
    let moves = price_move::due(&mut *conn, plan.id, next.1).await?;
    let (mut charges, mut then) = (Vec::new(), Vec::new());
    for (place, item) in change.items.iter().enumerate() {
        let is_removed = change.removed.contains(&item.id);
        let to = match place {
            0 => change.product.clone(),
            _ => {
                let add_on = products::queries::by_id(&mut *conn, item.product_id).await?.view()?;
                // Only a new price is one of these; otherwise the item keeps its own.
                add_on.in_currency(plan.currency).unwrap_or(add_on)
            }
        };
        let is_repriced = change.is_new_cycle() || to.id != item.product_id;
        let quantity = change.quantity(item);
        let is_changed = is_repriced || quantity != item.quantity;
        if !is_removed {
            let price = if is_repriced { priced(&to)? } else { item.price };
            // A new price that was announced goes with what is not changed otherwise.
            let announced = moves.iter().find(|to| to.item == item.id && !is_repriced).map_or(price, |to| to.price);
            then.push((to.code.clone(), whole(announced, quantity)?));
            if is_changed && !change.is_free() {
                charges.push(Charge {
                    item: item.id,
                    quantity,
                    code: to.code.clone(),
                    name: times(&to.name, quantity),
                    net: part(whole(price, quantity)?)?,
                });
            }
            let minor = if change.at_period_end { announced } else { price };
            computed.prices.push(Price { subscription: item.id, product: to.id, code: to.code, name: to.name, minor });
        }
        if change.is_free() || !(is_changed || is_removed) {
            continue;
        }
        let before = charged.iter().find(|charged| charged.item == item.id);
        let credit = prorate::unused(whole(item.price, item.quantity)?, item.quantity, before, at, running).ok_or_else(does_not_fit)?;
        computed.credited = computed.credited.checked_add(credit).ok_or_else(does_not_fit)?;
        computed.push(plan, format!("{}, unused", times(&item.product_name, item.quantity)), prorate::label(at, running), -credit, (at, running.1));
    }
    computed.credit_lines = computed.lines.len();
    for (product, quantity) in change.added {
        let (id, price) = (SubscriptionId(Uuid::now_v7()), priced(product)?);
        let net = whole(price, *quantity)?;
        then.push((product.code.clone(), net));
        if !change.is_free() {
            charges.push(Charge {
                item: id,
                quantity: *quantity,
                code: product.code.clone(),
                name: times(&product.name, *quantity),
                net: part(net)?,
            });
        }
        let price = Price { subscription: id, product: product.id, code: product.code.clone(), name: product.name.clone(), minor: price };
        computed.added.push(Added { price, quantity: *quantity });
    }
    computed.net_then = then.iter().try_fold(0_i64, |sum, (_, net)| sum.checked_add(*net)).ok_or_else(does_not_fit)?;
    let note = if begins_period { "the whole period".to_owned() } else { prorate::label(at, running) };
    for charge in &charges {
        computed.push(plan, charge.name.clone(), note.clone(), charge.net, (at, next.1));
    }
    let Some(coupon) = coupon else { return Ok(computed) };
    let time = ChargedTime { start: at, end: next.1, is_whole_period: begins_period };
    let covered = coupons::covers(&mut *conn, &coupon, if begins_period { at } else { running.0 }).await?;
    let discounts = if covered { discounts(&coupon, &charges, &charged, &time, running)? } else { vec![0; charges.len()] };
    let mut kept = Vec::new();
    for (charge, discount) in charges.into_iter().zip(discounts) {
        if discount > 0 {
            computed.push(plan, coupons::label(&coupon.terms.code, &charge.name), note.clone(), -discount, (at, next.1));
        }
        kept.push(ItemCharge { item: charge.item, quantity: charge.quantity, net: charge.net, discount });
    }
    computed.then(conn, &coupon, &then, next.1, covered && begins_period).await?;
    computed.charges = Some(CouponCharges { coupon, items: kept, time });
    Ok(computed)
}

/// What a coupon takes off every later period, and what it does from then on, for people; one more of its periods may be used up before.
pub(in crate::subscriptions) async fn coupon_from(
    conn: &mut PgConnection,
    coupon: &Redemption,
    prices: &[(String, i64)],
    next: Time,
    uses_one: bool,
) -> Result<(i64, Option<String>)> {
    let left = coupons::periods_left(conn, coupon, next).await?.map(|left| if uses_one { (left - 1).max(0) } else { left });
    let charges = prices.iter().map(|(code, net)| (code.as_str(), *net));
    let off = if left.is_none() { coupon.terms.discounts(charges, coupon.terms.whole_amount()).iter().sum() } else { 0 };
    let words = match left {
        None => Some(format!("Coupon {} is taken off: {}.", coupon.terms.code, coupon.terms.value())),
        Some(0) => None,
        Some(1) => Some(format!("Coupon {} is taken off one more period: {}.", coupon.terms.code, coupon.terms.value())),
        Some(left) => Some(format!("Coupon {} is taken off {left} more periods: {}.", coupon.terms.code, coupon.terms.value())),
    };
    Ok((off, words))
}

/// `3 × 10 GB extra disk`.
pub(super) fn times(name: &str, quantity: i32) -> String {
    if quantity == 1 { name.to_owned() } else { format!("{quantity} × {name}") }
}

/// What the coupon takes off each charge. Of an amount, what items have that are not changed is theirs for the rest of the period.
fn discounts(coupon: &Redemption, charges: &[Charge], charged: &[Charged], time: &ChargedTime, running: (Time, Time)) -> Result<Vec<i64>> {
    let amount = if time.is_whole_period {
        coupon.terms.whole_amount()
    } else {
        let stays = |before: &&Charged| charges.iter().all(|charge| charge.item != before.item);
        let share = |before: &Charged| prorate::share(before.discount, time.start, (before.period_start, before.period_end)).unwrap_or(0);
        let taken: i64 = charged.iter().filter(stays).map(share).sum();
        prorate::share(coupon.terms.whole_amount(), time.start, running).ok_or_else(does_not_fit)? - taken
    };
    Ok(coupon.terms.discounts(charges.iter().map(|charge| (charge.code.as_str(), charge.net)), amount))
}

impl Computed {
    /// What the coupon does from the next period on; one more of its periods is used where this change begins one.
    async fn then(&mut self, conn: &mut PgConnection, coupon: &Redemption, prices: &[(String, i64)], next: Time, uses_one: bool) -> Result<()> {
        let (off, words) = coupon_from(conn, coupon, prices, next, uses_one).await?;
        self.net_then -= off;
        self.coupon_then = words;
        Ok(())
    }

    fn push(&mut self, plan: &Plan, description: String, note: String, minor: i64, (period_start, period_end): (Time, Time)) {
        let net = Money::new(minor, plan.currency);
        self.lines.push(InvoiceLine { description: format!("{description}, {note}"), quantity: 1, unit_price: net, net, period_start, period_end });
        self.shown.push(ChangeLine { description, note, net });
    }
}
