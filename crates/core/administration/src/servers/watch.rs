//! Every server in service is asked now and then whether it is there.

use super::{health, queries};
use adapters::node::{CallOptions, NodeClient, NodeError};
use engine::{Result, Services};
use futures::StreamExt;
use model::ids::ServerId;
use std::{future::Future, time::Duration};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;
use wire::verb::PodList;

/// How often.
const EVERY: Duration = Duration::from_secs(20);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Servers asked at the same time.
const AT_ONCE: usize = 16;

/// Asks all servers in service every 20 s until `shutdown`. A server that shows another host key is quarantined.
pub async fn watch(services: Services, shutdown: impl Future<Output = ()> + Send + 'static) {
    let mut clock = interval(EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            _ = clock.tick() => {}
        }
        let round = tokio::select! {
            () = &mut shutdown => return,
            round = look_round(&services) => round,
        };
        if let Err(error) = round {
            tracing::warn!(%error, "failed to check the servers");
        }
    }
}

/// Asks each server in service once.
pub(super) async fn look_round(services: &Services) -> Result<()> {
    let mut tx = services.db.system("servers").await?;
    let servers = queries::in_service(tx.conn()).await?;
    tx.finish().await?;
    futures::stream::iter(servers)
        .for_each_concurrent(AT_ONCE, |id| async move {
            if let Err(error) = look_at(services, id).await {
                tracing::warn!(server = %id, %error, "failed to check a server");
            }
        })
        .await;
    Ok(())
}

async fn look_at(services: &Services, id: ServerId) -> Result<()> {
    let mut tx = services.db.system("servers").await?;
    let target = health::target(tx.conn(), id).await?;
    tx.finish().await?;
    let options = CallOptions { deadline: PATIENCE, key: format!("servers/watch/{}", Uuid::now_v7()), lines: None };
    match services.part::<dyn NodeClient>().call(&target, PodList {}.into(), options).await {
        Ok(_) => health::seen(services, id).await,
        Err(error @ NodeError::HostKeyChanged { .. }) => health::note_node_error(services, id, &error).await,
        Err(error) => {
            tracing::warn!(server = %id, %error, "server not responding");
            Ok(())
        }
    }
}
