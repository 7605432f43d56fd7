//! What a pod's server runs of it: sites, their services, the database instance. Its agent closes them together, and the list begins with them.

use super::{BoundPod, Participant};
use crate::cloudpods::{
    jobs::{apply, ship},
    outside::{self, Seen},
    queries::{self, PodFacts, ServerFacts},
    reconcile, remote, spec,
};
use adapters::node::{CallOptions, NodeClient};
use async_trait::async_trait;
use core_administration::servers::error_for_user;
use engine::{
    Error, Result, Services,
    saga::{StepContext, StepError},
};
use model::ids::CloudPodId;
use std::time::{Duration, Instant};
use wire::{
    PodName,
    observation::{Observation, PodCondition},
    spec::PodState,
    verb::{PodObserve, PodPlan, Reply},
};

/// How long a site may take until visitors get what they should.
const ANSWER_MOST: Duration = Duration::from_secs(60);
/// Longest that the server may take to answer about it.
const LOOK_MOST: Duration = Duration::from_secs(30);

/// Sites, their services and the databases of a pod.
pub(in crate::cloudpods) struct OnServer;

#[async_trait]
impl Participant for OnServer {
    fn name(&self) -> &'static str {
        "server"
    }

    async fn plan(&self, services: &Services, pod: &BoundPod) -> Result<Vec<String>> {
        let (facts, server) = facts(services, pod.id).await?;
        if !facts.knows_its_parts() {
            return Ok(Vec::new());
        }
        let spec =
            spec::pod_spec(services, &facts, facts.parts(), PodState::Suspended).map_err(|error| Error::Internal(anyhow::anyhow!("{error:?}")))?;
        let options = CallOptions { deadline: LOOK_MOST, key: format!("suspension/{}", uuid::Uuid::now_v7()), lines: None };
        match services.part::<dyn NodeClient>().call(&remote::target(&server), PodPlan { spec }.into(), options).await {
            Ok(Reply::PodPlan(plan)) => {
                Ok(plan.differences().map(|change| format!("{} {}: {}", change.op.label(), change.what, change.detail)).collect())
            }
            Ok(_) => Err(Error::Internal(anyhow::anyhow!("unexpected reply from {}", server.name))),
            Err(error) => Err(error_for_user(services, server.id, error).await),
        }
    }

    async fn suspend(&self, cx: &StepContext, pod: &BoundPod) -> Result<(), StepError> {
        set(cx, pod, PodState::Suspended, "suspend").await
    }

    async fn unsuspend(&self, cx: &StepContext, pod: &BoundPod) -> Result<(), StepError> {
        set(cx, pod, PodState::Running, "unsuspend").await
    }

    async fn probe(&self, services: &Services, pod: &BoundPod, is_suspended: bool) -> Result<Option<String>, StepError> {
        let (facts, server) = facts(services, pod.id).await?;
        let right = |seen: &Seen| if is_suspended { seen.is_suspension_page() } else { seen.is_open() };
        let (began, mut pause) = (Instant::now(), Duration::from_millis(50));
        let seen = loop {
            let seen = outside::look(services, &facts, &server).await;
            if right(&seen) || began.elapsed() + pause >= ANSWER_MOST {
                break seen;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        };
        if !is_suspended {
            let is_well = match &seen {
                Seen::Nothing(_) => false,
                // A site may have a page of its own that is like that of a suspended one.
                page => page.is_open() || observe(services, &facts, &server).await?.standing != PodCondition::Suspended,
            };
            return Ok((!is_well).then(|| format!("{} does not respond: {}", facts.primary_domain, seen.describe())));
        }
        if !seen.is_suspension_page() {
            return Ok(Some(format!("{} is still online: {}", facts.primary_domain, seen.describe())));
        }
        let tasks = observe(services, &facts, &server).await?.usage.tasks.unwrap_or(0);
        Ok((tasks > 0).then(|| format!("{tasks} processes are still running on {}", server.name)))
    }

    async fn before_purge(&self, _: &StepContext, _: &BoundPod) -> Result<(), StepError> {
        Ok(())
    }
}

/// Has the server make everything of it suspended, or running.
async fn set(cx: &StepContext, pod: &BoundPod, state: PodState, part: &str) -> Result<(), StepError> {
    let (facts, server) = remote::facts_on_server(cx, pod.id).await?;
    let parts = ship::parts(cx, &facts, &server).await?;
    apply(cx, &facts, &server, parts, state, part).await.map(drop)
}

async fn facts(services: &Services, pod: CloudPodId) -> Result<(PodFacts, ServerFacts)> {
    let mut tx = services.db.system_read("participants").await?;
    let facts = queries::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    let server = facts.server_id.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let server = queries::server(tx.conn(), server).await?;
    tx.finish().await?;
    Ok((facts, server))
}

async fn observe(services: &Services, pod: &PodFacts, server: &ServerFacts) -> Result<Observation, StepError> {
    let name = PodName::new(&*pod.name).map_err(|error| StepError::fail(error.to_string()))?;
    reconcile::ask(services, server, PodObserve { pod: name }, LOOK_MOST).await.map_err(|error| StepError::retry(error.0))
}
