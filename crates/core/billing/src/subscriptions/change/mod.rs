//! Changing the plan, the billing cycle or the add-ons of a subscription, now or when the next period begins.
//!
//! - A preview is computed for a moment. Confirmed within ten minutes, it is charged exactly as shown; when anything has changed meanwhile, it is
//!   refused, and nothing is charged.
//! - Room on the servers is kept first, then the difference is paid, then the subscription and its CloudPods change. Where the payment fails,
//!   the invoice is credited and everything stays as it was. Whoever dies in between leaves a pending change, which the subscription's
//!   reconciler settles.
//! - A change at the end of the period costs nothing now. It is kept, and the next period is invoiced with it; until that is paid, it can be taken
//!   back or replaced.
//! - A plan that is for more CloudPods costs as often as much. There must be room for them when the change is confirmed; they are ordered once it is
//!   paid, and get their places like any other. It is for fewer only once it has fewer: which of them goes is decided by deleting it. Add-ons are
//!   for one CloudPod, so a plan for several has none.
//! - A difference in the customer's favor becomes credit of the account.
//! - Where the unused rest was taxed otherwise than what is charged now (the customer has moved, or a rate has changed), there are two documents: a
//!   credit note of the rest, taxed as it was invoiced, the latest invoice first, and an invoice of what is charged. The credit pays for the invoice
//!   first. Where the card then fails, the invoice is credited, and the rest is invoiced again with the tax it had.

mod agreed;
mod compute;
mod pods;
mod prorate;
mod queries;
mod quote;
mod rest;
mod schedule;
#[cfg(test)]
mod tests;
mod told;
mod too_small;

use super::{
    cancel::{credit_ahead, lock},
    queries::{Plan, lock_plan},
    reactivate,
};
use crate::{
    coupons,
    invoices::{self, NewInvoice, SUBSCRIPTION_BILLING},
    ledger, payments, products, profiles,
};
use core_hosting::cloudpods;
use db::{Caller, PlatformRead, PlatformTx, SystemTx, TenantRead, TenantTx};
use engine::{Error, Result, Services, reconcile::touch};
use model::{
    Time,
    billing::{
        invoices::InvoiceStatus,
        products::BillingCycle,
        subscriptions::{ChangeOptions, ChangePreview, SubscriptionStatus},
    },
    error::ErrorCode,
    ids::{InvoiceId, SubscriptionId, TenantId},
    money::Money,
    permission::{SubscriptionsRead, SubscriptionsWrite},
};
use sqlx::{PgConnection, types::Json};

pub(super) use agreed::AgreedChange;
pub(super) use compute::coupon_from;
pub(super) use queries::{insert, last_change};
pub(super) use quote::VALIDITY;
pub(super) use rest::unused;
pub(super) use schedule::{begin_period, cycle_from, drop_scheduled, scheduled};
pub use schedule::{unschedule, unschedule_of_tenant};

/// Why the rest is credited; printed on the credit notes.
const CHANGED: &str = "Change of plan.";

/// After this, the subscription's reconciler takes up a change whose answer nobody waits for.
const UNATTENDED: chrono::Duration = chrono::Duration::seconds(30);

/// How long a customer has to confirm the payment of a change with the bank.
const TIME_TO_CONFIRM: chrono::Duration = chrono::Duration::hours(1);

/// What a subscription can be changed to.
///
/// # Errors
/// Not found.
pub async fn options(tx: &mut impl PlatformRead<SubscriptionsRead>, id: SubscriptionId) -> Result<ChangeOptions> {
    load_options(tx.conn(), None, id).await
}

/// [`options`] of the open tenant's.
///
/// # Errors
/// Not found, also when it is somebody else's.
pub async fn options_of_tenant(tx: &mut impl TenantRead<SubscriptionsRead>, id: SubscriptionId) -> Result<ChangeOptions> {
    let tenant = tx.tenant();
    load_options(tx.conn(), Some(tenant), id).await
}

