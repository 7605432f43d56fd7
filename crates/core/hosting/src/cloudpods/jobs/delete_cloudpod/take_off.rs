//! Takes the site offline; its data stays.

use super::{
    super::{apply, see_open, ship, wait_until},
    DeleteCloudpod,
};
use crate::cloudpods::{queries, reconcile::touch_pod, remote};
use db::AuditEvent;
use engine::saga::{Step, StepCx, StepError};
use model::{
    Time,
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, PodStatus},
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

    async fn run(cx: &StepCx, saga: &DeleteCloudpod) -> Result<Option<Time>, StepError> {
        let (pod, server) = remote::facts(cx, saga.pod).await?;
        let Some(server) = server else {
            cx.log(EventLevel::Info, "The CloudPod is not on any server; nothing to keep.");
            return Ok(None);
        };
        if let (PodStatus::Held, Some(until)) = (pod.status, pod.held_until) {
            return Ok(Some(until));
        }
        let name = PodName::new(&*pod.name).map_err(|error| StepError::fail(error.to_string()))?;
        remote::ask(cx, &server, "hold", PodRemove { pod: name, mode: RemoveMode::Hold }).await?;
        if wait_until(cx, &pod, &server, |seen| !seen.is_site(pod.title())).await.is_err() {
            return Err(StepError::retry(format!("{} is still online.", pod.primary_domain)));
        }
        let until = cx.services().now() + chrono::Duration::seconds(saga.grace_seconds);
        let mut tx = cx.begin().await?;
        queries::set_held(tx.conn(), pod.id, until).await?;
        let event = AuditEvent::new(AuditAction::CloudpodHeld, "cloud_pod", pod.id, &*pod.name)
            .in_tenant(pod.tenant_id)
            .after(serde_json::json!({ "status": PodStatus::Held, "held_until": until }));
        tx.commit(event).await?;
        cx.log(EventLevel::Info, format!("{} is offline. Data is kept until {} UTC.", pod.primary_domain, until.format("%Y-%m-%d %H:%M:%S")));
        Ok(Some(until))
    }

    async fn undo(cx: &StepCx, saga: &DeleteCloudpod, _: Option<&Option<Time>>) -> Result<(), StepError> {
        let (pod, server) = remote::facts(cx, saga.pod).await?;
        let desired = if saga.was == PodStatus::Suspended { DesiredState::Suspended } else { DesiredState::Running };
        let mut observed = None;
        if let (PodStatus::Running | PodStatus::Suspended, Some(server)) = (saga.was, server) {
            let parts = if pod.knows_its_parts() { pod.parts() } else { ship::ship(cx, &pod, &server).await? };
            let state = if desired == DesiredState::Suspended { PodState::Suspended } else { PodState::Running };
            apply(cx, &pod, &server, parts, state, "undo").await?;
            if state == PodState::Running {
                observed = Some(see_open(cx, &pod, &server).await?);
            }
        }
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        queries::set_status(tx.conn(), pod.id, saga.was, desired).await?;
        if let Some(observed) = observed {
            queries::set_running(tx.conn(), pod.id, &observed, now).await?;
        }
        touch_pod(tx.conn(), pod.id, now).await?;
        tx.commit_progress().await?;
        Ok(())
    }
}
