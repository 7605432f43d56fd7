//! Asking a pod's server for something, in the name of a job's step.

use super::queries::{self, PodFacts, ServerFacts};
use adapters::node::{CallOptions, NodeClient, ServerTarget, TailnetAddr};
use core_administration::servers::{self, note_node_error};
use engine::saga::{StepContext, StepError};
use model::{
    administration::servers::{ServerDriver, ServerStatus},
    ids::CloudPodId,
};
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};
use wire::{
    PodName,
    observation::PodCondition,
    verb::{Call, PodObserve, PodRemove, RemoveMode},
};

/// Longest that one request to a server may take.
const REQUEST_MOST: Duration = Duration::from_secs(600);
/// Longest that a look at a pod may take.
const LOOK_MOST: Duration = Duration::from_secs(30);

/// The pod of a job and the server it stands on, as they are now.
pub(super) async fn facts(cx: &StepContext, pod: CloudPodId) -> Result<(PodFacts, Option<ServerFacts>), StepError> {
    let mut tx = cx.begin_read().await?;
    let pod = queries::facts(tx.conn(), pod).await?.ok_or_else(|| StepError::fail("The CloudPod no longer exists."))?;
    let server = match pod.server_id {
        Some(server) => Some(queries::server(tx.conn(), server).await?),
        None => None,
    };
    tx.finish().await?;
    Ok((pod, server))
}

/// The same for a step that cannot do without a server.
pub(super) async fn facts_on_server(cx: &StepContext, pod: CloudPodId) -> Result<(PodFacts, ServerFacts), StepError> {
    let (pod, server) = facts(cx, pod).await?;
    Ok((pod, server.ok_or_else(|| StepError::fail("The CloudPod is not assigned to a server."))?))
}

/// How the links know a server.
pub(super) fn target(server: &ServerFacts) -> ServerTarget {
    servers::target_from(server.id, &server.address, server.host_key.as_deref(), server.driver)
}

/// Its address as other servers see it.
pub(super) fn address(server: &ServerFacts) -> Result<IpAddr, StepError> {
    match server.driver {
        ServerDriver::Simulated => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        ServerDriver::Ssh => Ok(server.address.parse::<TailnetAddr>().map_err(|error| StepError::fail(error.to_string()))?.ip()),
    }
}

/// Asks the server; its lines become lines of the job. `part` tells apart what one step asks for.
pub(super) async fn ask<C: Call>(cx: &StepContext, server: &ServerFacts, part: &str, call: C) -> Result<C::Reply, StepError> {
    ask_within(cx, server, part, call, REQUEST_MOST).await
}

/// [`ask`], no longer than this.
pub(super) async fn ask_within<C: Call>(
    cx: &StepContext,
    server: &ServerFacts,
    part: &str,
    call: C,
    deadline: Duration,
) -> Result<C::Reply, StepError> {
    trusted(server)?;
    let options = CallOptions { deadline, key: format!("{}/{part}", cx.key()), lines: Some(cx.lines()) };
    let reply = match cx.services().part::<dyn NodeClient>().call(&target(server), call.into(), options).await {
        Ok(reply) => reply,
        Err(error) => {
            note_node_error(cx.services(), server.id, &error).await?;
            return Err(error.into());
        }
    };
    C::read(reply).ok_or_else(|| StepError::fail(format!("Unexpected reply from {}.", server.name)))
}

/// Nothing is sent to a server that is not trusted, or gone.
pub(super) fn trusted(server: &ServerFacts) -> Result<(), StepError> {
    match server.status {
        ServerStatus::Active | ServerStatus::Draining => Ok(()),
        ServerStatus::Quarantined => {
            Err(StepError::fail(format!("{} is quarantined: its host key changed. An admin must verify it first.", server.name)))
        }
        ServerStatus::Pending | ServerStatus::Retired => Err(StepError::fail(format!("{} is not active.", server.name))),
    }
}

/// Takes everything of the pod away from its server and looks whether it is gone.
pub(super) async fn purge(cx: &StepContext, pod: &PodFacts, server: &ServerFacts, part: &str) -> Result<(), StepError> {
    let name = PodName::new(&*pod.name).map_err(|error| StepError::fail(error.to_string()))?;
    ask(cx, server, part, PodRemove { pod: name.clone(), mode: RemoveMode::Purge }).await?;
    let left = ask_within(cx, server, &format!("{part}-look"), PodObserve { pod: name }, LOOK_MOST).await?;
    if left.standing == PodCondition::Absent {
        return Ok(());
    }
    let parts: Vec<String> = left.parts.into_iter().map(|part| part.name).collect();
    Err(StepError::retry(format!("Leftovers on {}: {}.", server.name, parts.join(", "))))
}
