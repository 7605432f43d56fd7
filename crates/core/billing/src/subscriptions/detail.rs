//! One subscription in full.

use super::{
    cancel, change, domains, ending, one,
    price::{self, PricedItem},
    price_move, queries,
};
use crate::{coupons, dunning, invoices, payments, profiles};
use core_hosting::cloudpods;
use db::{PlatformRead, TenantRead};
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::coupons::SubscriptionCoupon,
    billing::subscriptions::{Cancellation, ScheduledChange, SubscriptionDetail, SubscriptionItem, SubscriptionStatus, SubscriptionView, Upcoming},
    ids::{SubscriptionId, TenantId},
    money::Money,
    permission::SubscriptionsRead,
};
use sqlx::PgConnection;

/// One subscription with its items, its invoices and what happens next. An add-on leads to its plan's.
///
/// # Errors
/// Not found.
pub async fn detail(services: &Services, tx: &mut impl PlatformRead<SubscriptionsRead>, id: SubscriptionId) -> Result<SubscriptionDetail> {
    load(services, tx.conn(), None, id).await
}

/// [`detail`] of the open tenant's.
///
/// # Errors
/// Not found, also when it is somebody else's.
pub async fn detail_of_tenant(services: &Services, tx: &mut impl TenantRead<SubscriptionsRead>, id: SubscriptionId) -> Result<SubscriptionDetail> {
    let tenant = tx.tenant();
    load(services, tx.conn(), Some(tenant), id).await
}

async fn load(services: &Services, conn: &mut PgConnection, tenant: Option<TenantId>, id: SubscriptionId) -> Result<SubscriptionDetail> {
    let plan = queries::plan_of(&mut *conn, tenant, id).await?.ok_or_else(|| Error::not_found("Subscription"))?;
    let subscription = one(&mut *conn, tenant, plan).await?;
    let currency = subscription.price.currency;
    let money = |minor| Money::new(minor, currency);
    let does_not_fit = || anyhow::anyhow!("the price of subscription {plan} does not fit");
    let next = subscription.renews_at;
    let price = price::present(&mut *conn, plan, subscription.cycle, next).await?;
    let mut items = Vec::new();
    let (mut net, mut discount) = (money(0), money(0));
    for PricedItem { item, net: whole, discount: off } in price.items {
        net = net.plus(money(whole - off)).ok_or_else(does_not_fit)?;
        discount = discount.plus(money(off)).ok_or_else(does_not_fit)?;
        items.push(SubscriptionItem { product_name: item.product_name, quantity: item.quantity, price: money(item.price), net: money(whole) });
    }
    let coupon = match price.coupon {
        Some(coupon) => {
            let periods_left = coupons::periods_left(&mut *conn, &coupon, next).await?;
            Some(SubscriptionCoupon { value: coupon.terms.value(), code: coupon.terms.code, periods_left, discount })
        }
        None => None,
    };
    let buyer = profiles::buyer(&mut *conn, subscription.tenant).await?;
    let tax_rate_bp = buyer.tax(&services.settings, subscription.renews_at).rate_bp;
    let tax = net.share(tax_rate_bp).ok_or_else(does_not_fit)?;
    Ok(SubscriptionDetail {
        items,
        coupon,
        scheduled: scheduled(&mut *conn, plan, tax_rate_bp).await?,
        net,
        tax_rate_bp,
        tax,
        total: net.plus(tax).ok_or_else(does_not_fit)?,
        upcoming: upcoming(services, &mut *conn, &subscription).await?,
        invoices: invoices::of_subscription(&mut *conn, plan).await?,
        method: payments::default_method(services, &mut *conn, subscription.tenant).await?,
        reactivate_until: reactivate_until(services, &mut *conn, &subscription).await?,
        cancellation: cancellation(services, &mut *conn, &subscription).await?,
        extended_until: dunning::extensions::current(conn, plan, services.now()).await?,
        subscription,
    })
}

/// Until when the CloudPods of a subscription that has ended can come back.
async fn reactivate_until(services: &Services, conn: &mut PgConnection, subscription: &SubscriptionView) -> Result<Option<Time>> {
    if subscription.status != SubscriptionStatus::Cancelled {
        return Ok(None);
    }
    Ok(cloudpods::held_until(conn, subscription.id, services.now()).await?)
}

