//! Changing the plan or the billing cycle of a subscription, now.
//!
//! - A preview is computed for a moment. Confirmed within ten minutes, it is charged exactly as shown; when anything has changed meanwhile, it is
//!   refused, and nothing is charged.
//! - Room on the servers is kept first, then the difference is paid, then the subscription and its CloudPods change. Where the payment fails,
//!   the invoice is credited and everything stays as it was. Whoever dies in between leaves a pending change, which the subscription's
//!   reconciler settles.
//! - A difference in the customer's favor becomes credit of the account.

mod prorate;
mod queries;
mod quote;
#[cfg(test)]
mod tests;

use super::{
    cancel::{credit_ahead, lock},
    queries::{Period, Plan, lock_plan},
    transition::{Transition, transition},
};
use crate::{
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
    hosting::cloudpods::Limits,
    ids::{ProductId, SubscriptionId, TenantId},
    money::Money,
    permission::{SubscriptionsRead, SubscriptionsWrite},
};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};

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

/// What a change to this plan and cycle costs, as of now.
///
/// # Errors
/// On field `plan_code` or `cycle`; not found.
pub async fn preview(
    services: &Services,
    tx: PlatformTx<SubscriptionsWrite>,
    id: SubscriptionId,
    code: &str,
    cycle: BillingCycle,
) -> Result<ChangePreview> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    show(services, caller, None, id, code, cycle).await
}

/// [`preview`] of the open tenant's.
///
/// # Errors
/// As there; not found also when it is somebody else's.
pub async fn preview_of_tenant(
    services: &Services,
    tx: TenantTx<SubscriptionsWrite>,
    id: SubscriptionId,
    code: &str,
    cycle: BillingCycle,
) -> Result<ChangePreview> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    show(services, caller, Some(tenant), id, code, cycle).await
}

/// A preview as it is confirmed.
#[derive(Clone, Debug)]
pub struct ConfirmedPreview {
    /// Code of the plan.
    pub plan_code: String,
    /// The billing cycle.
    pub cycle: BillingCycle,
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
    let present = products::queries::by_id(&mut *conn, product).await?.view()?;
    let on_sale = products::queries::active(conn).await?.into_iter().map(products::queries::Row::view).collect::<anyhow::Result<Vec<_>>>()?;
    let fits = |other: &model::billing::products::ProductView| {
        products::is_plan(other) && other.stack == present.stack && other.monthly.currency == present.monthly.currency
    };
    let mut plans: Vec<_> = on_sale.into_iter().filter(fits).collect();
    let plan_code = present.code.clone();
    if plans.iter().all(|other| other.id != present.id) {
        plans.insert(0, present);
    }
    Ok(ChangeOptions { plan_code, cycle, plans })
}

