//! `RESTART_CLOUDPOD`: the processes of a pod begin anew; its visitors wait meanwhile.

use super::see_open;
use crate::cloudpods::{reconcile::touch_pod, remote};
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{
    administration::provisioning::EventLevel,
    hosting::cloudpods::{DesiredState, PodStatus},
    ids::CloudPodId,
};
use serde::{Deserialize, Serialize};
use wire::{PodName, verb::PodRestart};

/// Restarts the services and the database of a pod.
#[derive(Serialize, Deserialize)]
pub(crate) struct RestartCloudpod {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// How many times this was begun for the pod, this one included.
    pub(crate) round: i64,
}

impl Saga for RestartCloudpod {
    const KIND: &'static str = "RESTART_CLOUDPOD";
    const TITLE: &'static str = "Restart CloudPod";

    fn key(&self) -> String {
        format!("restart_cloudpod:{}:{}", self.pod, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<RestartServices>().then::<VerifySite>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

/// Restarts everything. Its outcome is how many units that were; nothing when the pod is not running any more.
pub(crate) struct RestartServices;

impl Step for RestartServices {
    type Saga = RestartCloudpod;
    type Output = Option<usize>;
    const NAME: &'static str = "restart_services";
    const TITLE: &'static str = "Restart services and database";
    // A process that has ended does not come back: what does not start needs attention.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &RestartCloudpod) -> Result<Option<usize>, StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        if (pod.desired_state, pod.status) != (DesiredState::Running, PodStatus::Running) {
            cx.log(EventLevel::Info, "The CloudPod is not running. Nothing to restart.");
            return Ok(None);
        }
        let name = PodName::new(&*pod.name).map_err(|error| StepError::fail(error.to_string()))?;
        let restarted = remote::ask(cx, &server, "restart", PodRestart { pod: name }).await?;
        Ok(Some(restarted.units.len()))
    }

    async fn undo(_: &StepContext, _: &RestartCloudpod, _: Option<&Option<usize>>) -> Result<(), StepError> {
        Err(StepError::fail("A restart can't be undone."))
    }
}

/// Looks from outside whether the site responds.
pub(crate) struct VerifySite;

impl Step for VerifySite {
    type Saga = RestartCloudpod;
    type Output = ();
    const NAME: &'static str = "verify_site";
    const TITLE: &'static str = "Verify that the site responds";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &RestartCloudpod) -> Result<(), StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        if cx.output::<RestartServices>()?.is_some() {
            see_open(cx, &pod, &server).await?;
        }
        let mut tx = cx.begin().await?;
        touch_pod(tx.conn(), pod.id, cx.services().now()).await?;
        Ok(tx.commit_progress().await?)
    }

    async fn undo(_: &StepContext, _: &RestartCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A restart can't be undone."))
    }
}
