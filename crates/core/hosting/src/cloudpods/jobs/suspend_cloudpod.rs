//! `SUSPEND_CLOUDPOD`: closed on its server, and seen to be closed from outside.

use super::{apply, enter, wait_until};
use crate::cloudpods::{queries, reconcile::touch_pod, remote};
use db::AuditEvent;
use engine::saga::{Saga, Step, StepCx, StepError, Steps};
use model::{
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, PodStatus},
    ids::CloudPodId,
};
use serde::{Deserialize, Serialize};
use wire::{PodName, observation::PodCondition, spec::PodState, verb::PodObserve};

/// Takes a pod offline; everything of it is kept. Only the pod's reconciler starts it.
#[derive(Serialize, Deserialize)]
pub(crate) struct SuspendCloudpod {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// How many times this was begun for the pod, this one included.
    pub(crate) round: i64,
}

impl Saga for SuspendCloudpod {
    const KIND: &'static str = "SUSPEND_CLOUDPOD";
    const TITLE: &'static str = "Suspend CloudPod";

    fn key(&self) -> String {
        format!("suspend_cloudpod:{}:{}", self.pod, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<CloseSites>().then::<VerifyClosed>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

/// Closes the sites and stops everything. Its outcome is whether that was still wanted.
pub(crate) struct CloseSites;

impl Step for CloseSites {
    type Saga = SuspendCloudpod;
    type Output = bool;
    const NAME: &'static str = "close_sites";
    const TITLE: &'static str = "Close the sites and stop everything";
    // No failure opens a pod that is to be closed: the job needs attention instead.
    const NO_RETURN: bool = true;

    async fn run(cx: &StepCx, saga: &SuspendCloudpod) -> Result<bool, StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        if pod.desired_state != DesiredState::Suspended {
            cx.log(EventLevel::Info, "The suspension was lifted meanwhile; nothing to do.");
            return Ok(false);
        }
        // Also when it is begun again after a person has helped.
        enter(cx, pod.id, PodStatus::Suspending).await?;
        apply(cx, &pod, &server, pod.parts(), PodState::Suspended, "suspend").await?;
        Ok(true)
    }

    async fn undo(_: &StepCx, _: &SuspendCloudpod, _: Option<&bool>) -> Result<(), StepError> {
        Err(StepError::fail("A suspension ends when its last reason is lifted."))
    }
}

/// Asks from outside and on the server; the pod is SUSPENDED when visitors get the neutral page and nothing runs.
pub(crate) struct VerifyClosed;

impl Step for VerifyClosed {
    type Saga = SuspendCloudpod;
    type Output = ();
    const NAME: &'static str = "verify_closed";
    const TITLE: &'static str = "Verify that nothing is served";
    const NO_RETURN: bool = true;

    async fn run(cx: &StepCx, saga: &SuspendCloudpod) -> Result<(), StepError> {
        if !cx.output::<CloseSites>()? {
            return Ok(());
        }
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        if let Err(seen) = wait_until(cx, &pod, &server, |seen| seen.is_closed()).await {
            return Err(StepError::fail(format!("{} still responds: {}.", pod.primary_domain, seen.describe())));
        }
        let name = PodName::new(&*pod.name).map_err(|error| StepError::fail(error.to_string()))?;
        let found = remote::ask(cx, &server, "observe", PodObserve { pod: name }).await?;
        let tasks = found.usage.tasks.unwrap_or(0);
        if found.standing != PodCondition::Suspended || tasks > 0 {
            return Err(StepError::fail(format!("{} is not fully off on {}: {tasks} processes run.", pod.name, server.name)));
        }
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        if queries::set_suspended(tx.conn(), pod.id, now).await? {
            tx.record(
                AuditEvent::new(AuditAction::CloudpodSuspended, "cloud_pod", pod.id, &*pod.name)
                    .in_tenant(pod.tenant_id)
                    .after(serde_json::json!({ "status": PodStatus::Suspended, "server": server.name })),
            );
        }
        touch_pod(tx.conn(), pod.id, now).await?;
        tx.commit_progress().await?;
        cx.log(EventLevel::Info, format!("{} shows a neutral page; nothing of {} runs.", pod.primary_domain, pod.name));
        Ok(())
    }

    async fn undo(_: &StepCx, _: &SuspendCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A suspension ends when its last reason is lifted."))
    }
}
