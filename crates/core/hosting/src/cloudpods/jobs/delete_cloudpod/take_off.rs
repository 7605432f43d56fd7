//! Takes the site offline; its data stays.

use super::{
    super::{apply, see_running, ship, wait_until},
    DeleteCloudpod,
};
use crate::cloudpods::{queries, remote};
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
        if let (PodStatus::Running, Some(server)) = (saga.was, server) {
            let parts = ship::ship(cx, &pod, &server).await?;
            apply(cx, &pod, &server, parts, "undo").await?;
            see_running(cx, &pod, &server).await?;
            return Ok(());
        }
        let mut tx = cx.begin().await?;
        queries::set_status(tx.conn(), pod.id, saga.was, DesiredState::Running).await?;
        tx.commit_progress().await?;
        Ok(())
    }
}