async fn show(
    services: &Services,
    caller: Caller,
    tenant: Option<TenantId>,
    id: SubscriptionId,
    code: &str,
    cycle: BillingCycle,
) -> Result<ChangePreview> {
    let (mut tx, plan) = lock(services, caller, tenant, id).await?;
    let quoted = quote::quote(services, tx.conn(), &plan, code, cycle, services.now()).await?;
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
    let quoted = quote::quote(services, tx.conn(), &plan, &confirmed.plan_code, confirmed.cycle, confirmed.at).await?;
    if let Some(obstacle) = quoted.preview.obstacles.first() {
        return Err(Error::conflict(obstacle.clone()));
    }
    let shown = (quoted.preview.total.minor, quoted.preview.due.minor, quoted.preview.total_then.minor);
    if shown != (confirmed.total, confirmed.due, confirmed.total_then) {
        return Err(outdated());
    }
    if let Err(reason) = cloudpods::reserve_limits(tx.conn(), plan.id, quoted.preview.limits_after).await? {
        return Err(Error::conflict(reason));
    }
    credit_ahead(services, &mut tx, &plan, "The plan changed before this period.").await?;
    let (total, due) = (quoted.preview.total, quoted.preview.due);
    if total.minor <= 0 {
        if total.minor < 0 {
            let (net, tax) = (quoted.preview.net, quoted.preview.tax);
            invoices::credit_subscription(services, &mut tx, plan.id, net, tax, "Change of plan.").await?;
        }
        queries::insert(tx.conn(), &plan, &quoted.agreed, None, now).await?;
        apply(services, &mut tx, &plan, &quoted.agreed).await?;
        return Ok(tx.commit_progress().await?);
    }
    let buyer = profiles::buyer(tx.conn(), plan.tenant_id).await?.party;
    let new = NewInvoice {
        tenant: plan.tenant_id,
        subscription: plan.id,
        checkout: None,
        period_start: quoted.agreed.begins_period.then_some(confirmed.at),
        currency: plan.currency,
        lines: &quoted.lines,
        tax: &quoted.tax,
        buyer: &buyer,
        seller: &services.settings.seller,
        at: now,
        due_at: now,
    };
    let issued = invoices::issue(&mut tx, &new).await?;
    invoices::use_credit(&mut tx, plan.tenant_id, &issued, now).await?;
    queries::insert(tx.conn(), &plan, &quoted.agreed, Some(issued.id), now).await?;
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
    match settle(services, plan.id).await {
        Ok(SettleOutcome::Applied | SettleOutcome::Nothing) => Ok(()),
        Ok(SettleOutcome::Waits { .. }) => Err(Error::unavailable(
            "The payment isn't confirmed yet. The plan changes once it is. If your bank asks you to confirm it, open the invoice. Don't confirm the change again.",
        )),
        Ok(SettleOutcome::Declined) => Err(Error::conflict("The card was declined. Nothing was charged, and the plan has not changed.")),
        Err(Error::Api(error)) if error.code == ErrorCode::Unavailable => {
            Err(Error::unavailable("We're waiting for the payment provider. The plan changes once the payment is confirmed. Don't confirm it again."))
        }
        Err(other) => Err(other),
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
    /// Its payment waits for the customer or the provider; to be looked at again then.
    Waits {
        /// When the customer's time is over, or the provider is asked again.
        until: Time,
    },
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
            return Ok(SettleOutcome::Waits { until });
        }
        let open = invoices::queries::open(tx.conn(), pending.invoice_id).await?.map(invoices::queries::Amount::money);
        let is_paid = invoices::queries::status(tx.conn(), pending.invoice_id).await? == InvoiceStatus::Paid
            || open.is_some_and(|open| payments::takes(services, open).minor == 0);
        let Json(agreed) = pending.agreed;
        if is_paid && plan.status != SubscriptionStatus::Cancelled {
            apply(services, &mut tx, &plan, &agreed).await?;
            queries::settle(tx.conn(), pending.id, None, now).await?;
            tx.commit_progress().await?;
            return Ok(SettleOutcome::Applied);
        }
        // Not paid, or the subscription has ended meanwhile: what was paid becomes credit of the account.
        let declined = payments::last_decline(tx.conn(), pending.invoice_id).await?;
        let reason = declined.unwrap_or_else(|| "not paid".to_owned());
        invoices::credit_rest(services, &mut tx, pending.invoice_id, "The plan was not changed.").await?;
        cloudpods::release_limits(tx.conn(), id).await?;
        queries::settle(tx.conn(), pending.id, Some(&reason), now).await?;
        tx.commit_progress().await?;
        return Ok(SettleOutcome::Declined);
    }
}

/// Makes a change that is paid for.
async fn apply(services: &Services, tx: &mut SystemTx, plan: &Plan, agreed: &AgreedChange) -> Result<()> {
    let now = services.now();
    for price in &agreed.prices {
        let change = Transition::Product {
            product: price.product,
            code: price.code.clone(),
            cycle: agreed.cycle,
            price: Money::new(price.minor, plan.currency),
        };
        transition(tx, price.subscription, change, now).await?;
    }
    if agreed.begins_period {
        let period = Period { anchor: agreed.at, number: 0, start: agreed.at, end: agreed.renews_at };
        transition(tx, plan.id, Transition::Period(period), now).await?;
    }
    cloudpods::set_limits(services, tx.conn(), plan.id, &agreed.plan_code, agreed.limits).await
}

/// What was agreed on, as it is stored while it is being paid for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct AgreedChange {
    plan_code: String,
    cycle: BillingCycle,
    /// The moment that it is computed for.
    at: Time,
    /// Whether a new period begins with the change.
    begins_period: bool,
    renews_at: Time,
    /// New prices of the plan and its add-ons.
    prices: Vec<Price>,
    limits: Limits,
}

/// The price of one item from now on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Price {
    subscription: SubscriptionId,
    product: ProductId,
    code: String,
    /// Minor units of the account's currency.
    minor: i64,
}
