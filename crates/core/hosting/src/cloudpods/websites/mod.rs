//! Websites: the sites of a pod. Each is made, changed, stopped and deleted by itself, by a job of the pod. Only one job of a pod runs at a time.
//!
//! What a site should be stands in its row. What is asked for and was not seen to work yet stands beside it, and is the server's only while its job
//! is at work: a job that is taken back leaves the site as it was. A site that could not be made keeps its name until it is deleted, so that its job
//! can be tried again.

pub(in crate::cloudpods) mod answers;
mod change;
mod create;
mod environment;
mod list;
pub(in crate::cloudpods) mod queries;
mod schedules;
#[cfg(test)]
mod tests;

pub use answers::set_answers;
pub(super) use change::lock_site;
pub use change::{add_name, delete, set_files, set_main, set_php, set_runtime, set_stopped};
pub use create::{NewSite, create};
pub(in crate::cloudpods) use environment::queries as environment_queries;
pub use environment::{check_variable, set_environment};
pub use list::{get, get_own, list, list_own};
pub(in crate::cloudpods) use schedules::JobResults;
pub use schedules::{delete_job, jobs, own_jobs, run_job, save_job};

use super::{
    queries::{self as pods, PodFacts},
    reconcile::queries as reconcile,
};
use db::SystemTx;
use engine::{
    Error, Result,
    reconcile::{Reconciler, touch},
};
use model::{
    Time,
    ids::{CloudPodId, TenantId, WebsiteId},
};
use sqlx::PgConnection;

/// Locks a pod of this account whose sites are to change.
async fn lock_pod(tx: &mut SystemTx, tenant: TenantId, pod: CloudPodId) -> Result<PodFacts> {
    pods::lock(tx.conn(), pod).await?;
    let facts = pods::facts(tx.conn(), pod).await?.filter(|facts| facts.tenant_id == tenant);
    facts.ok_or_else(|| Error::not_found("CloudPod"))
}

/// Whether a job can change sites of the pod now.
pub(super) async fn require_free(tx: &mut SystemTx, pod: &PodFacts) -> Result<()> {
    if !pod.is_changeable() {
        return Err(Error::conflict("This CloudPod is not running. Its sites can be changed while it is."));
    }
    if reconcile::has_unfinished_job(tx.conn(), pod.id).await? {
        return Err(Error::conflict("A job of this CloudPod is in progress. Wait until it has ended."));
    }
    Ok(())
}

/// What a site is set to was seen to work: values of variables and results of jobs that it does not have any more go.
pub(in crate::cloudpods) async fn keep_programs(conn: &mut PgConnection, pod: CloudPodId, site: WebsiteId, now: Time) -> sqlx::Result<()> {
    environment_queries::forget_others(&mut *conn, site).await?;
    schedules::forget_others(&mut *conn, site).await?;
    touch(conn, JobResults::NAME, pod.0, now).await
}
