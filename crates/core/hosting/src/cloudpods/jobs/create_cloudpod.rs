//! `CREATE_CLOUDPOD`: from a paid order to a page that answers.

use super::{apply, see_running, ship};
use crate::cloudpods::{place, remote, spec::Parts};
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{
    administration::provisioning::EventLevel,
    hosting::cloudpods::PodObservation,
    ids::{CloudPodId, ServerId},
};
use serde::{Deserialize, Serialize};
use wire::spec::PodState;

/// Makes a pod.
#[derive(Serialize, Deserialize)]
pub(crate) struct CreateCloudpod {
    /// The pod, ordered before.
    pub(crate) pod: CloudPodId,
}

impl Saga for CreateCloudpod {
    const KIND: &'static str = "CREATE_CLOUDPOD";
    const TITLE: &'static str = "Create CloudPod";

    fn key(&self) -> String {
        format!("create_cloudpod:{}", self.pod)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<ReservePlace>().then::<ShipParts>().then::<MakePod>().then::<OpenSite>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(30)
    }
}

/// Takes a place on a server.
struct ReservePlace;

impl Step for ReservePlace {
    type Saga = CreateCloudpod;
    type Output = ServerId;
    const NAME: &'static str = "reserve_place";
    const TITLE: &'static str = "Reserve capacity on a server";

    async fn run(cx: &StepContext, saga: &CreateCloudpod) -> Result<ServerId, StepError> {
        let (pod, _) = remote::facts(cx, saga.pod).await?;
        let server = place::take(cx, &pod).await?;
        cx.log(EventLevel::Info, format!("Placed {} on {}.", pod.name, server.name));
        Ok(server.id)
    }

    async fn undo(cx: &StepContext, saga: &CreateCloudpod, _: Option<&ServerId>) -> Result<(), StepError> {
        let (pod, _) = remote::facts(cx, saga.pod).await?;
        place::release(cx, &pod).await
    }
}

/// Brings runtime and application to the server, where it lacks them.
struct ShipParts;

impl Step for ShipParts {
    type Saga = CreateCloudpod;
    type Output = Parts;
    const NAME: &'static str = "ship_parts";
    const TITLE: &'static str = "Upload runtime and application";

    async fn run(cx: &StepContext, saga: &CreateCloudpod) -> Result<Parts, StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        ship::ship(cx, &pod, &server).await
    }

    /// What was shipped is shared by all pods of the server and stays.
    async fn undo(_: &StepContext, _: &CreateCloudpod, _: Option<&Parts>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Makes everything that the pod is on its server.
struct MakePod;

impl Step for MakePod {
    type Saga = CreateCloudpod;
    type Output = u32;
    const NAME: &'static str = "make_pod";
    const TITLE: &'static str = "Create the CloudPod on the server";

    async fn run(cx: &StepContext, saga: &CreateCloudpod) -> Result<u32, StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        apply(cx, &pod, &server, cx.output::<ShipParts>()?, PodState::Running, "apply").await
    }

    async fn undo(cx: &StepContext, saga: &CreateCloudpod, _: Option<&u32>) -> Result<(), StepError> {
        match remote::facts(cx, saga.pod).await? {
            (pod, Some(server)) => remote::purge(cx, &pod, &server, "undo").await,
            (_, None) => Ok(()),
        }
    }
}

/// Opens the site as a visitor would; the pod is RUNNING when its page answers.
struct OpenSite;

impl Step for OpenSite {
    type Saga = CreateCloudpod;
    type Output = PodObservation;
    const NAME: &'static str = "open_site";
    const TITLE: &'static str = "Verify that the site responds";

    async fn run(cx: &StepContext, saga: &CreateCloudpod) -> Result<PodObservation, StepError> {
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        see_running(cx, &pod, &server).await
    }

    /// The place's undo says what has become of the pod, after everything of it is gone.
    async fn undo(_: &StepContext, _: &CreateCloudpod, _: Option<&PodObservation>) -> Result<(), StepError> {
        Ok(())
    }
}
