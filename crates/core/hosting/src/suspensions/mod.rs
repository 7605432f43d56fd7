//! Suspensions: a stack of reasons for each pod. Adding one makes the pod's desired state `SUSPENDED`; lifting the last one makes it `RUNNING`
//! again. The pod's reconciler brings the server to it, by jobs that look from outside whether the site is closed, or open.

mod accounts;
mod letters;
mod queries;
#[cfg(test)]
mod tests;

pub use accounts::{suspend_account, unsuspend_account};

use crate::cloudpods;
use core_administration::outbox;
use db::{AuditEvent, ConstraintExt, PlatformTx, SystemTx};
use engine::{Error, Result, Services};
use letters::{Suspended, Unsuspended};
use model::{
    actor::Actor,
    audit_action::AuditAction,
    hosting::suspensions::SuspensionReason,
    ids::{CloudPodId, SubscriptionId, SuspensionId},
    permission::{CloudpodsManage, WritePermission},
};
use serde_json::json;
use uuid::Uuid;

/// In whose name reasons of unpaid subscriptions stand.
const BILLING: &str = "billing";

/// Longest note.
const MAX_NOTE_CHARS: usize = 1000;

/// Registers what this module has.
pub(crate) fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<accounts::SuspendedAccounts>();
}

/// Adds a reason to suspend a pod, and writes to the address that its account is billed at. The site goes offline as soon as its server has
/// done it.
///
/// # Errors
/// On field `note` when it is too long; a conflict when the pod has this reason already, or is in no state to be suspended.
pub async fn suspend(services: &Services, mut tx: PlatformTx<CloudpodsManage>, pod: CloudPodId, reason: SuspensionReason, note: &str) -> Result<()> {
    if reason == SuspensionReason::Account {
        return Err(Error::field("reason", "Suspend the account instead."));
    }
    let note = note.trim();
    if note.chars().count() > MAX_NOTE_CHARS {
        return Err(Error::field("note", format!("Use at most {MAX_NOTE_CHARS} characters.")));
    }
    let found = cloudpods::lock_for_suspension(tx.conn(), pod).await?;
    let id = SuspensionId(Uuid::now_v7());
    let actor = tx.caller().actor.clone();
    queries::insert(tx.conn(), id, found.tenant, pod, reason, note, &actor, services.now())
        .await
        .on_constraint("pod_suspensions_reason_key", || Error::conflict("This CloudPod is already suspended for this reason."))?;
    cloudpods::set_suspension_desired(tx.conn(), pod, true, services.now()).await?;
    let letter = Suspended { domain: found.domain, reason: reason.title().to_owned() };
    send_mail(services, &mut tx, found.tenant, &letter).await?;
    let event = AuditEvent::new(AuditAction::SuspensionAdded, "cloud_pod", pod, found.name).in_tenant(found.tenant);
    Ok(tx.commit(event.after(json!({ "reason": reason, "has_note": !note.is_empty() }))).await?)
}

/// What suspending a pod would close, a line each: the plan of its server, and of everything else that a suspension binds.
///
/// # Errors
/// Not found; a conflict when the pod is on no server, or it refuses; unavailable when it is not reached.
pub async fn preview(services: &Services, tx: PlatformTx<CloudpodsManage>, pod: CloudPodId) -> Result<Vec<String>> {
    tx.finish().await?;
    cloudpods::plan_of_suspension(services, pod, true).await
}

/// What lifting a reason would open again, a line each, as [`preview`] says what is closed; nothing while other reasons are left.
///
/// # Errors
/// Not found when the pod is not suspended for this reason; a conflict when the pod is on no server, or it refuses; unavailable when it is not
/// reached.
pub async fn preview_unsuspend(
    services: &Services,
    mut tx: PlatformTx<CloudpodsManage>,
    pod: CloudPodId,
    reason: SuspensionReason,
) -> Result<Vec<String>> {
    let has = queries::has(tx.conn(), pod, reason).await?;
    let count = queries::count(tx.conn(), pod).await?;
    tx.finish().await?;
    match (has, count) {
        (false, _) => Err(Error::not_found("Suspension")),
        (true, 1) => cloudpods::plan_of_suspension(services, pod, false).await,
        (true, _) => Ok(Vec::new()),
    }
}

