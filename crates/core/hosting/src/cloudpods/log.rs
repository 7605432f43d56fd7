//! The web server's logs of a pod, as they are on its server.

use super::{queries, remote};
use adapters::node::{CallOptions, NodeClient, NodeError};
use db::PlatformTx;
use engine::{Error, Result, Services};
use model::{administration::servers::ServerStatus, ids::CloudPodId, permission::CloudpodsRead};
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;
use wire::{
    PodName,
    verb::{PodLog, WebLog},
};

/// Longest that a log may take; a slow visitor takes a long one that slowly.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(3600);

/// Sends a log to whoever takes it, as fast as it is taken. Ends when it is whole, or nobody takes it any more.
///
/// # Errors
/// Not found for an unknown pod; conflict when it is on no server in service; unavailable when the server is not reached.
pub async fn send_log(services: &Services, mut tx: PlatformTx<CloudpodsRead>, id: CloudPodId, log: WebLog, to: mpsc::Sender<Vec<u8>>) -> Result<()> {
    let pod = queries::facts(tx.conn(), id).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    let server = pod.server_id.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let server = queries::server(tx.conn(), server).await?;
    tx.finish().await?;
    if !matches!(server.status, ServerStatus::Active | ServerStatus::Draining) {
        return Err(Error::conflict(format!("The server {} is not in service.", server.name)));
    }
    let name = PodName::new(pod.name).map_err(|error| Error::Internal(error.into()))?;
    let options = CallOptions { deadline: DOWNLOAD_TIMEOUT, key: format!("cloudpods/log/{}", Uuid::now_v7()), lines: None };
    let sent = services.part::<dyn NodeClient>().download(&remote::target(&server), PodLog { pod: name, log }.into(), to, options).await;
    sent.map(drop).map_err(|error| match error {
        NodeError::Unreachable(why) => Error::unavailable(format!("The server {} cannot be reached: {why}.", server.name)),
        other => Error::conflict(format!("The server {} did not send the log: {other}.", server.name)),
    })
}
