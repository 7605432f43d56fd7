//! Taking back a subscription that has ended, while its CloudPods are offline and their data is kept.
//!
//! - It is the same subscription again, with the products and prices that it ended with, and its coupon where periods of it are left.
//! - What is left of a period that was paid for, and of which nothing was credited since the end, is served: then nothing is charged. Otherwise
//!   a new period begins with the reactivation, and is charged in full.
//! - A preview is confirmed like that of a change of plan, and carried out like one: the data is kept while the payment is on its way, and the
//!   CloudPods come back once it is made, by rolling back their deletion. Where nothing is paid, the invoice is credited and all stays as it was.
//! - A change that was scheduled ended with the subscription.
//! - Invoices that are overdue are paid first; otherwise what comes back would be suspended at once.

mod queries;
#[cfg(test)]
mod tests;

use super::{
    change::{self, AgreedChange, SettleOutcome},
    period,
    price::{self, PricedItem},
    price_move,
    queries::{Period, Plan},
    renew,
    transition::{Transition, transition},
};
use crate::{
    coupons::{self, ChargedTime, ItemCharge, Redemption},
    invoices::{self, NewInvoice},
    ledger, payments, profiles,
    tax::TaxDecision,
};
use core_hosting::{
    cloudpods::{self, HeldPods},
    suspensions,
};
use db::{Caller, PlatformTx, SystemTx, TenantTx};
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::{
        invoices::InvoiceLine,
        products::ProductType,
        subscriptions::{ChangeLine, ChangePreview, SubscriptionStatus},
    },
    error::ErrorCode,
    hosting::cloudpods::Limits,
    ids::{InvoiceId, SubscriptionId, TenantId},
    money::Money,
    permission::SubscriptionsWrite,
};

/// How long data is kept beyond its time for a payment that is on its way.
const PAYMENT_GRACE: chrono::Duration = chrono::Duration::hours(3);

/// Attempts whose payment failed, within a day. Each makes documents, and keeps the data for a while.
const MAX_FAILED_A_DAY: i64 = 3;

/// The sums of a preview as it is confirmed.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmedSums {
    /// The moment of the preview.
    pub at: Time,
    /// The total that it showed, in minor units.
    pub total: i64,
    /// What it showed as charged now, in minor units.
    pub due: i64,
    /// The price of each later period that it showed, in minor units.
    pub total_then: i64,
}

/// What it costs to take back a subscription that has ended, as of now.
///
/// # Errors
/// Not found; a conflict when it has not ended.
pub async fn preview_reactivation(services: &Services, tx: PlatformTx<SubscriptionsWrite>, id: SubscriptionId) -> Result<ChangePreview> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    show(services, caller, None, id).await
}

/// [`preview_reactivation`] of the open tenant's.
///
/// # Errors
/// As there; not found also when it is somebody else's.
pub async fn preview_reactivation_of_tenant(services: &Services, tx: TenantTx<SubscriptionsWrite>, id: SubscriptionId) -> Result<ChangePreview> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    show(services, caller, Some(tenant), id).await
}

/// Takes back a subscription that has ended, as previewed.
///
/// # Errors
/// A conflict when the preview is outdated, the data is gone, or the card was declined; then nothing is charged, and nothing has changed.
/// Unavailable when the provider does not answer: it is carried out, or given up, once it does.
pub async fn reactivate(services: &Services, tx: PlatformTx<SubscriptionsWrite>, id: SubscriptionId, confirmed: ConfirmedSums) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    confirm(services, caller, None, id, confirmed).await
}

/// [`reactivate`] of the open tenant's.
///
/// # Errors
/// As there; not found also when it is somebody else's.
pub async fn reactivate_of_tenant(services: &Services, tx: TenantTx<SubscriptionsWrite>, id: SubscriptionId, confirmed: ConfirmedSums) -> Result<()> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    confirm(services, caller, Some(tenant), id, confirmed).await
}

/// A reactivation with everything that carrying it out needs.
struct Quoted {
    preview: ChangePreview,
    lines: Vec<InvoiceLine>,
    tax: TaxDecision,
    agreed: AgreedChange,
    charges: Option<(Redemption, Vec<ItemCharge>)>,
}

