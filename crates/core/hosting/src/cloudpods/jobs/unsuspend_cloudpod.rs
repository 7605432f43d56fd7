//! `UNSUSPEND_CLOUDPOD`: brought back with everything it had, and seen from outside to respond.

use super::set_status;
use crate::cloudpods::{
    outside::{self, Seen},
    participants, queries,
    reconcile::touch_pod,
    remote,
};
use db::AuditEvent;
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, PodObservation, PodStatus},
    ids::CloudPodId,
};
use serde::{Deserialize, Serialize};

/// Brings a suspended pod back. Only the pod's reconciler starts it.
#[derive(Serialize, Deserialize)]
pub(crate) struct UnsuspendCloudpod {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// How many times this was begun for the pod, this one included.
    pub(crate) round: i64,
    /// What it brings back beside what the pod's server runs.
    #[serde(default)]
    pub(crate) participants: Vec<String>,
}

impl Saga for UnsuspendCloudpod {
    const KIND: &'static str = "UNSUSPEND_CLOUDPOD";
    const TITLE: &'static str = "Unsuspend CloudPod";

    fn key(&self) -> String {
        format!("unsuspend_cloudpod:{}:{}", self.pod, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<OpenSites>().then::<VerifyOpen>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

/// Starts everything and opens the sites. Its outcome is whether that was still wanted.
pub(crate) struct OpenSites;

impl Step for OpenSites {
    type Saga = UnsuspendCloudpod;
    type Output = bool;
    const NAME: &'static str = "open_sites";
    const TITLE: &'static str = "Start services and bring sites online";

    async fn run(cx: &StepContext, saga: &UnsuspendCloudpod) -> Result<bool, StepError> {
        let (pod, _) = remote::facts_on_server(cx, saga.pod).await?;
        if pod.desired_state != DesiredState::Running {
            cx.log(EventLevel::Info, "Another suspension reason remains. Nothing to do.");
            return Ok(false);
        }
        // Also when it is begun again after it was rolled back.
        set_status(cx, pod.id, PodStatus::Unsuspending).await?;
        for one in participants::of_job(cx.services(), &saga.participants)? {
            one.unsuspend(cx, &pod.bound()).await?;
        }
        Ok(true)
    }

    /// Closed again: a pod that does not come back must not stay half open.
    async fn undo(cx: &StepContext, saga: &UnsuspendCloudpod, _: Option<&bool>) -> Result<(), StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        for one in participants::of_job(cx.services(), &saga.participants)? {
            one.suspend(cx, &pod.bound()).await?;
        }
        let mut tx = cx.begin().await?;
        queries::set_status(tx.conn(), pod.id, PodStatus::Suspended).await?;
        if pod.status == PodStatus::Running {
            tx.record(
                AuditEvent::new(AuditAction::CloudpodSuspended, "cloud_pod", pod.id, &*pod.name)
                    .in_tenant(pod.tenant_id)
                    .before(serde_json::json!({ "status": pod.status }))
                    .after(serde_json::json!({ "status": PodStatus::Suspended, "server": server.name })),
            );
        }
        Ok(tx.commit_progress().await?)
    }
}

/// Opens the site as a visitor would; the pod is RUNNING when it responds.
pub(crate) struct VerifyOpen;

impl Step for VerifyOpen {
    type Saga = UnsuspendCloudpod;
    type Output = ();
    const NAME: &'static str = "verify_open";
    const TITLE: &'static str = "Verify that the site responds";

    async fn run(cx: &StepContext, saga: &UnsuspendCloudpod) -> Result<(), StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        if !cx.output::<OpenSites>()? {
            let mut tx = cx.begin().await?;
            touch_pod(tx.conn(), pod.id, cx.services().now()).await?;
            return Ok(tx.commit_progress().await?);
        }
        let all = participants::of_job(cx.services(), &saga.participants)?;
        participants::verify(cx, &all, &pod.bound(), false).await?;
        let observed = match outside::look(cx.services(), &pod, &server).await {
            Seen::Page { status, title, .. } => PodObservation { http_status: Some(status), title, ..PodObservation::default() },
            Seen::Nothing(_) => PodObservation::default(),
        };
        cx.log(EventLevel::Info, format!("{} responds again.", pod.primary_domain));
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        if queries::set_unsuspended(tx.conn(), pod.id, &observed, now).await? {
            tx.record(
                AuditEvent::new(AuditAction::CloudpodUnsuspended, "cloud_pod", pod.id, &*pod.name)
                    .in_tenant(pod.tenant_id)
                    .after(serde_json::json!({ "status": PodStatus::Running, "server": server.name })),
            );
        }
        touch_pod(tx.conn(), pod.id, now).await?;
        tx.commit_progress().await?;
        Ok(())
    }

    async fn undo(_: &StepContext, _: &UnsuspendCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}