/// What a change costs, as of now.
///
/// # Errors
/// On field `plan_code`, `cycle` or `add_ons`; not found.
pub async fn preview(services: &Services, tx: PlatformTx<SubscriptionsWrite>, id: SubscriptionId, wanted: &WantedChange) -> Result<ChangePreview> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    show(services, caller, None, id, wanted).await
}

/// [`preview`] of the open tenant's.
///
/// # Errors
/// As there; not found also when it is somebody else's.
pub async fn preview_of_tenant(
    services: &Services,
    tx: TenantTx<SubscriptionsWrite>,
    id: SubscriptionId,
    wanted: &WantedChange,
) -> Result<ChangePreview> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    show(services, caller, Some(tenant), id, wanted).await
}

/// What a subscription is to be changed to.
#[derive(Clone, Debug)]
pub struct WantedChange {
    /// Code of the plan.
    pub plan_code: String,
    /// The billing cycle.
    pub cycle: BillingCycle,
    /// Codes of the add-ons, and how many of each; as they are, where there is no list.
    pub add_ons: Option<Vec<(String, i32)>>,
    /// How many CloudPods the plan is for; as many as it is, where there is no number.
    pub quantity: Option<i32>,
    /// When the next period begins, not now.
    pub at_period_end: bool,
}

/// A preview as it is confirmed.
#[derive(Clone, Debug)]
pub struct ConfirmedPreview {
    /// What was previewed.
    pub wanted: WantedChange,
    /// The moment of the preview.
    pub at: Time,
    /// The total that the preview showed, in minor units.
    pub total: i64,
    /// What it showed as charged now, in minor units.
    pub due: i64,
    /// The price of each later period that it showed, in minor units.
    pub total_then: i64,
}

/// Carries out a change that was previewed.
///
/// # Errors
/// A conflict when the preview is outdated or the change cannot be made, or the card was declined; then nothing is charged, and nothing has
/// changed. Unavailable when the provider does not answer: the change is carried out, or given up, once it does.
pub async fn change(services: &Services, tx: PlatformTx<SubscriptionsWrite>, id: SubscriptionId, confirmed: &ConfirmedPreview) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    confirm(services, caller, None, id, confirmed).await
}

/// [`change`] of the open tenant's.
///
/// # Errors
/// As there; not found also when it is somebody else's.
pub async fn change_of_tenant(services: &Services, tx: TenantTx<SubscriptionsWrite>, id: SubscriptionId, confirmed: &ConfirmedPreview) -> Result<()> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    confirm(services, caller, Some(tenant), id, confirmed).await
}

async fn load_options(conn: &mut PgConnection, tenant: Option<TenantId>, id: SubscriptionId) -> Result<ChangeOptions> {
    let not_found = || Error::not_found("Subscription");
    let plan = super::queries::plan_of(&mut *conn, tenant, id).await?.ok_or_else(not_found)?;
    let (product, cycle) = super::queries::product_and_cycle(&mut *conn, plan).await?;
    let currency = super::queries::plan_by_id(&mut *conn, plan).await?.ok_or_else(not_found)?.currency;
    let present = products::queries::by_id(&mut *conn, product).await?.view()?;
    let on_sale = products::queries::active(&mut *conn).await?.into_iter().map(products::queries::Row::view).collect::<anyhow::Result<Vec<_>>>()?;
    let items = super::queries::items(&mut *conn, plan).await?;
    let quantity = items.first().map_or(1, |item| item.quantity);
    let add_ons: Vec<(String, i32)> = items.into_iter().skip(1).map(|item| (item.product_code, item.quantity)).collect();
    let on_sale = on_sale.iter().filter_map(|other| other.in_currency(currency));
    let (plans, mut add_ons_on_sale): (Vec<_>, Vec<_>) = on_sale.partition(products::is_plan);
    for (code, _) in &add_ons {
        if add_ons_on_sale.iter().all(|other| other.code != *code)
            && let Some(row) = products::queries::by_code(&mut *conn, code).await?
        {
            add_ons_on_sale.extend(row.view()?.in_currency(currency));
        }
    }
    let mut plans: Vec<_> = plans.into_iter().filter(|other| other.stack == present.stack).collect();
    let plan_code = present.code.clone();
    if plans.iter().all(|other| other.id != present.id) {
        plans.insert(0, present.in_currency(currency).unwrap_or(present));
    }
    let too_small = too_small::of(conn, plan, &plans, &plan_code, &add_ons, &add_ons_on_sale).await?;
    Ok(ChangeOptions { plan_code, cycle, quantity, plans, add_ons, add_ons_on_sale, too_small })
}

