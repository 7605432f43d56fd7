//! Takes the site offline; its data stays.

use super::{
    super::{apply, see_closed, see_open, ship, wait_until},
    DeleteCloudpod,
};
use crate::cloudpods::{
    outside::Seen,
    participants,
    queries::{self, PodFacts},
    reconcile::touch_pod,
    remote,
};
use db::AuditEvent;
use engine::saga::{Step, StepContext, StepError};
use model::{
    Time,
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, ObservedState, PodStatus},
};
use wire::{
    PodName,
    spec::PodState,
    verb::{PodRemove, RemoveMode},
};

/// Stops the pod and looks from outside whether it is off. Its outcome is until when the data is kept; nothing for a pod
/// that never had a place.
pub(super) struct TakeOffAir;

impl Step for TakeOffAir {
    type Saga = DeleteCloudpod;
    type Output = Option<Time>;
    const NAME: &'static str = "take_off_air";
    const TITLE: &'static str = "Take the site offline";

    async fn run(cx: &StepContext, saga: &DeleteCloudpod) -> Result<Option<Time>, StepError> {
        let (pod, server) = remote::facts(cx, saga.pod).await?;
        if let (PodStatus::Held, Some(until)) = (pod.status, pod.held_until) {
            return Ok(Some(until));
        }
        begin(cx, &pod).await?;
        let Some(server) = server else {
            cx.log(EventLevel::Info, "The CloudPod is not on any server; nothing to keep.");
            return Ok(None);
        };
        let name = PodName::new(&*pod.name).map_err(|error| StepError::fail(error.to_string()))?;
        remote::ask(cx, &server, "hold", PodRemove { pod: name, mode: RemoveMode::Hold }).await?;
        if wait_until(cx, &pod, &server, Seen::is_offline).await.is_err() {
            return Err(StepError::retry(format!("{} is still online.", pod.primary_domain)));
        }
        let others = participants::others_of_job(cx.services(), &saga.participants)?;
        for one in &others {
            one.suspend(cx, &pod.bound()).await?;
        }
        participants::verify(cx, &others, &pod.bound(), true).await?;
        let now = cx.services().now();
        let until = now + chrono::Duration::seconds(saga.grace_seconds);
        let mut tx = cx.begin().await?;
        queries::set_held(tx.conn(), pod.id, until, now).await?;
        let event = AuditEvent::new(AuditAction::CloudpodHeld, "cloud_pod", pod.id, &*pod.name)
            .in_tenant(pod.tenant_id)
            .after(serde_json::json!({ "status": PodStatus::Held, "held_until": until }));
        tx.commit(event).await?;
        cx.log(EventLevel::Info, format!("{} is offline. Data is kept until {} UTC.", pod.primary_domain, until.format("%Y-%m-%d %H:%M:%S")));
        Ok(Some(until))
    }

    async fn undo(cx: &StepContext, saga: &DeleteCloudpod, _: Option<&Option<Time>>) -> Result<(), StepError> {
        let (pod, server) = remote::facts(cx, saga.pod).await?;
        let mut tx = cx.begin_read().await?;
        // Not what it was: a reason may have come or gone since the deletion was asked for.
        let is_suspended = queries::has_suspension(tx.conn(), pod.id).await?;
        tx.finish().await?;
        let (is, seen) = match server.filter(|_| saga.was.is_placed()) {
            None => ((saga.was, DesiredState::Running), None),
            Some(server) => {
                let parts = ship::parts(cx, &pod, &server).await?;
                for one in participants::others_of_job(cx.services(), &saga.participants)? {
                    if is_suspended { one.suspend(cx, &pod.bound()).await? } else { one.unsuspend(cx, &pod.bound()).await? }
                }
                if is_suspended {
                    apply(cx, &pod, &server, parts, PodState::Suspended, "undo").await?;
                    see_closed(cx, &pod, &server).await?;
                    ((PodStatus::Suspended, DesiredState::Suspended), Some((ObservedState::Suspended, None)))
                } else {
                    apply(cx, &pod, &server, parts, PodState::Running, "undo").await?;
                    let observed = see_open(cx, &pod, &server).await?;
                    ((PodStatus::Running, DesiredState::Running), Some((ObservedState::Running, Some(observed))))
                }
            }
        };
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        let seen = seen.as_ref().map(|(state, observed)| (*state, observed.as_ref()));
        queries::set_back(tx.conn(), pod.id, is, seen, now).await?;
        touch_pod(tx.conn(), pod.id, now).await?;
        Ok(tx.commit_progress().await?)
    }
}

/// Marks the pod as being deleted. A retried job may find it in any state; one that another job creates or deletes is left alone.
async fn begin(cx: &StepContext, pod: &PodFacts) -> Result<(), StepError> {
    let mut tx = cx.begin().await?;
    queries::lock(tx.conn(), pod.id).await?;
    match queries::facts(tx.conn(), pod.id).await?.map(|pod| pod.status) {
        Some(status) if status.is_placed() || matches!(status, PodStatus::Failed | PodStatus::Deleting) => {}
        _ => return Err(StepError::fail("The CloudPod is in no state to be deleted.")),
    }
    queries::set_status_and_desired(tx.conn(), pod.id, PodStatus::Deleting, DesiredState::Held).await?;
    Ok(tx.commit_progress().await?)
}