async fn show(services: &Services, caller: Caller, tenant: Option<TenantId>, id: SubscriptionId) -> Result<ChangePreview> {
    let (mut tx, plan, ended) = lock(services, caller, tenant, id).await?;
    let quoted = quote(services, &mut tx, &plan, ended, services.now()).await?;
    tx.finish().await?;
    Ok(quoted.preview)
}

/// The plan of a subscription that has ended, locked with the ledger of its account, and when it ended.
async fn lock(services: &Services, caller: Caller, tenant: Option<TenantId>, id: SubscriptionId) -> Result<(SystemTx, Plan, Time)> {
    let (tx, plan) = super::cancel::lock_any(services, caller, tenant, id).await?;
    match plan.cancel_at.filter(|_| plan.status == SubscriptionStatus::Cancelled) {
        Some(ended) => Ok((tx, plan, ended)),
        None => Err(Error::conflict("This subscription has not ended.")),
    }
}

async fn quote(services: &Services, tx: &mut SystemTx, plan: &Plan, ended: Time, at: Time) -> Result<Quoted> {
    let conn = tx.conn();
    let held = cloudpods::held_of_subscription(&mut *conn, plan.id, services.now()).await?;
    let is_paid_for = plan.renews_at > at && queries::is_paid_for(&mut *conn, plan.id, at, ended, plan.renews_at).await?;
    let end = if is_paid_for { plan.renews_at } else { period::end(at, plan.billing_cycle) };
    let mut price = price::present(&mut *conn, plan.id, plan.billing_cycle, at).await?;
    // A plan is for as many CloudPods as can come back.
    if held.count > 0 && held.count < plan.quantity {
        price.set_quantity(held.count).ok_or_else(does_not_fit)?;
    }
    let lines = if is_paid_for { Vec::new() } else { renew::lines(plan, &price, (at, end)) };
    let buyer = profiles::buyer(&mut *conn, plan.tenant_id).await?;
    let tax = buyer.tax(&services.settings, at);
    let money = |minor| Money::new(minor, plan.currency);
    let net = lines.iter().try_fold(money(0), |sum, line| sum.plus(line.net)).ok_or_else(does_not_fit)?;
    let tax_sum = net.share(tax.rate_bp).ok_or_else(does_not_fit)?;
    let total = net.plus(tax_sum).ok_or_else(does_not_fit)?;
    let credit = ledger::credit_of(&mut *conn, plan.tenant_id).await?.into_iter().find(|credit| credit.currency == plan.currency);
    let credit_used = money(credit.map_or(0, |credit| credit.minor).min(total.minor).max(0));
    let due = money(total.minor - credit_used.minor);
    let method = payments::default_method(services, &mut *conn, plan.tenant_id).await?;
    let (mut net_then, mut coupon_then) = (sum(&price.items, |priced| priced.net)?, None);
    if let Some(coupon) = &price.coupon {
        let prices: Vec<(String, i64)> = price.items.iter().map(|priced| (priced.item.product_code.clone(), priced.net)).collect();
        let discounted = price.items.iter().any(|priced| priced.discount > 0);
        let (off, words) = change::coupon_from(&mut *conn, coupon, &prices, end, discounted && !is_paid_for).await?;
        net_then -= off;
        coupon_then = words;
    }
    let rate_then = buyer.tax(&services.settings, end).rate_bp;
    let total_then = money(net_then).plus(money(net_then).share(rate_then).ok_or_else(does_not_fit)?).ok_or_else(does_not_fit)?;
    let pods = held.count;
    let mut obstacles = obstacles(services, &mut *conn, plan, held).await?;
    if due.minor > 0 && method.is_none() {
        obstacles.push("No card can be charged. Add one under Payment methods, or pay an invoice by card.".to_owned());
    }
    let limits = Limits::default();
    let shown = lines.iter().map(|line| ChangeLine { description: line.description.clone(), note: "the whole period".to_owned(), net: line.net });
    let preview = ChangePreview {
        at,
        valid_until: at + change::VALIDITY,
        plan_name: plan.product_name.clone(),
        lines: shown.collect(),
        net,
        tax_rate_bp: tax.rate_bp,
        tax: tax_sum,
        documents: Vec::new(),
        total,
        credit_used,
        due,
        method,
        renews_at: end,
        total_then,
        before: None,
        coupon: coupon_then,
        cycle: plan.billing_cycle,
        limits_before: limits,
        limits_after: limits,
        obstacles,
    };
    let agreed = AgreedChange {
        plan_code: price.items.first().map(|priced| priced.item.product_code.clone()).unwrap_or_default(),
        cycle: plan.billing_cycle,
        at,
        begins_period: !is_paid_for,
        renews_at: end,
        prices: Vec::new(),
        added: Vec::new(),
        removed: Vec::new(),
        quantities: Vec::new(),
        reactivates: true,
        pods,
        credit_notes: Vec::new(),
        limits,
    };
    let charge =
        |priced: &PricedItem| ItemCharge { item: priced.item.id, quantity: priced.item.quantity, net: priced.net, discount: priced.discount };
    let charges = price.coupon.filter(|_| !is_paid_for).map(|coupon| (coupon, price.items.iter().map(charge).collect()));
    Ok(Quoted { preview, lines, tax, agreed, charges })
}

