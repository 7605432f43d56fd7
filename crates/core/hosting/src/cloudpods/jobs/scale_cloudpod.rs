//! `SCALE_CLOUDPOD`: other limits for a pod that runs, without a restart.

use super::{apply, see_open, ship};
use crate::cloudpods::{reconcile::touch_pod, remote, scale::queries, spec};
use db::AuditEvent;
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, Limits, PodStatus},
    ids::CloudPodId,
};
use serde::{Deserialize, Serialize};
use wire::{spec::PodState, verb::PodPlan};

/// Gives a pod on its server the limits that were ordered. Only the pod's reconciler starts it.
#[derive(Serialize, Deserialize)]
pub(crate) struct ScaleCloudpod {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// How many times this was begun for the pod, this one included.
    pub(crate) round: i64,
}

impl Saga for ScaleCloudpod {
    const KIND: &'static str = "SCALE_CLOUDPOD";
    const TITLE: &'static str = "Scale CloudPod";

    fn key(&self) -> String {
        format!("scale_cloudpod:{}:{}", self.pod, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<ApplyLimits>().then::<VerifyLimits>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

/// Applies the limits. Its outcome is which; nothing when the pod does not run: it gets them when it comes back.
pub(crate) struct ApplyLimits;

impl Step for ApplyLimits {
    type Saga = ScaleCloudpod;
    type Output = Option<Limits>;
    const NAME: &'static str = "apply_limits";
    const TITLE: &'static str = "Apply the new limits";
    // They are paid for: what cannot be applied needs attention, and is not taken back.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &ScaleCloudpod) -> Result<Option<Limits>, StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        if (pod.desired_state, pod.status) != (DesiredState::Running, PodStatus::Running) {
            cx.log(EventLevel::Info, "The CloudPod is not running. It gets its limits when it comes back online.");
            return Ok(None);
        }
        let parts = ship::parts(cx, &pod, &server).await?;
        apply(cx, &pod, &server, parts, PodState::Running, "scale").await?;
        Ok(Some(pod.limits()))
    }

    async fn undo(_: &StepContext, _: &ScaleCloudpod, _: Option<&Option<Limits>>) -> Result<(), StepError> {
        Err(StepError::fail("Limits that were ordered are not taken back."))
    }
}

/// Asks the server whether anything is left to change, and a visitor's way whether the site responds.
pub(crate) struct VerifyLimits;

impl Step for VerifyLimits {
    type Saga = ScaleCloudpod;
    type Output = ();
    const NAME: &'static str = "verify_limits";
    const TITLE: &'static str = "Verify limits and site";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &ScaleCloudpod) -> Result<(), StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        let now = cx.services().now();
        let applied = cx.output::<ApplyLimits>()?;
        let runs = (pod.desired_state, pod.status) == (DesiredState::Running, PodStatus::Running);
        let Some(limits) = applied.filter(|limits| runs && *limits == pod.limits()) else {
            // Ordered anew, or on its way out: the reconciler looks again.
            let mut tx = cx.begin().await?;
            touch_pod(tx.conn(), pod.id, now).await?;
            return Ok(tx.commit_progress().await?);
        };
        let spec = spec::pod_spec(cx.services(), &pod, pod.parts(), PodState::Running)?;
        let plan = remote::ask(cx, &server, "plan", PodPlan { spec }).await?;
        if let Some(left) = plan.differences().next() {
            return Err(StepError::retry(format!("{} still differs on {}: {}.", pod.name, server.name, left.what)));
        }
        see_open(cx, &pod, &server).await?;
        let mut tx = cx.begin().await?;
        if queries::set_quota_applied(tx.conn(), pod.id, limits).await? {
            tx.record(
                AuditEvent::new(AuditAction::CloudpodScaled, "cloud_pod", pod.id, &*pod.name)
                    .in_tenant(pod.tenant_id)
                    .after(serde_json::json!({ "limits": limits, "server": server.name })),
            );
        }
        touch_pod(tx.conn(), pod.id, now).await?;
        tx.commit_progress().await?;
        cx.log(EventLevel::Info, format!("{} has its new limits.", pod.name));
        Ok(())
    }

    async fn undo(_: &StepContext, _: &ScaleCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("Limits that were ordered are not taken back."))
    }
}