async fn show(services: &Services, caller: Caller, tenant: Option<TenantId>, id: SubscriptionId, wanted: &WantedChange) -> Result<ChangePreview> {
    let (mut tx, plan) = lock(services, caller, tenant, id).await?;
    let quoted = quote::quote(services, tx.conn(), &plan, wanted, services.now()).await?;
    tx.finish().await?;
    Ok(quoted.preview)
}

async fn confirm(services: &Services, caller: Caller, tenant: Option<TenantId>, id: SubscriptionId, confirmed: &ConfirmedPreview) -> Result<()> {
    let outdated = || Error::conflict("This preview is outdated. Nothing was charged. Check the new preview.");
    let (mut tx, plan) = lock(services, caller, tenant, id).await?;
    let now = services.now();
    if confirmed.at > now || confirmed.at + quote::VALIDITY < now || confirmed.at < plan.period_start || confirmed.at >= plan.renews_at {
        return Err(outdated());
    }
    // No moment before the last change: its rest was credited then.
    if queries::last_change(tx.conn(), plan.id).await?.is_some_and(|last| confirmed.at <= last) {
        return Err(outdated());
    }
    let quoted = quote::quote(services, tx.conn(), &plan, &confirmed.wanted, confirmed.at).await?;
    if let Some(obstacle) = quoted.preview.obstacles.first() {
        return Err(Error::conflict(obstacle.clone()));
    }
    let shown = (quoted.preview.total.minor, quoted.preview.due.minor, quoted.preview.total_then.minor);
    // What is credited by itself is the rest of a period that is not over.
    if shown != (confirmed.total, confirmed.due, confirmed.total_then) || (quoted.separate.is_some() && now >= plan.renews_at) {
        return Err(outdated());
    }
    if confirmed.wanted.at_period_end {
        return schedule::schedule(services, tx, &plan, &quoted, now).await;
    }
    drop_scheduled(&mut tx, plan.id, now).await?;
    if let Err(reason) = cloudpods::reserve_limits(tx.conn(), plan.id, quoted.preview.limits_after).await? {
        return Err(Error::conflict(reason));
    }
    credit_ahead(services, &mut tx, &plan, "The plan changed before this period.").await?;
    let (total, due) = (quoted.preview.total, quoted.preview.due);
    let mut agreed = quoted.agreed;
    if quoted.invoiced.minor <= 0 {
        let in_favor = (total.minor < 0).then_some((quoted.preview.net, quoted.preview.tax));
        if let Some((net, tax)) = quoted.separate.or(in_favor) {
            invoices::credit_subscription(services, &mut tx, plan.id, net, tax, CHANGED).await?;
        }
        record(&mut tx, &plan, quoted.charges.as_ref(), None).await?;
        queries::insert(tx.conn(), &plan, &agreed, None, now).await?;
        agreed.apply(services, &mut tx, &plan, agreed.period()).await?;
        return Ok(tx.commit_progress().await?);
    }
    if let Some((net, tax)) = quoted.separate {
        agreed.credit_notes = invoices::credit_subscription_unsent(services, &mut tx, plan.id, net, tax, CHANGED).await?;
    }
    let buyer = profiles::buyer(tx.conn(), plan.tenant_id).await?.party;
    let new = NewInvoice {
        tenant: plan.tenant_id,
        subscription: Some(plan.id),
        checkout: None,
        period_start: agreed.begins_period.then_some(confirmed.at),
        currency: plan.currency,
        lines: &quoted.lines,
        tax: &quoted.tax,
        buyer: &buyer,
        seller: &services.settings.seller,
        at: now,
        due_at: now,
    };
    let issued = invoices::issue(&mut tx, &new).await?;
    record(&mut tx, &plan, quoted.charges.as_ref(), Some(issued.id)).await?;
    if total.minor <= 0 {
        // The credit of the rest has paid for it: there is no card to wait for.
        invoices::use_credit(&mut tx, plan.tenant_id, &issued, now).await?;
        queries::insert(tx.conn(), &plan, &agreed, None, now).await?;
        agreed.apply(services, &mut tx, &plan, agreed.period()).await?;
        told::made(services, &mut tx, &plan, &agreed, issued.id).await?;
        return Ok(tx.commit_progress().await?);
    }
    match pay(services, tx, &plan, &agreed, &issued, due).await {
        Ok(SettleOutcome::Applied | SettleOutcome::Nothing) => Ok(()),
        Ok(SettleOutcome::Waits { .. }) => Err(Error::unavailable(
            "The payment isn't confirmed yet. The plan changes once it is. If your bank asks you to confirm it, open the invoice. Don't confirm the change again.",
        )),
        Ok(SettleOutcome::Declined) => Err(Error::conflict("The card was declined. Nothing was charged, and the plan has not changed.")),
        Ok(SettleOutcome::Credited) => {
            Err(Error::conflict("It was paid, but the plan can't be changed any more. The payment is credit of your account now. Contact support."))
        }
        Err(Error::Api(error)) if error.code == ErrorCode::Unavailable => {
            Err(Error::unavailable("We're waiting for the payment provider. The plan changes once the payment is confirmed. Don't confirm it again."))
        }
        Err(other) => Err(other),
    }
}

