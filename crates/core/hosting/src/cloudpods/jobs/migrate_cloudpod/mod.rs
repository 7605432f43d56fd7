//! `MIGRATE_CLOUDPOD`: a pod goes to another server. It is copied while it serves; then its visitors wait while what has changed is copied,
//! the pod starts on the new server and is looked at there. Until then, whatever fails, it goes on where it was.

mod arrive;
mod prepare;
mod travel;

use super::super::{
    migrate,
    queries::{self, PodFacts, ServerFacts},
    remote, spec,
};
use arrive::{ForwardVisitors, StartThere, SwitchServer};
use engine::saga::{Saga, StepContext, StepError, Steps};
use model::ids::{CloudPodId, ServerId};
use prepare::{CopyWhole, PrepareServer, ReservePlace, ShipParts};
use serde::{Deserialize, Serialize};
use travel::{CopyRest, NoteWait, PausePod};
use wire::{
    PodName,
    spec::{PodSpec, PodState},
    verb::{MovePart, PodReceive, PodSend},
};

/// Moves a pod from one server to another.
#[derive(Serialize, Deserialize)]
pub(crate) struct MigrateCloudpod {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// Where it is.
    pub(crate) from: ServerId,
    /// Where it goes.
    pub(crate) to: ServerId,
    /// How many times this was begun for the pod, this one included.
    pub(crate) round: i64,
}

impl Saga for MigrateCloudpod {
    const KIND: &'static str = "MIGRATE_CLOUDPOD";
    const TITLE: &'static str = "Move CloudPod";

    fn key(&self) -> String {
        format!("migrate_cloudpod:{}:{}", self.pod, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new()
            .then::<ReservePlace>()
            .then::<ShipParts>()
            .then::<CopyWhole>()
            .then::<PrepareServer>()
            .then::<NoteWait>()
            .then::<PausePod>()
            .then::<CopyRest>()
            .then::<StartThere>()
            .then::<SwitchServer>()
            .then::<ForwardVisitors>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::hours(6)
    }
}

/// The pod and both servers, as they are now.
struct Way {
    pod: PodFacts,
    source: ServerFacts,
    target: ServerFacts,
}

impl Way {
    async fn of(cx: &StepContext, saga: &MigrateCloudpod) -> Result<Self, StepError> {
        let mut tx = cx.begin_read().await?;
        let pod = queries::facts(tx.conn(), saga.pod).await?.ok_or_else(|| StepError::fail("The CloudPod no longer exists."))?;
        let (source, target) = (queries::server(tx.conn(), saga.from).await?, queries::server(tx.conn(), saga.to).await?);
        tx.finish().await?;
        Ok(Self { pod, source, target })
    }

    fn name(&self) -> Result<PodName, StepError> {
        PodName::new(&*self.pod.name).map_err(|error| StepError::fail(error.to_string()))
    }

    /// What it does where it is, and is to do on the new server.
    fn state(&self) -> PodState {
        migrate::state(&self.pod)
    }

    /// The pod as it is to be on the new server.
    fn spec_there(&self, cx: &StepContext, state: PodState) -> Result<PodSpec, StepError> {
        spec::pod_spec(cx.services(), &self.pod, cx.output::<ShipParts>()?, state)
    }

    /// Copies the pod, or what has changed of it since it was copied whole.
    async fn copy(&self, cx: &StepContext, part: MovePart, deadline: std::time::Duration) -> Result<u64, StepError> {
        let disk_mb = u32::try_from(self.pod.disk_mb).unwrap_or(0);
        let (send, receive) = (PodSend { pod: self.name()?, part }, PodReceive { pod: self.name()?, part, disk_mb });
        crate::cloudpods::relay::relay(cx, (&self.source, send.into()), (&self.target, receive.into()), deadline).await
    }

    /// Removes the copies that are kept on a server while the pod moves.
    async fn end_copies(&self, cx: &StepContext, server: &ServerFacts, part: &str) -> Result<(), StepError> {
        remote::ask(cx, server, part, wire::verb::PodMoveEnd { pod: self.name()? }).await.map(drop)
    }
}
