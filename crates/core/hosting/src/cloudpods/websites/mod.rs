//! Websites: the sites of a pod. Each is made, changed, stopped and deleted by itself, by a job of the pod. Only one job of a pod runs at a time.
//!
//! What a site should be stands in its row. What is asked for and was not seen to work yet stands beside it, and is the server's only while its job
//! is at work: a job that is taken back leaves the site as it was. A site that could not be made keeps its name until it is deleted, so that its job
//! can be tried again.

mod all;
mod change;
mod create;
mod cron_jobs;
mod environment;
pub(in crate::cloudpods) mod http_rules;
mod list;
mod log_turns;
mod logs;
pub(in crate::cloudpods) mod queries;
pub(in crate::cloudpods) mod serving;
mod sleep;
#[cfg(test)]
mod tests;

pub use all::{list_all, list_all_own};
pub(super) use change::{Site, lock_site, require_describable};
pub use change::{add_name, delete, set_files, set_main, set_php, set_redirect_to_main, set_runtime, set_stopped};
pub(super) use create::{MAX_NEW_SITES, free_name};
pub use create::{NewSite, create};
pub(in crate::cloudpods) use cron_jobs::CronJobResults;
pub use cron_jobs::{cron_jobs, delete_cron_job, own_cron_jobs, run_cron_job, save_cron_job};
pub(in crate::cloudpods) use environment::queries as environment_queries;
pub use environment::{check_variable, set_environment};
pub use http_rules::set_http_rules;
pub use list::{get, get_own, list, list_own};
pub use logs::{LogPlace, LogQuery, log, own_log, send_log, send_own_log};
pub(super) use serving::protect;
pub use serving::{purge_cache, set_error_pages, set_micro_cache, set_protection};
pub use sleep::set_always_on;
pub(in crate::cloudpods) use sleep::sleep_rule;

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
pub(super) async fn lock_pod(tx: &mut SystemTx, tenant: TenantId, pod: CloudPodId) -> Result<PodFacts> {
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
    cron_jobs::forget_others(&mut *conn, site).await?;
    touch(conn, CronJobResults::NAME, pod.0, now).await
}