/// Stores a change whose invoice was issued, has the card charged, and brings the change to its end.
pub(super) async fn pay(
    services: &Services,
    mut tx: SystemTx,
    plan: &Plan,
    agreed: &AgreedChange,
    issued: &invoices::Issued,
    due: Money,
) -> Result<SettleOutcome> {
    let now = services.now();
    invoices::use_credit(&mut tx, plan.tenant_id, issued, now).await?;
    queries::insert(tx.conn(), plan, agreed, Some(issued.id), now).await?;
    // What is too little for a card is carried.
    let due = payments::takes(services, due);
    if due.minor > 0 {
        let methods = payments::usable(services, tx.conn(), plan.tenant_id).await?;
        let method = methods.first().ok_or_else(|| Error::conflict("No card can be charged."))?;
        payments::create_charge(&mut tx, services, plan.tenant_id, issued.id, *method, due).await?;
    }
    // For when nobody waits for the answer any more.
    touch(tx.conn(), SUBSCRIPTION_BILLING, plan.id.0, now + UNATTENDED).await?;
    tx.commit_progress().await?;
    settle(services, plan.id).await
}

/// Keeps what was charged after the coupon, where there is one.
async fn record(tx: &mut SystemTx, plan: &Plan, charges: Option<&compute::CouponCharges>, invoice: Option<InvoiceId>) -> Result<()> {
    match charges {
        Some(charges) => coupons::record(tx.conn(), plan.tenant_id, &charges.coupon, invoice, &charges.items, &charges.time).await,
        None => Ok(()),
    }
}

/// What became of a change that was pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SettleOutcome {
    /// There was none.
    Nothing,
    /// It was paid and made.
    Applied,
    /// It was not paid; everything is as before.
    Declined,
    /// It was paid and could not be made any more; what was paid is credit of the account.
    Credited,
    /// Its payment waits for the customer or the provider; to be looked at again then.
    Waits {
        /// When the customer's time is over, or the provider is asked again.
        until: Time,
    },
}

