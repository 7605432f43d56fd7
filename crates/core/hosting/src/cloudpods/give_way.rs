//! What a customer has begun with the sites of a pod gives way to what is more urgent.

use super::{
    deploys,
    jobs::{CreateSite, DeploySite, UpdateSite},
    reconcile::queries::unfinished_job,
};
use db::{Caller, SystemTx};
use engine::{
    Error, Result, Services,
    saga::{self, Saga},
};
use model::ids::{CloudPodId, JobId};

/// What is told of a pod that another job is at work on.
pub(super) const BUSY: &str = "A job of this CloudPod is in progress. Wait until it has ended.";

/// What is more urgent.
#[derive(Clone, Copy)]
pub(super) enum Urgent {
    /// Whatever a customer has begun may take long, and is built for nobody while the pod is suspended.
    Suspension,
    /// Somebody asks for a deletion or a move. What takes seconds is waited for; a deploy takes its time, and another one may follow it.
    Request,
}

impl Urgent {
    const fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Suspension => &[CreateSite::KIND, DeploySite::KIND, UpdateSite::KIND],
            Self::Request => &[DeploySite::KIND],
        }
    }
}

/// Rolls back the job of a customer that is at work on a pod. Answers whether one is; what is past its point of no return ends in a moment. A commit
/// whose deploy gives way without anybody having asked for it is deployed once the pod is free.
pub(super) async fn give_way(services: &Services, tx: &mut SystemTx, pod: CloudPodId, to: Urgent) -> Result<bool> {
    let mut is_any = false;
    for kind in to.kinds() {
        let Some(job) = unfinished_job(tx.conn(), pod, kind).await? else { continue };
        if saga::cancel_in(services, tx, JobId(job)).await?.is_ok() {
            is_any = true;
            deploys::put_back(tx.conn(), JobId(job), services.now()).await?;
        }
    }
    Ok(is_any)
}

/// What is told to whoever asks for the deletion or the move of a pod that is busy: a deploy is rolled back for it.
pub(super) async fn refusal(services: &Services, caller: Caller, pod: CloudPodId) -> Result<Error> {
    let mut tx = services.db.system(caller).await?;
    let is_deploy = give_way(services, &mut tx, pod, Urgent::Request).await?;
    tx.commit_progress().await?;
    Ok(Error::conflict(if is_deploy { "A deploy of this CloudPod is in progress. It is being cancelled; try again in a moment." } else { BUSY }))
}
