//! `SUSPEND_CLOUDPOD`: closed on its server, and seen to be closed from outside.

use super::{observe, set_status};
use crate::cloudpods::{participants, queries, reconcile::touch_pod, remote};
use db::AuditEvent;
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, PodStatus},
    ids::CloudPodId,
};
use serde::{Deserialize, Serialize};

/// Takes a pod offline; everything of it is kept. Only the pod's reconciler starts it.
#[derive(Serialize, Deserialize)]
pub(crate) struct SuspendCloudpod {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// How many times this was begun for the pod, this one included.
    pub(crate) round: i64,
    /// What it binds beside what the pod's server runs.
    #[serde(default)]
    pub(crate) participants: Vec<String>,
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
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &SuspendCloudpod) -> Result<bool, StepError> {
        let (pod, _) = remote::facts_on_server(cx, saga.pod).await?;
        if pod.desired_state != DesiredState::Suspended {
            cx.log(EventLevel::Info, "The suspension was lifted before this job started. Nothing to do.");
            return Ok(false);
        }
        // Also when it is begun again after a person has helped.
        set_status(cx, pod.id, PodStatus::Suspending).await?;
        for one in participants::of_job(cx.services(), &saga.participants)? {
            one.suspend(cx, &pod.bound()).await?;
        }
        Ok(true)
    }

    async fn undo(_: &StepContext, _: &SuspendCloudpod, _: Option<&bool>) -> Result<(), StepError> {
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
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &SuspendCloudpod) -> Result<(), StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        let now = cx.services().now();
        if !cx.output::<CloseSites>()? || pod.desired_state != DesiredState::Suspended {
            let mut tx = cx.begin().await?;
            touch_pod(tx.conn(), pod.id, now).await?;
            return Ok(tx.commit_progress().await?);
        }
        // Long after the first step, a person may have started this one again.
        let all = participants::of_job(cx.services(), &saga.participants)?;
        for one in &all {
            one.suspend(cx, &pod.bound()).await?;
        }
        participants::verify(cx, &all, &pod.bound(), true).await?;
        if !observe(cx, &pod, &server, "observe").await?.is_suspended() {
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

    async fn undo(_: &StepContext, _: &SuspendCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A suspension ends when its last reason is lifted."))
    }
}