/// How many changes of this subscription have failed since then.
pub(super) async fn failed_since(conn: &mut PgConnection, id: SubscriptionId, since: Time) -> Result<i64> {
    Ok(queries::failed_since(conn, id, since).await?)
}

/// Whether a change of this subscription is being paid for.
pub(super) async fn is_pending(conn: &mut PgConnection, id: SubscriptionId) -> Result<bool> {
    Ok(queries::pending(conn, id).await?.is_some())
}

/// Brings a pending change to its end: asks the provider for its answer, then makes the change or takes everything back.
pub(super) async fn settle(services: &Services, id: SubscriptionId) -> Result<SettleOutcome> {
    loop {
        let mut tx = services.db.system("subscriptions").await?;
        let Some(plan) = lock_plan(tx.conn(), id).await? else { return Ok(SettleOutcome::Nothing) };
        ledger::lock(tx.conn(), plan.tenant_id).await?;
        let Some(pending) = queries::pending(tx.conn(), id).await? else { return Ok(SettleOutcome::Nothing) };
        if let Some(charge) = payments::pending_of_subscription(&mut tx, id).await? {
            tx.finish().await?;
            payments::execute_charge(services, &charge).await?;
            continue;
        }
        let now = services.now();
        if let Some(waiting) = payments::waiting_for(tx.conn(), pending.invoice_id).await? {
            tx.finish().await?;
            let until = match waiting {
                payments::Waiting::Customer => pending.created_at + TIME_TO_CONFIRM,
                payments::Waiting::Provider => now + TIME_TO_CONFIRM,
            };
            if until <= now {
                payments::give_up(services, pending.invoice_id).await?;
                continue;
            }
            if pending.agreed.reactivates {
                reactivate::keep_waiting(services, id).await?;
            }
            return Ok(SettleOutcome::Waits { until });
        }
        let open = invoices::queries::open(tx.conn(), pending.invoice_id).await?.map(invoices::queries::Amount::money);
        let is_paid = invoices::queries::status(tx.conn(), pending.invoice_id).await? == InvoiceStatus::Paid
            || open.is_some_and(|open| payments::takes(services, open).minor == 0);
        let Json(agreed) = pending.agreed;
        let is_made = match agreed.reactivates {
            true => is_paid && plan.status == SubscriptionStatus::Cancelled && reactivate::apply(services, &mut tx, &plan, &agreed).await? > 0,
            false => is_paid && plan.status != SubscriptionStatus::Cancelled,
        };
        if is_made {
            if !agreed.reactivates {
                agreed.apply(services, &mut tx, &plan, agreed.period()).await?;
            }
            told::made(services, &mut tx, &plan, &agreed, pending.invoice_id).await?;
            queries::settle(tx.conn(), pending.id, None, now).await?;
            tx.commit_progress().await?;
            return Ok(SettleOutcome::Applied);
        }
        // Not paid, or the subscription has ended meanwhile: what was paid becomes credit of the account.
        let declined = payments::last_decline(tx.conn(), pending.invoice_id).await?;
        let reason = if is_paid { "paid, but it could not be made".to_owned() } else { declined.unwrap_or_else(|| "not paid".to_owned()) };
        let words = if agreed.reactivates { "The subscription was not reactivated." } else { "The plan was not changed." };
        if let Some(note) = invoices::credit_unsent(services, &mut tx, pending.invoice_id, words).await? {
            told::not_made(services, &mut tx, &plan, &agreed, pending.invoice_id, &note, is_paid).await?;
        }
        for note in &agreed.credit_notes {
            invoices::creditable::invoice_again(services, &mut tx, *note, (agreed.at, plan.renews_at)).await?;
        }
        cloudpods::release_limits(tx.conn(), id).await?;
        queries::settle(tx.conn(), pending.id, Some(&reason), now).await?;
        tx.commit_progress().await?;
        return Ok(if is_paid { SettleOutcome::Credited } else { SettleOutcome::Declined });
    }
}
