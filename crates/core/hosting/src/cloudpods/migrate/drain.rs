//! Moving all pods away from a server.

use crate::cloudpods::jobs::{DrainServer, drain_requested};
use db::PlatformTx;
use engine::{
    error::{Error, Result},
    saga::{self, JobMeta, Subject},
    services::Services,
};
use model::{
    Time,
    administration::servers::ServerStatus,
    ids::{CloudPodId, JobId, ServerId},
    permission::ServersManage,
};
use sqlx::PgConnection;

/// A pod on a server that is to be empty.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods) struct Guest {
    pub(in crate::cloudpods) id: CloudPodId,
    pub(in crate::cloudpods) name: String,
    /// A job of it goes on.
    pub(in crate::cloudpods) is_busy: bool,
    /// That is a move of it.
    pub(in crate::cloudpods) is_moving: bool,
    /// It was to move, and is here.
    pub(in crate::cloudpods) is_tried: bool,
}

/// Starts the job that moves all CloudPods of a draining server to other servers.
///
/// # Errors
/// Not found; a conflict when the server is not draining, or the job goes on already.
pub async fn drain_pods(services: &Services, mut tx: PlatformTx<ServersManage>, server: ServerId) -> Result<JobId> {
    let Some((name, status)) = super::queries::lock_server(tx.conn(), server).await? else { return Err(Error::not_found("Server")) };
    if status != ServerStatus::Draining {
        return Err(Error::conflict(format!("Drain {name} first, so that it takes no new CloudPods.")));
    }
    let (unfinished, all) = super::queries::drains(tx.conn(), server).await?;
    if unfinished > 0 {
        return Err(Error::conflict("The CloudPods of this server are being moved already."));
    }
    let meta =
        JobMeta { actor: tx.caller().actor.clone(), tenant: None, subject: Some(Subject { kind: "server", id: server.0, name: name.clone() }) };
    let job = saga::enqueue(tx.conn(), services.now(), &DrainServer { server, round: all + 1 }, meta).await?.job;
    engine::saga::set_server(tx.conn(), job, Some(server)).await?;
    tx.commit(drain_requested(job, &name)).await?;
    Ok(job)
}

/// Pods on the server, running or suspended, a page of them.
pub(in crate::cloudpods) async fn guests(conn: &mut PgConnection, server: ServerId, since: Time) -> Result<Vec<Guest>, sqlx::Error> {
    super::queries::guests(conn, server, since).await
}
