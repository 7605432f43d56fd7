//! What a pod's server would do, a line each, shown to staff before they confirm a restart or a deletion. The server is queried and changes nothing.

use super::{
    participants,
    queries::{self, PodFacts, ServerFacts, SiteFacts},
    remote, rules, spec, websites,
};
use adapters::node::{CallOptions, NodeClient};
use core_administration::servers::error_for_user;
use db::PlatformTx;
use engine::{Error, Result, Services};
use model::{
    hosting::cloudpods::Stack,
    ids::CloudPodId,
    permission::{CloudpodsManage, CloudpodsWrite},
};
use std::time::Duration;
use uuid::Uuid;
use wire::{
    PodName,
    observation::{Observation, PartState},
    plan::Op,
    verb::{Call, PodObserve},
};

/// How long a server may take to respond.
const ANSWER_MOST: Duration = Duration::from_secs(30);

/// Parts that all pods of a server share: they stay when one pod is deleted.
const SHARED: [&str; 5] = ["web server", "https", "sleep", "runtime", "network policy"];

/// Calls a server while a person waits for the response.
///
/// # Errors
/// A conflict when it refuses; unavailable when it is not reached.
pub(super) async fn ask<C: Call>(services: &Services, server: &ServerFacts, call: C) -> Result<C::Reply> {
    // A key of its own for each call: the cached reply of an earlier one would be stale.
    let options = CallOptions { deadline: ANSWER_MOST, key: format!("plan/{}", Uuid::now_v7()), lines: None };
    match services.part::<dyn NodeClient>().call(&remote::target(server), call.into(), options).await {
        Ok(reply) => C::read(reply).ok_or_else(|| Error::Internal(anyhow::anyhow!("unexpected reply from {}", server.name))),
        Err(error) => Err(error_for_user(services, server.id, error).await),
    }
}

/// The units that a restart would restart. Sleeping ones are left asleep.
///
/// # Errors
/// Not found; a conflict when the pod is not running or has no processes, or its server refuses; unavailable when it is not reached.
pub async fn preview_restart(services: &Services, tx: PlatformTx<CloudpodsWrite>, pod: CloudPodId) -> Result<Vec<String>> {
    tx.finish().await?;
    let (pod, server) = facts(services, pod).await?;
    if let Some(reason) = rules::why_not_restart(pod.status, pod.desired_state, pod.sites.iter().any(|site| site.stack != Stack::Static)) {
        return Err(Error::conflict(reason));
    }
    let server = server.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let seen = observe(services, &pod, &server).await?;
    Ok(restarted(&pod, &seen).into_iter().map(|unit| format!("restart {unit}")).collect())
}

/// What a deletion would remove, and what modules above would close: all of it goes offline at once, and data is deleted after the grace period.
///
/// # Errors
/// Not found; a conflict when the pod is in no state to be deleted, or its server refuses; unavailable when it is not reached.
pub async fn preview_deletion(services: &Services, tx: PlatformTx<CloudpodsManage>, pod: CloudPodId) -> Result<Vec<String>> {
    tx.finish().await?;
    let (pod, server) = facts(services, pod).await?;
    if let Some(reason) = rules::why_not_delete(pod.status) {
        return Err(Error::conflict(reason));
    }
    // A pod that was never placed has nothing on any server.
    let Some(server) = server else { return Ok(Vec::new()) };
    let seen = observe(services, &pod, &server).await?;
    let parts = seen.parts.iter().filter(|part| part.state != PartState::Missing && !SHARED.contains(&part.name.as_str()));
    let mut lines: Vec<String> = parts.map(|part| format!("{} {}: {}", Op::Remove.label(), part.name, part.detail)).collect();
    lines.extend(participants::plan_of_others(services, &pod.bound(), true).await?);
    Ok(lines)
}

/// The units that a running pod's server restarts, by their names there.
fn restarted(pod: &PodFacts, seen: &Observation) -> Vec<String> {
    let parts = pod.parts();
    let runs = |site: &&SiteFacts| site.stack != Stack::Static && !site.config.stopped && spec::can_stand(site, &parts);
    let programs: Vec<&SiteFacts> = pod.sites.iter().filter(runs).collect();
    let awake = programs.iter().filter(|site| !seen.asleep.keys().any(|name| name.as_str() == site.name));
    let mut units: Vec<String> = awake.map(|site| format!("pod-{}_{}.service", pod.name, site.name)).collect();
    // The database instance sleeps once every site that can sleep does and nothing else of the pod runs.
    let may_sleep = programs.iter().any(|site| websites::sleep_rule(pod, site).is_some());
    if !pod.databases.is_empty() && (!may_sleep || !units.is_empty() || seen.usage.tasks != Some(0)) {
        units.push(format!("pod-{}-db.service", pod.name));
    }
    units
}

async fn observe(services: &Services, pod: &PodFacts, server: &ServerFacts) -> Result<Observation> {
    let name = PodName::new(&*pod.name).map_err(|error| Error::Internal(error.into()))?;
    ask(services, server, PodObserve { pod: name }).await
}

/// A pod and the server that it is on.
async fn facts(services: &Services, pod: CloudPodId) -> Result<(PodFacts, Option<ServerFacts>)> {
    let mut tx = services.db.system_read("plan").await?;
    let pod = queries::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    let server = match pod.server_id {
        Some(server) => Some(queries::server(tx.conn(), server).await?),
        None => None,
    };
    tx.finish().await?;
    Ok((pod, server))
}
