//! What running pods really are, looked at again and again.

use super::{queries, remote::target};
use adapters::node::{CallOptions, NodeClient};
use core_administration::servers::note_node_error;
use engine::Services;
use futures::{StreamExt, stream};
use model::{
    hosting::cloudpods::PodObservation,
    ids::{CloudPodId, ServerId},
};
use std::{collections::HashMap, time::Duration};
use tokio_util::sync::CancellationToken;
use wire::{
    PodName,
    observation::Observation,
    verb::{Call, PodObserve},
};

/// Between two rounds; a pod's figures are seldom older than two of them.
const EVERY: Duration = Duration::from_secs(30);
/// Pods in one round.
const ROUND_MOST: i64 = 500;
/// Servers that are asked at the same time; one server is asked for one pod at a time.
const AT_ONCE: usize = 8;
const LOOK_MOST: Duration = Duration::from_secs(15);

/// Looks at every running pod on a server in service and stores what was seen, until `stop`. What is not seen keeps its
/// old figures and their age.
pub async fn watch(services: Services, stop: CancellationToken) {
    loop {
        if let Err(error) = round(&services).await {
            tracing::warn!(%error, "failed to check the pods");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// One round. Answers how many pods were seen.
pub(super) async fn round(services: &Services) -> engine::Result<usize> {
    let before = services.now() - chrono::Duration::seconds(25);
    let mut tx = services.db.system("watch").await?;
    let pods = queries::to_observe(tx.conn(), before, ROUND_MOST).await?;
    tx.finish().await?;
    let mut by_server: HashMap<ServerId, Vec<(CloudPodId, String)>> = HashMap::new();
    for (pod, name, server) in pods {
        by_server.entry(server).or_default().push((pod, name));
    }
    let seen = stream::iter(by_server).map(|(server, pods)| on_server(services, server, pods)).buffer_unordered(AT_ONCE);
    let seen: Vec<engine::Result<usize>> = seen.collect().await;
    seen.into_iter().sum()
}

/// Asks one server for its pods, one after the other; the first one that is not answered ends it for this round.
async fn on_server(services: &Services, server: ServerId, pods: Vec<(CloudPodId, String)>) -> engine::Result<usize> {
    let mut tx = services.db.system("watch").await?;
    let server = queries::server(tx.conn(), server).await?;
    tx.finish().await?;
    let mut seen = 0;
    for (pod, name) in pods {
        let Ok(name) = PodName::new(name) else { continue };
        let options = CallOptions { deadline: LOOK_MOST, key: format!("watch/{}", uuid::Uuid::now_v7()), lines: None };
        let reply = match services.part::<dyn NodeClient>().call(&target(&server), PodObserve { pod: name }.into(), options).await {
            Ok(reply) => reply,
            Err(error) => {
                note_node_error(services, server.id, &error).await?;
                break;
            }
        };
        let Some(found) = PodObserve::read(reply) else { break };
        // What one pod's page says must not keep the others from being looked at.
        match store(services, pod, &as_stored(found)).await {
            Ok(()) => seen += 1,
            Err(error) => tracing::warn!(%error, %pod, "failed to store a pod's observation"),
        }
    }
    Ok(seen)
}

async fn store(services: &Services, pod: CloudPodId, seen: &PodObservation) -> engine::Result<()> {
    let mut tx = services.db.system("watch").await?;
    queries::store_observation(tx.conn(), pod, seen, services.now()).await?;
    Ok(tx.commit_progress().await?)
}

fn as_stored(found: Observation) -> PodObservation {
    // A pod has one site as long as nothing makes a second one.
    let site = found.sites.into_values().next();
    PodObservation {
        disk_bytes: found.usage.disk_bytes,
        memory_bytes: found.usage.memory_bytes,
        tasks: found.usage.tasks,
        http_status: site.as_ref().map(|site| site.status),
        title: site.and_then(|site| site.title).map(|title| title.replace(char::is_control, " ")),
    }
}
