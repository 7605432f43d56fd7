//! One subscription in full.

use super::{one, queries};
use crate::{dunning, invoices, payments, profiles, tax};
use db::{PlatformRead, TenantRead};
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::subscriptions::{SubscriptionDetail, SubscriptionItem, SubscriptionStatus, SubscriptionView, Upcoming},
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
    let mut items = Vec::new();
    let mut net = money(0);
    for item in queries::items(&mut *conn, plan).await? {
        let whole = money(item.price.checked_mul(i64::from(item.quantity)).ok_or_else(does_not_fit)?);
        net = net.plus(whole).ok_or_else(does_not_fit)?;
        items.push(SubscriptionItem { product_name: item.product_name, quantity: item.quantity, price: money(item.price), net: whole });
    }
    let buyer = profiles::buyer(&mut *conn, subscription.tenant).await?;
    let tax_rate_bp = tax::decide(&services.settings, &buyer.party.country, buyer.vat_number.as_deref(), subscription.renews_at).rate_bp;
    let tax = net.share(tax_rate_bp).ok_or_else(does_not_fit)?;
    Ok(SubscriptionDetail {
        items,
        net,
        tax_rate_bp,
        tax,
        total: net.plus(tax).ok_or_else(does_not_fit)?,
        upcoming: upcoming(services, &mut *conn, &subscription).await?,
        invoices: invoices::of_subscription(&mut *conn, plan).await?,
        method: payments::default_method(services, conn, subscription.tenant).await?,
        subscription,
    })
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
        Some(invoice) => steps.extend([(invoice.due_at, Upcoming::Charge), (subscription.renews_at, Upcoming::Renewal)]),
        None => {
            let is_ahead = invoices::of_period(&mut *conn, subscription.id, subscription.renews_at).await?.is_some();
            if !is_ahead {
                let terms = dunning::terms_at(&mut *conn, subscription.id, now).await?;
                steps.extend([(subscription.renews_at - terms.invoice_lead, Upcoming::Invoice), (subscription.renews_at, Upcoming::Charge)]);
            }
            steps.push((subscription.renews_at, Upcoming::Renewal));
        }
    }
    steps.retain(|(at, _)| *at > now);
    // What lies beyond the end does not happen; what is owed is collected until then.
    steps.retain(|(at, _)| end.is_none_or(|end| *at < end));
    steps.extend(end.map(|end| (end, Upcoming::End)));
    steps.sort_by_key(|(at, _)| *at);
    Ok(steps)
}
