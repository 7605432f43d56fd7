//! `SUSPEND_CLOUDPOD`: closed on its server, and seen to be closed from outside.

use super::{apply, observe, see_closed, set_status, ship};
use crate::cloudpods::{
    queries::{self, PodFacts, ServerFacts},
    reconcile::touch_pod,
    remote,
};
use db::AuditEvent;
use engine::saga::{Saga, Step, StepCx, StepError, Steps};
use model::{
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, PodStatus},
    ids::CloudPodId,
};
use serde::{Deserialize, Serialize};
use wire::spec::PodState;

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
    const TITLE: &'static str = "Take sites offline and stop all processes";
    // No failure opens a pod that is to be closed: the job needs attention instead.
    const NO_RETURN: bool = true;

    async fn run(cx: &StepCx, saga: &SuspendCloudpod) -> Result<bool, StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        if pod.desired_state != DesiredState::Suspended {
            cx.log(EventLevel::Info, "The suspension was lifted before this job started. Nothing to do.");
            return Ok(false);
        }
        // Also when it is begun again after a person has helped.
        set_status(cx, pod.id, PodStatus::Suspending).await?;
        close(cx, &pod, &server, "suspend").await?;
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
    const TITLE: &'static str = "Verify that the site is offline";
    const NO_RETURN: bool = true;

    async fn run(cx: &StepCx, saga: &SuspendCloudpod) -> Result<(), StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        let now = cx.services().now();
        if !cx.output::<CloseSites>()? || pod.desired_state != DesiredState::Suspended {
            let mut tx = cx.begin().await?;
            touch_pod(tx.conn(), pod.id, now).await?;
            return Ok(tx.commit_progress().await?);
        }
        // Long after the first step, a person may have started this one again.
        close(cx, &pod, &server, "again").await?;
        see_closed(cx, &pod, &server).await?;
        let measured = observe(cx, &pod, &server, "observe").await?;
        if measured.tasks() > 0 {
            let tasks = measured.tasks();
            return Err(StepError::retry(format!("{} is not fully suspended on {}: {tasks} processes are still running.", pod.name, server.name)));
        }
        if !measured.is_suspended() {
            cx.log(EventLevel::Warn, format!("{} finds parts of {} that are not as expected; its page shows them.", server.name, pod.name));
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
        cx.log(EventLevel::Info, format!("{} is offline; no process of {} is running.", pod.primary_domain, pod.name));
        Ok(())
    }

    async fn undo(_: &StepCx, _: &SuspendCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A suspension ends when its last reason is lifted."))
    }
}

/// Has the server close the pod.
async fn close(cx: &StepCx, pod: &PodFacts, server: &ServerFacts, part: &str) -> Result<(), StepError> {
    let parts = ship::parts(cx, pod, server).await?;
    apply(cx, pod, server, parts, PodState::Suspended, part).await?;
    Ok(())
}
