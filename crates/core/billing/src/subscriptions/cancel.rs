//! Ending a subscription with its period, and taking that back.

use super::{
    change, domains, ending,
    queries::{self, Plan},
    transition::{Transition, transition},
};
use crate::{invoices, ledger};
use db::{Caller, PlatformTx, SystemTx, TenantTx};
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::{invoices::InvoiceStatus, subscriptions::SubscriptionStatus},
    ids::{SubscriptionId, TenantId},
    permission::SubscriptionsWrite,
};
use sqlx::PgConnection;

/// Why the invoice of a period that will not come is credited; printed on the credit note.
pub(super) const CANCELLED: &str = "The subscription was cancelled before this period.";

/// Ends a subscription with the period that is paid for: until then everything stays as it is, and the end can be taken back with [`keep`].
/// The invoice of the next period, if it was issued and not paid, is credited. Answers with when it ends.
///
/// # Errors
/// Not found; a conflict when it has ended, its end is known already, or a change of plan is being paid for.
pub async fn cancel_at_period_end(services: &Services, tx: PlatformTx<SubscriptionsWrite>, id: SubscriptionId) -> Result<Time> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    schedule_end(services, caller, None, id).await
}

/// [`cancel_at_period_end`] of the open tenant's.
///
/// # Errors
/// As there; not found also when it is somebody else's.
pub async fn cancel_at_period_end_of_tenant(services: &Services, tx: TenantTx<SubscriptionsWrite>, id: SubscriptionId) -> Result<Time> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    schedule_end(services, caller, Some(tenant), id).await
}

/// Takes back the end of a subscription that has not come yet.
///
/// # Errors
/// Not found; a conflict when it has ended, or no end is known.
pub async fn keep(services: &Services, tx: PlatformTx<SubscriptionsWrite>, id: SubscriptionId) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    undo_cancel(services, caller, None, id).await
}

/// [`keep`] of the open tenant's.
///
/// # Errors
/// As there; not found also when it is somebody else's.
pub async fn keep_of_tenant(services: &Services, tx: TenantTx<SubscriptionsWrite>, id: SubscriptionId) -> Result<()> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    undo_cancel(services, caller, Some(tenant), id).await
}

async fn schedule_end(services: &Services, caller: Caller, tenant: Option<TenantId>, id: SubscriptionId) -> Result<Time> {
    let (mut tx, plan) = lock(services, caller, tenant, id).await?;
    if plan.cancel_at.is_some() {
        return Err(Error::conflict("This subscription is already set to end."));
    }
    let now = services.now();
    let end = end_of_paid(tx.conn(), &plan).await?;
    if end <= now {
        return Err(Error::conflict("The paid period is over. Pay the open invoice first, or try again in a minute."));
    }
    credit_ahead(services, &mut tx, &plan, CANCELLED).await?;
    change::drop_scheduled(&mut tx, plan.id, now).await?;
    transition(&mut tx, plan.id, Transition::CancelAt(Some(end)), now).await?;
    ending::tell_scheduled(services, &mut tx, &plan, end).await?;
    tx.commit_progress().await?;
    Ok(end)
}

async fn undo_cancel(services: &Services, caller: Caller, tenant: Option<TenantId>, id: SubscriptionId) -> Result<()> {
    let (mut tx, plan) = lock(services, caller, tenant, id).await?;
    let now = services.now();
    match plan.cancel_at {
        None => return Err(Error::conflict("This subscription is not set to end.")),
        Some(at) if at <= now => return Err(Error::conflict("This subscription has ended. Reactivate it, or order it again.")),
        Some(_) => {}
    }
    domains::ensure_renewable(&mut tx, &plan).await?;
    transition(&mut tx, plan.id, Transition::CancelAt(None), now).await?;
    ending::tell_kept(services, &mut tx, &plan).await?;
    Ok(tx.commit_progress().await?)
}

/// When a subscription ends that is cancelled with its period: one that is paid ahead is served; one that ended unpaid is not followed by another.
pub(super) async fn end_of_paid(conn: &mut PgConnection, plan: &Plan) -> Result<Time> {
    let is_paid_ahead = matches!(invoices::of_period(conn, plan.id, plan.renews_at).await?, Some((_, InvoiceStatus::Paid)));
    Ok(if is_paid_ahead { plan.next_period().end } else { plan.renews_at })
}

/// Credits the unpaid invoice of the period after this one, for this reason.
pub(super) async fn credit_ahead(services: &Services, tx: &mut SystemTx, plan: &Plan, reason: &str) -> Result<()> {
    if let Some((invoice, InvoiceStatus::Open)) = invoices::of_period(tx.conn(), plan.id, plan.renews_at).await? {
        invoices::credit_rest(services, tx, invoice, reason).await?;
    }
    Ok(())
}

/// The plan of a subscription, locked with the ledger of its account, for a change in this caller's name.
pub(super) async fn lock(services: &Services, caller: Caller, tenant: Option<TenantId>, id: SubscriptionId) -> Result<(SystemTx, Plan)> {
    let (tx, plan) = lock_any(services, caller, tenant, id).await?;
    if plan.status == SubscriptionStatus::Cancelled {
        return Err(Error::conflict("This subscription has ended."));
    }
    Ok((tx, plan))
}

/// [`lock`], also of one that has ended.
pub(super) async fn lock_any(services: &Services, caller: Caller, tenant: Option<TenantId>, id: SubscriptionId) -> Result<(SystemTx, Plan)> {
    let mut tx = services.db.system(caller).await?;
    let not_found = || Error::not_found("Subscription");
    let plan = queries::plan_of(tx.conn(), tenant, id).await?.ok_or_else(not_found)?;
    let plan = queries::lock_plan(tx.conn(), plan).await?.ok_or_else(not_found)?;
    ledger::lock(tx.conn(), plan.tenant_id).await?;
    if change::is_pending(tx.conn(), plan.id).await? {
        return Err(Error::conflict("A change of plan is being paid for. Try again in a minute."));
    }
    Ok((tx, plan))
}