fn sum(items: &[PricedItem], of: impl Fn(&PricedItem) -> i64) -> Result<i64> {
    Ok(items.iter().map(of).try_fold(0_i64, i64::checked_add).ok_or_else(does_not_fit)?)
}

fn does_not_fit() -> anyhow::Error {
    anyhow::anyhow!("the price of a reactivation does not fit")
}

/// Why it cannot be taken back now, for people.
async fn obstacles(services: &Services, conn: &mut sqlx::PgConnection, plan: &Plan, held: HeldPods) -> Result<Vec<String>> {
    let mut found = held.obstacles;
    if plan.kind == ProductType::Domain {
        found.push(format!("A domain's subscription can't be reactivated. While the registry has {}, renew it on its page.", plan.product_name));
    } else if held.count == 0 && found.is_empty() {
        found.push("Its CloudPods and all their data were deleted. Place a new order.".to_owned());
    }
    if queries::is_account_suspended(&mut *conn, plan.tenant_id).await? {
        found.push("The account is suspended. Contact support.".to_owned());
    }
    if payments::next_open(services, &mut *conn, plan.id).await?.is_some_and(|open| open.due_at <= services.now()) {
        found.push("An invoice is overdue. Pay it first.".to_owned());
    }
    if change::failed_since(&mut *conn, plan.id, services.now() - chrono::Duration::days(1)).await? >= MAX_FAILED_A_DAY {
        found.push("Too many payments of it have failed today. Try again tomorrow, or contact support.".to_owned());
    }
    if invoices::creditable::is_disputed(conn, plan.id, services.now()).await? {
        found.push("A payment of this subscription is disputed. Contact support.".to_owned());
    }
    Ok(found)
}