/// What cancelling a subscription comes to that goes on; nothing where its paid period is over.
async fn cancellation(services: &Services, conn: &mut PgConnection, subscription: &SubscriptionView) -> Result<Option<Cancellation>> {
    if subscription.status == SubscriptionStatus::Cancelled || subscription.cancel_at.is_some() {
        return Ok(None);
    }
    let Some(plan) = queries::plan_by_id(&mut *conn, subscription.id).await? else { return Ok(None) };
    let ends_at = cancel::end_of_paid(conn, &plan).await?;
    let data_kept_until = ending::data_kept_until(services, plan.kind, ends_at);
    Ok((ends_at > services.now()).then_some(Cancellation { ends_at, data_kept_until }))
}

/// The change that is scheduled, with what its first period costs.
async fn scheduled(conn: &mut PgConnection, plan: SubscriptionId, tax_rate_bp: i32) -> Result<Option<ScheduledChange>> {
    let Some(plan) = queries::plan_by_id(&mut *conn, plan).await? else { return Ok(None) };
    let at = plan.renews_at;
    if change::scheduled(&mut *conn, plan.id, at).await?.is_none() {
        return Ok(None);
    }
    let price = price::of_period(conn, &plan, at).await?;
    let net = price.items.iter().try_fold(0_i64, |sum, priced| sum.checked_add(priced.net - priced.discount));
    let net = net.map(|minor| Money::new(minor, plan.currency));
    let total = net.and_then(|net| net.plus(net.share(tax_rate_bp)?)).ok_or_else(|| anyhow::anyhow!("the price of a change does not fit"))?;
    let products = price.items.into_iter().map(|priced| priced.item.product_name).collect();
    Ok(Some(ScheduledChange { products, cycle: price.cycle, at, total }))
}

/// What happens if nobody does anything, in order.
async fn upcoming(services: &Services, conn: &mut PgConnection, subscription: &SubscriptionView) -> Result<Vec<(Time, Upcoming)>> {
    let now = services.now();
    if subscription.status == SubscriptionStatus::Cancelled {
        return Ok(Vec::new());
    }
    let mut steps = Vec::new();
    let open = payments::next_open(services, &mut *conn, subscription.id).await?;
    let end = subscription.cancel_at;
    match open {
        Some(invoice) if invoice.due_at <= now => {
            let overdue = dunning::overdue(services, &mut *conn, subscription.tenant, &invoice, subscription.suspended_at).await?;
            let terms = dunning::terms_at(&mut *conn, subscription.id, invoice.issued_at).await?;
            steps.extend(overdue.upcoming(&terms));
        }
        Some(invoice) => {
            let extended = dunning::extensions::current(&mut *conn, subscription.id, now).await?;
            let charged_at = extended.map_or(invoice.due_at, |until| until.max(invoice.due_at));
            steps.extend([(charged_at, Upcoming::Charge), (subscription.renews_at, Upcoming::Renewal)]);
        }
        None => {
            let is_ahead = invoices::of_period(&mut *conn, subscription.id, subscription.renews_at).await?.is_some();
            if !is_ahead {
                let terms = dunning::terms_at(&mut *conn, subscription.id, now).await?;
                if let Some(plan) = queries::plan_by_id(&mut *conn, subscription.id).await? {
                    steps.extend([(domains::invoiced_at(&plan, &terms), Upcoming::Invoice), (domains::due_at(&plan), Upcoming::Charge)]);
                }
            }
            steps.push((subscription.renews_at, Upcoming::Renewal));
        }
    }
    let is_scheduled = change::scheduled(&mut *conn, subscription.id, subscription.renews_at).await?.is_some();
    steps.extend(is_scheduled.then_some((subscription.renews_at, Upcoming::PlanChange)));
    steps.extend(price_move::next_at(&mut *conn, subscription.id).await?.map(|at| (at, Upcoming::PriceChange)));
    steps.retain(|(at, _)| *at > now);
    // What lies beyond the end does not happen; what is owed is collected until then.
    steps.retain(|(at, _)| end.is_none_or(|end| *at < end));
    steps.extend(end.map(|end| (end, Upcoming::End)));
    steps.sort_by_key(|(at, _)| *at);
    Ok(steps)
}