/// Lifts a reason. The site comes back when it was the last one.
///
/// # Errors
/// Not found when the pod is not suspended for this reason; a conflict when it is in no state to be brought back.
pub async fn unsuspend(services: &Services, mut tx: PlatformTx<CloudpodsManage>, pod: CloudPodId, reason: SuspensionReason) -> Result<()> {
    if reason == SuspensionReason::Account {
        return Err(Error::conflict("The account is suspended. Lift its suspension instead."));
    }
    let found = cloudpods::lock_for_suspension(tx.conn(), pod).await?;
    let actor = tx.caller().actor.clone();
    if !queries::lift(tx.conn(), pod, reason, None, &actor, services.now()).await? {
        return Err(Error::not_found("Suspension"));
    }
    let left = queries::count(tx.conn(), pod).await?;
    if left == 0 {
        cloudpods::set_suspension_desired(tx.conn(), pod, false, services.now()).await?;
        send_mail(services, &mut tx, found.tenant, &Unsuspended { domain: found.domain }).await?;
    }
    let event = AuditEvent::new(AuditAction::SuspensionLifted, "cloud_pod", pod, found.name).in_tenant(found.tenant);
    Ok(tx.commit(event.before(json!({ "reason": reason })).after(json!({ "left": left }))).await?)
}

/// CloudPods of a subscription that is unpaid for too long have that reason to be suspended; once it is paid, they have not. Reasons that a
/// person gave stay. Billing writes the mail about it. Answers with the names of pods that cannot be suspended yet.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn follow_payment(services: &Services, tx: &mut SystemTx, subscription: SubscriptionId, is_unpaid: bool) -> Result<Vec<String>> {
    let (now, billing) = (services.now(), Actor::system(BILLING));
    let mut left = Vec::new();
    for pod in cloudpods::lock_of_subscription(tx.conn(), subscription).await? {
        let action = if is_unpaid {
            if queries::has(tx.conn(), pod.id, SuspensionReason::NonPayment).await? {
                continue;
            }
            if !pod.can_change {
                left.extend(pod.is_on_its_way.then_some(pod.name));
                continue;
            }
            let id = SuspensionId(Uuid::now_v7());
            queries::insert(tx.conn(), id, pod.tenant, pod.id, SuspensionReason::NonPayment, "", &billing, now).await?;
            cloudpods::set_suspension_desired(tx.conn(), pod.id, true, now).await?;
            AuditAction::SuspensionAdded
        } else {
            if !queries::lift(tx.conn(), pod.id, SuspensionReason::NonPayment, Some(&billing), &billing, now).await? {
                continue;
            }
            if pod.can_change && queries::count(tx.conn(), pod.id).await? == 0 {
                cloudpods::set_suspension_desired(tx.conn(), pod.id, false, now).await?;
            }
            AuditAction::SuspensionLifted
        };
        let event = AuditEvent::new(action, "cloud_pod", pod.id, pod.name).in_tenant(pod.tenant);
        tx.record(event.after(json!({ "reason": SuspensionReason::NonPayment })));
    }
    Ok(left)
}

/// Writes to the address that the account is billed at.
async fn send_mail<P: WritePermission, L: engine::mail::Letter>(
    services: &Services,
    tx: &mut PlatformTx<P>,
    tenant: model::ids::TenantId,
    letter: &L,
) -> Result<()> {
    let Ok(to) = wire::Email::new(queries::billing_email(tx.conn(), tenant).await?) else { return Ok(()) };
    let queued = outbox::queue(services, tx.conn(), Some(tenant), &to, letter).await?;
    tx.record(queued);
    Ok(())
}