async fn confirm(services: &Services, caller: Caller, tenant: Option<TenantId>, id: SubscriptionId, confirmed: ConfirmedSums) -> Result<()> {
    let outdated = || Error::conflict("This preview is outdated. Nothing was charged. Check the new preview.");
    let (mut tx, plan, ended) = lock(services, caller, tenant, id).await?;
    let now = services.now();
    if confirmed.at > now || confirmed.at + change::VALIDITY < now || confirmed.at < ended {
        return Err(outdated());
    }
    if change::last_change(tx.conn(), plan.id).await?.is_some_and(|last| confirmed.at <= last) {
        return Err(outdated());
    }
    let quoted = quote(services, &mut tx, &plan, ended, confirmed.at).await?;
    if let Some(obstacle) = quoted.preview.obstacles.first() {
        return Err(Error::conflict(obstacle.clone()));
    }
    let preview = &quoted.preview;
    if (preview.total.minor, preview.due.minor, preview.total_then.minor) != (confirmed.total, confirmed.due, confirmed.total_then) {
        return Err(outdated());
    }
    if preview.total.minor == 0 {
        record(&mut tx, &plan, &quoted, None).await?;
        if apply(services, &mut tx, &plan, &quoted.agreed).await? == 0 {
            return Err(Error::conflict("Its CloudPods can't be brought back now. Nothing was charged. Try again in a minute."));
        }
        change::insert(tx.conn(), &plan, &quoted.agreed, None, now).await?;
        return Ok(tx.commit_progress().await?);
    }
    cloudpods::keep_held(tx.conn(), plan.id, now + PAYMENT_GRACE, now).await?;
    let buyer = profiles::buyer(tx.conn(), plan.tenant_id).await?.party;
    let new = NewInvoice {
        tenant: plan.tenant_id,
        subscription: Some(plan.id),
        checkout: None,
        period_start: Some(confirmed.at),
        currency: plan.currency,
        lines: &quoted.lines,
        tax: &quoted.tax,
        buyer: &buyer,
        seller: &services.settings.seller,
        at: now,
        due_at: now,
    };
    let issued = invoices::issue(&mut tx, &new).await?;
    record(&mut tx, &plan, &quoted, Some(issued.id)).await?;
    match change::pay(services, tx, &plan, &quoted.agreed, &issued, quoted.preview.due).await {
        Ok(SettleOutcome::Applied | SettleOutcome::Nothing) => Ok(()),
        Ok(SettleOutcome::Waits { .. }) => Err(Error::unavailable(
            "The payment isn't confirmed yet. The subscription is reactivated once it is. If your bank asks you to confirm it, open the invoice. Don't confirm it again.",
        )),
        Ok(SettleOutcome::Credited) => Err(Error::conflict(
            "It was paid, but the CloudPods can't be brought back any more. The payment is credit of your account now. Contact support.",
        )),
        Ok(SettleOutcome::Declined) => Err(Error::conflict("It was not paid. Nothing was charged, and the subscription was not reactivated.")),
        Err(Error::Api(error)) if error.code == ErrorCode::Unavailable => Err(Error::unavailable(
            "We're waiting for the payment provider. The subscription is reactivated once the payment is confirmed. Don't confirm it again.",
        )),
        Err(other) => Err(other),
    }
}

/// Keeps at which prices the new period was charged, and what the coupon took off them.
async fn record(tx: &mut SystemTx, plan: &Plan, quoted: &Quoted, invoice: Option<InvoiceId>) -> Result<()> {
    if quoted.agreed.begins_period {
        price_move::note_charged(tx.conn(), plan.id, quoted.agreed.at).await?;
    }
    let Some((coupon, charges)) = &quoted.charges else { return Ok(()) };
    let time = ChargedTime { start: quoted.agreed.at, end: quoted.agreed.renews_at, is_whole_period: true };
    coupons::record(tx.conn(), plan.tenant_id, coupon, invoice, charges, &time).await
}

/// Brings the CloudPods back, and the subscription with them. Answers how many of them; nothing has changed where there are none.
pub(super) async fn apply(services: &Services, tx: &mut SystemTx, plan: &Plan, agreed: &AgreedChange) -> Result<i32> {
    let now = services.now();
    // An unpaid invoice was a reason to suspend them.
    suspensions::follow_payment(services, tx, plan.id, false).await?;
    // All that are paid for, or none.
    if cloudpods::held_of_subscription(tx.conn(), plan.id, now).await?.count < agreed.pods {
        return Ok(0);
    }
    let back = cloudpods::take_back(services, tx, plan.id).await?;
    let count = i32::try_from(back.len()).unwrap_or(i32::MAX);
    if count == 0 {
        return Ok(0);
    }
    let running = Period { anchor: plan.anchor, number: plan.period, start: plan.period_start, end: plan.renews_at };
    let period = agreed.period().unwrap_or(running);
    transition(tx, plan.id, Transition::Reactivate(period), now).await?;
    if agreed.begins_period {
        price_move::apply(services, tx, plan, agreed.at).await?;
    }
    change::drop_scheduled(tx, plan.id, now).await?;
    if count < plan.quantity {
        transition(tx, plan.id, Transition::Quantity(count), now).await?;
    }
    Ok(count)
}

/// Keeps the data while the payment waits.
pub(super) async fn keep_waiting(services: &Services, plan: SubscriptionId) -> Result<()> {
    let mut tx = services.db.system("subscriptions").await?;
    let now = services.now();
    cloudpods::keep_held(tx.conn(), plan, now + PAYMENT_GRACE, now).await?;
    Ok(tx.commit_progress().await?)
}
