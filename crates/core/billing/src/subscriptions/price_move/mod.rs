//! Moving subscriptions to the present price of their product.
//!
//! - A subscription keeps the price it was sold at. Changing a product's price changes what new orders cost, and nothing else.
//! - A move is previewed: how many subscriptions, and what they cost before and after. It is made as shown, or refused.
//! - Each customer is told, and the new price counts from the first period on that begins after the notice. A period that was invoiced keeps its
//!   price.
//! - A move is dropped when the customer changes to another plan or billing cycle before.

mod letters;
mod queries;
#[cfg(test)]
mod tests;

use super::{
    queries::{Plan, plan_by_id},
    transition::{Transition, transition},
};
use crate::{invoices::SUBSCRIPTION_BILLING, letters::send, products};
use chrono::Duration;
use db::{AuditEvent, PlatformRead, PlatformTx, SystemTx};
use engine::{Error, Result, Services, reconcile::touch, text::day};
use letters::PriceChange;
use model::{
    Time,
    audit_action::AuditAction,
    billing::products::{PriceMoveGroup, PriceMovePreview},
    ids::SubscriptionId,
    money::Money,
    permission::{SubscriptionsRead, SubscriptionsWrite},
};
use sqlx::PgConnection;

pub(super) use queries::Pending;

/// Shortest and longest notice, in days. The shortest is longer than invoices are issued ahead.
const NOTICE_DAYS: std::ops::RangeInclusive<i32> = 14..=365;

/// What moving the subscriptions of a product to its present price changes.
///
/// # Errors
/// On field `notice_days`; not found.
pub async fn preview_price_move(
    services: &Services,
    tx: &mut impl PlatformRead<SubscriptionsRead>,
    code: &str,
    notice_days: i32,
) -> Result<PriceMovePreview> {
    products::queries::by_code(tx.conn(), code).await?.ok_or_else(|| Error::not_found("Product"))?;
    compute(tx.conn(), code, effective_from(services.now(), notice_days)?).await
}

/// Moves the subscriptions of a product to its present price: each customer is told, and pays it from the first period on that begins after the
/// notice. `count` and `after` are the sums of the preview's groups, `after` in minor units whatever the currency: they say which preview it was.
///
/// # Errors
/// On field `notice_days`; not found; a conflict when there is nothing to move, or the preview is outdated.
pub async fn move_prices(
    services: &Services,
    mut tx: PlatformTx<SubscriptionsWrite>,
    code: &str,
    notice_days: i32,
    count: i64,
    after: i64,
) -> Result<()> {
    let now = services.now();
    let from = effective_from(now, notice_days)?;
    let product = products::queries::lock(tx.conn(), code).await?.ok_or_else(|| Error::not_found("Product"))?.view()?;
    let preview = compute(tx.conn(), code, from).await?;
    let shown = preview.groups.iter().fold((0, 0), |(count, after), group| (count + group.count, after + group.after.minor));
    if shown.0 == 0 {
        return Err(Error::conflict("All subscriptions have this price already."));
    }
    if shown != (count, after) {
        return Err(Error::conflict("This preview is outdated. Nothing was changed. Check the new preview."));
    }
    queries::drop_replaced(tx.conn(), product.id, now).await?;
    queries::insert(tx.conn(), product.id, from, now).await?;
    for plan in queries::plans_to_notify(tx.conn(), product.id).await? {
        touch(tx.conn(), SUBSCRIPTION_BILLING, plan.0, now).await?;
    }
    let event = AuditEvent::new(AuditAction::SubscriptionPricesMoved, "product", product.id, &product.name);
    Ok(tx.commit(event.after(serde_json::json!(preview))).await?)
}

fn effective_from(now: Time, notice_days: i32) -> Result<Time> {
    if !NOTICE_DAYS.contains(&notice_days) {
        return Err(Error::field("notice_days", format!("Enter {} to {} days.", NOTICE_DAYS.start(), NOTICE_DAYS.end())));
    }
    Ok(now + Duration::days(notice_days.into()))
}

async fn compute(conn: &mut PgConnection, code: &str, effective_from: Time) -> Result<PriceMovePreview> {
    let group = |row: queries::GroupRow| PriceMoveGroup {
        cycle: row.billing_cycle,
        count: row.count,
        before: Money::new(row.before, row.currency),
        after: Money::new(row.after, row.currency),
    };
    Ok(PriceMovePreview { groups: queries::groups(conn, code).await?.into_iter().map(group).collect(), effective_from })
}

/// Prices that items of this plan are moved to, of those that count at the start of a period then.
pub(super) async fn due(conn: &mut PgConnection, plan: SubscriptionId, start: Time) -> Result<Vec<Pending>> {
    Ok(queries::pending(conn, plan).await?.into_iter().filter(|pending| pending.effective_from <= start).collect())
}

/// When the next new price of an item begins, if one was announced.
pub(super) async fn next_at(conn: &mut PgConnection, plan: SubscriptionId) -> Result<Option<Time>> {
    let moves = queries::pending(&mut *conn, plan).await?;
    let Some(first) = moves.iter().map(|pending| pending.effective_from).min() else { return Ok(None) };
    Ok(plan_by_id(conn, plan).await?.map(|plan| first_period_after(&plan, first)))
}

/// Tells the customer about a new price. Whether there was one to tell about.
pub(super) async fn notify(services: &Services, tx: &mut SystemTx, plan: &Plan) -> Result<bool> {
    let Some(pending) = queries::pending(tx.conn(), plan.id).await?.into_iter().find(|pending| !pending.is_notified) else { return Ok(false) };
    let money = |minor| Money::new(minor, plan.currency).to_string();
    let write = |portal: &str| PriceChange {
        product: pending.product_name.clone(),
        before: money(pending.present),
        after: money(pending.price),
        per: plan.billing_cycle.per(),
        from: day(first_period_after(plan, pending.effective_from)),
        link: format!("{portal}/subscriptions/{}", plan.id),
    };
    send(services, tx, plan.tenant_id, write).await?;
    queries::set_notified(tx.conn(), pending.id, services.now()).await?;
    Ok(true)
}

/// Notes that the period that begins then was invoiced at the new prices.
pub(super) async fn note_charged(conn: &mut PgConnection, plan: SubscriptionId, start: Time) -> Result<()> {
    Ok(queries::set_charged(conn, plan, start).await?)
}

/// Gives items the new prices that the period that begins now was invoiced at.
pub(super) async fn apply(services: &Services, tx: &mut SystemTx, plan: &Plan, start: Time) -> Result<()> {
    for pending in queries::pending(tx.conn(), plan.id).await? {
        if pending.charged_from == Some(start) {
            let change = Transition::Product {
                product: pending.product_id,
                code: pending.product_code,
                cycle: plan.billing_cycle,
                price: Money::new(pending.price, plan.currency),
            };
            transition(tx, pending.item, change, services.now()).await?;
            queries::settle(tx.conn(), pending.id, services.now()).await?;
        }
    }
    Ok(())
}

/// Drops moves of items that are another product by now, or billed otherwise.
pub(super) async fn drop_outdated(conn: &mut PgConnection, plan: SubscriptionId, now: Time) -> Result<()> {
    Ok(queries::drop_outdated(conn, plan, now).await?)
}

/// Start of the first period that begins then or later.
fn first_period_after(plan: &Plan, from: Time) -> Time {
    let next = plan.next_period();
    let starts = (0..).map(|more| super::period::start(next.anchor, plan.billing_cycle, next.number + more));
    starts.take(1_200).find(|start| *start >= from.max(next.start)).unwrap_or(from)
}
