//! What a deploy gives way to.

use crate::cloudpods::{jobs::DeploySite, reconcile::queries::unfinished_job};
use db::{Caller, SystemTx};
use engine::{
    Error, Result, Services,
    saga::{self, Saga},
};
use model::ids::{CloudPodId, JobId};

/// What is told of a pod that another job is at work on.
pub(in crate::cloudpods) const BUSY: &str = "A job of this CloudPod is in progress. Wait until it has ended.";

/// What is told to whoever wants to delete or move a pod that is busy. A deploy takes its time, and another one may follow it: it is rolled back.
pub(in crate::cloudpods) async fn give_way(services: &Services, caller: Caller, pod: CloudPodId) -> Result<Error> {
    let mut tx = services.db.system(caller).await?;
    let is_deploy = cancel(services, &mut tx, pod).await?;
    tx.commit_progress().await?;
    Ok(Error::conflict(if is_deploy { "A deploy of this CloudPod is in progress. It is being cancelled; try again in a moment." } else { BUSY }))
}

/// Rolls back the deploy that is at work on a pod. Answers whether there is one; what is past its point of no return ends in a moment.
pub(in crate::cloudpods) async fn cancel(services: &Services, tx: &mut SystemTx, pod: CloudPodId) -> Result<bool> {
    let Some(job) = unfinished_job(tx.conn(), pod, DeploySite::KIND).await? else { return Ok(false) };
    let _ = saga::cancel_in(services, tx, JobId(job)).await?;
    Ok(true)
}
