//! Changes that are made when the next period begins. There is one at a time; a new one replaces it.

use super::{AgreedChange, queries, quote::Quoted};
use crate::{
    invoices::SUBSCRIPTION_BILLING,
    subscriptions::{
        cancel::{credit_ahead, lock},
        price_move,
        queries::{Period, Plan},
        transition::{Transition, transition},
    },
};
use core_hosting::cloudpods;
use db::{Caller, PlatformTx, SystemTx, TenantTx};
use engine::{Error, Result, Services, reconcile::touch};
use model::{
    Time,
    billing::{products::BillingCycle, subscriptions::SubscriptionStatus},
    ids::{SubscriptionId, TenantId},
    permission::SubscriptionsWrite,
};
use sqlx::PgConnection;

/// Why the invoice of the next period is credited and issued anew.
const CHANGED: &str = "The plan changed before this period.";

/// A change that is scheduled.
pub(in crate::subscriptions) struct Scheduled {
    pub id: uuid::Uuid,
    pub agreed: AgreedChange,
}

/// Takes back the change that is scheduled.
///
/// # Errors
/// Not found; a conflict when none is scheduled.
pub async fn unschedule(services: &Services, tx: PlatformTx<SubscriptionsWrite>, id: SubscriptionId) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    take_back(services, caller, None, id).await
}

/// [`unschedule`] of the open tenant's.
///
/// # Errors
/// As there; not found also when it is somebody else's.
pub async fn unschedule_of_tenant(services: &Services, tx: TenantTx<SubscriptionsWrite>, id: SubscriptionId) -> Result<()> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    take_back(services, caller, Some(tenant), id).await
}

async fn take_back(services: &Services, caller: Caller, tenant: Option<TenantId>, id: SubscriptionId) -> Result<()> {
    let (mut tx, plan) = lock(services, caller, tenant, id).await?;
    if scheduled(tx.conn(), plan.id, plan.renews_at).await?.is_none() {
        return Err(Error::conflict("No change is scheduled."));
    }
    credit_ahead(services, &mut tx, &plan, CHANGED).await?;
    drop_scheduled(&mut tx, plan.id, services.now()).await?;
    touch(tx.conn(), SUBSCRIPTION_BILLING, plan.id.0, services.now()).await?;
    Ok(tx.commit_progress().await?)
}

/// Keeps a change for the start of the next period, with room on the servers. An invoice of that period that was issued already is credited, and
/// issued anew.
pub(super) async fn schedule(services: &Services, mut tx: SystemTx, plan: &Plan, quoted: &Quoted, now: Time) -> Result<()> {
    drop_scheduled(&mut tx, plan.id, now).await?;
    if let Err(reason) = cloudpods::reserve_limits(tx.conn(), plan.id, quoted.preview.limits_after).await? {
        return Err(Error::conflict(reason));
    }
    credit_ahead(services, &mut tx, plan, CHANGED).await?;
    queries::insert_scheduled(tx.conn(), plan, &quoted.agreed, now).await?;
    touch(tx.conn(), SUBSCRIPTION_BILLING, plan.id.0, now).await?;
    Ok(tx.commit_progress().await?)
}

/// The change that is scheduled, if it is made by then.
pub(in crate::subscriptions) async fn scheduled(conn: &mut PgConnection, plan: SubscriptionId, by: Time) -> Result<Option<Scheduled>> {
    let found = queries::scheduled(conn, plan).await?;
    Ok(found.map(|(id, agreed)| Scheduled { id, agreed: agreed.0 }).filter(|scheduled| scheduled.agreed.renews_at <= by))
}

/// How the period that begins then is billed.
pub(in crate::subscriptions) async fn cycle_from(conn: &mut PgConnection, plan: &Plan, start: Time) -> Result<BillingCycle> {
    Ok(scheduled(conn, plan.id, start).await?.map_or(plan.billing_cycle, |scheduled| scheduled.agreed.cycle))
}

/// Gives up the change that is scheduled, and the room that was kept for it.
pub(in crate::subscriptions) async fn drop_scheduled(tx: &mut SystemTx, plan: SubscriptionId, now: Time) -> Result<()> {
    if queries::drop_scheduled(tx.conn(), plan, now).await? {
        cloudpods::release_limits(tx.conn(), plan).await?;
    }
    Ok(())
}

/// A period begins, and with it the prices that were announced and the change that is scheduled. A trial ends.
pub(in crate::subscriptions) async fn begin_period(services: &Services, tx: &mut SystemTx, plan: &Plan, period: Period) -> Result<()> {
    let now = services.now();
    price_move::apply(services, tx, plan, period.start).await?;
    match scheduled(tx.conn(), plan.id, period.start).await? {
        Some(scheduled) => {
            scheduled.agreed.apply(services, tx, plan, Some(period)).await?;
            queries::settle(tx.conn(), scheduled.id, None, now).await?;
        }
        None => transition(tx, plan.id, Transition::Period(period), now).await?,
    }
    if plan.status == SubscriptionStatus::Trialing {
        transition(tx, plan.id, Transition::Status(SubscriptionStatus::Active), now).await?;
    }
    Ok(())
}
