//! What the rest of the running period is worth.

use super::{
    compute::{does_not_fit, times},
    prorate,
};
use crate::{
    coupons,
    subscriptions::queries::{self, Plan},
};
use engine::Result;
use model::{
    Time,
    billing::subscriptions::{ChangeLine, SubscriptionStatus},
    money::Money,
};
use sqlx::PgConnection;

/// A line for the plan and for each add-on with unused time at that moment: the negative of what was charged for it. A trial has cost nothing.
pub(in crate::subscriptions) async fn unused(conn: &mut PgConnection, plan: &Plan, at: Time) -> Result<Vec<ChangeLine>> {
    let running = (plan.period_start, plan.renews_at);
    if plan.status == SubscriptionStatus::Trialing || at >= running.1 {
        return Ok(Vec::new());
    }
    let charged = match coupons::of_subscription(&mut *conn, plan.id).await? {
        Some(coupon) => coupons::charged(&mut *conn, &coupon, at).await?,
        None => Vec::new(),
    };
    let mut lines = Vec::new();
    for item in queries::items(conn, plan.id).await? {
        let price = item.price.checked_mul(i64::from(item.quantity)).ok_or_else(does_not_fit)?;
        let before = charged.iter().find(|charged| charged.item == item.id);
        let worth = prorate::unused(price, item.quantity, before, at, running).ok_or_else(does_not_fit)?;
        if worth > 0 {
            let description = format!("{}, unused", times(&item.product_name, item.quantity));
            lines.push(ChangeLine { description, note: prorate::label(at, running), net: Money::new(-worth, plan.currency) });
        }
    }
    Ok(lines)
}
