//! Plans that are too small for what is in use: they are marked before one is chosen.

use super::quote::MAX_QUANTITY;
use core_hosting::cloudpods;
use engine::Result;
use model::{
    billing::{products::ProductView, subscriptions::TooSmall},
    hosting::cloudpods::Limits,
    ids::SubscriptionId,
};
use sqlx::PgConnection;

/// The other plans that are too small for what the CloudPods of a subscription use now: with the present add-ons, and with the maximum of each.
pub(super) async fn of(
    conn: &mut PgConnection,
    id: SubscriptionId,
    plans: &[ProductView],
    present: &str,
    add_ons: &[(String, i32)],
    on_sale: &[ProductView],
) -> Result<Vec<TooSmall>> {
    let now = |code: &str| add_ons.iter().find(|(one, _)| one == code).map_or(0, |(_, quantity)| *quantity);
    let (mut codes, mut limits) = (Vec::new(), Vec::new());
    for plan in plans.iter().filter(|plan| plan.code != present) {
        codes.push(&plan.code);
        limits.push(with(plan, on_sale, now));
        limits.push(with(plan, on_sale, |_| MAX_QUANTITY));
    }
    let above = cloudpods::usage_seen_above(conn, id, &limits).await?;
    let found = codes.into_iter().zip(above.chunks(2)).filter_map(|(code, above)| {
        let why = above.first().filter(|why| !why.is_empty())?.join(" ");
        Some(TooSmall { code: code.clone(), why, is_helped_by_add_ons: above.last().is_some_and(Vec::is_empty) })
    });
    Ok(found.collect())
}

/// The limits of a plan with `quantity` of each add-on.
fn with(plan: &ProductView, add_ons: &[ProductView], quantity: impl Fn(&str) -> i32) -> Limits {
    add_ons.iter().fold(plan.limits, |limits, add_on| (0..quantity(&add_on.code)).fold(limits, |limits, _| limits.plus(add_on.limits)))
}
