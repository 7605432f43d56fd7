//! Suspensions: a stack of reasons for each pod. Adding one makes the pod's desired state `SUSPENDED`; lifting the last one makes it `RUNNING`
//! again. The pod's reconciler brings the server to it, by jobs that look from outside whether the site is closed, or open.

mod letters;
mod queries;
#[cfg(test)]
mod tests;

use crate::cloudpods;
use core_administration::outbox;
use db::{AuditEvent, ConstraintExt, PlatformTx};
use engine::{Error, Result, Services};
use letters::{Suspended, Unsuspended};
use model::{
    audit_action::AuditAction,
    hosting::suspensions::SuspensionReason,
    ids::{CloudPodId, SuspensionId},
    permission::CloudpodsManage,
};
use serde_json::json;
use uuid::Uuid;

/// Longest note.
const MAX_NOTE_CHARS: usize = 1000;

/// Adds a reason to suspend a pod, and writes to the address that its account is billed at. The site goes offline as soon as its server has
/// done it.
///
/// # Errors
/// On field `note` when it is too long; a conflict when the pod has this reason already, or is in no state to be suspended.
pub async fn suspend(services: &Services, mut tx: PlatformTx<CloudpodsManage>, pod: CloudPodId, reason: SuspensionReason, note: &str) -> Result<()> {
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

/// Lifts a reason. The site comes back when it was the last one.
///
/// # Errors
/// Not found when the pod is not suspended for this reason; a conflict when it is in no state to be brought back.
pub async fn unsuspend(services: &Services, mut tx: PlatformTx<CloudpodsManage>, pod: CloudPodId, reason: SuspensionReason) -> Result<()> {
    let found = cloudpods::lock_for_suspension(tx.conn(), pod).await?;
    let actor = tx.caller().actor.clone();
    if !queries::lift(tx.conn(), pod, reason, &actor, services.now()).await? {
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

/// Writes to the address that the account is billed at.
async fn send_mail<L: engine::mail::Letter>(
    services: &Services,
    tx: &mut PlatformTx<CloudpodsManage>,
    tenant: model::ids::TenantId,
    letter: &L,
) -> Result<()> {
    let Ok(to) = wire::Email::new(queries::billing_email(tx.conn(), tenant).await?) else { return Ok(()) };
    let queued = outbox::queue(services, tx.conn(), Some(tenant), &to, letter).await?;
    tx.record(queued);
    Ok(())
}
