//! `HEAL_CLOUDPOD`: a pod that differs from its plan is made as planned again.

use super::{apply, see_open, ship};
use crate::cloudpods::{reconcile::touch_pod, remote, spec};
use db::AuditEvent;
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, PodStatus},
    ids::CloudPodId,
};
use serde::{Deserialize, Serialize};
use wire::{spec::PodState, verb::PodPlan};

/// Applies the plan of a running pod again. Only the pod's reconciler starts it.
#[derive(Serialize, Deserialize)]
pub(crate) struct HealCloudpod {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// How many times this was begun for the pod, this one included.
    pub(crate) round: i64,
}

impl Saga for HealCloudpod {
    const KIND: &'static str = "HEAL_CLOUDPOD";
    const TITLE: &'static str = "Repair CloudPod";

    fn key(&self) -> String {
        format!("heal_cloudpod:{}:{}", self.pod, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<ApplyPlan>().then::<VerifyPlan>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

/// Applies the plan. Its outcome is how many parts differed; nothing when the pod is not to run any more.
pub(crate) struct ApplyPlan;

impl Step for ApplyPlan {
    type Saga = HealCloudpod;
    type Output = Option<u32>;
    const NAME: &'static str = "apply_plan";
    const TITLE: &'static str = "Apply the plan";
    // What was there before differed from the plan: there is nothing to go back to.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &HealCloudpod) -> Result<Option<u32>, StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        if (pod.desired_state, pod.status) != (DesiredState::Running, PodStatus::Running) {
            cx.log(EventLevel::Info, "The CloudPod is not running. Nothing to repair.");
            return Ok(None);
        }
        let parts = ship::parts(cx, &pod, &server).await?;
        apply(cx, &pod, &server, parts, PodState::Running, "heal").await.map(Some)
    }

    async fn undo(_: &StepContext, _: &HealCloudpod, _: Option<&Option<u32>>) -> Result<(), StepError> {
        Err(StepError::fail("A repair can't be undone."))
    }
}

/// Asks the server whether anything is left to change, and a visitor's way whether the site responds.
pub(crate) struct VerifyPlan;

impl Step for VerifyPlan {
    type Saga = HealCloudpod;
    type Output = ();
    const NAME: &'static str = "verify_plan";
    const TITLE: &'static str = "Verify plan and site";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &HealCloudpod) -> Result<(), StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        let runs = (pod.desired_state, pod.status) == (DesiredState::Running, PodStatus::Running);
        let mut healed = None;
        if let Some(parts) = cx.output::<ApplyPlan>()?.filter(|_| runs) {
            let spec = spec::pod_spec(cx.services(), &pod, pod.parts(), PodState::Running)?;
            let plan = remote::ask(cx, &server, "plan", PodPlan { spec }).await?;
            if let Some(left) = plan.differences().next() {
                return Err(StepError::retry(format!("{} still differs on {}: {}.", pod.name, server.name, left.what)));
            }
            see_open(cx, &pod, &server).await?;
            let event = AuditEvent::new(AuditAction::CloudpodHealed, "cloud_pod", pod.id, &*pod.name).in_tenant(pod.tenant_id);
            healed = Some(event.after(serde_json::json!({ "server": server.name, "parts": parts })));
            cx.log(EventLevel::Info, format!("{} is as planned; {parts} parts differed.", pod.name));
        }
        let mut tx = cx.begin().await?;
        touch_pod(tx.conn(), pod.id, cx.services().now()).await?;
        healed.into_iter().for_each(|event| tx.record(event));
        Ok(tx.commit_progress().await?)
    }

    async fn undo(_: &StepContext, _: &HealCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A repair can't be undone."))
    }
}
