//! The end of previews.

use super::{
    queries::{self, Preview},
    reconcile::Previews,
};
use crate::cloudpods::{
    jobs::{self, DeleteSite},
    queries::PodFacts,
    reconcile::queries as busy,
    websites::{lock_pod, queries as sites, require_free},
};
use db::{SystemTx, TenantTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
    saga::Saga,
};
use model::{
    Time,
    hosting::websites::SiteStatus,
    ids::{JobId, TenantId, WebsiteId},
    permission::WebsitesWrite,
};
use sqlx::PgConnection;

/// Starts the job that removes a preview of the open account. What it shows can be built again. Returns the job.
///
/// # Errors
/// Not found; a conflict when it is being deleted already, or its pod does not run or is busy.
pub async fn delete(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let found = match queries::preview(tx.conn(), id).await?.filter(|found| found.tenant == tenant) {
        Some(found) => found,
        None => return Err(no_preview(&mut tx, tenant, id).await?),
    };
    let pod = lock_pod(&mut tx, tenant, found.pod).await?;
    require_free(&mut tx, &pod).await?;
    // As it is now that the pod is locked.
    let found = queries::preview(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Preview"))?;
    if found.status == SiteStatus::Deleting {
        return Err(Error::conflict("The deletion of this preview needs attention. Retry its job."));
    }
    let job = start(services, &mut tx, &pod, id, &found).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// What is told of a site that is no preview, or of none.
pub(super) async fn no_preview(tx: &mut SystemTx, tenant: TenantId, id: WebsiteId) -> Result<Error> {
    let is_site = sites::site_row(tx.conn(), tenant, id).await?.is_some();
    Ok(if is_site { Error::conflict("This site is not a preview.") } else { Error::not_found("Preview") })
}

/// Starts the job. Whoever calls has locked the pod and seen that no other job of it goes on.
pub(super) async fn start(services: &Services, tx: &mut SystemTx, pod: &PodFacts, id: WebsiteId, found: &Preview) -> Result<JobId> {
    let round = busy::count_jobs(tx.conn(), pod.id, DeleteSite::KIND).await? + 1;
    let saga = DeleteSite { pod: pod.id, site: id, previous_status: found.status, round };
    Ok(jobs::start(services, tx, pod, &found.domain, &saga).await?)
}

/// Has all previews of a site thrown away, as soon as their pod is free.
pub(in crate::cloudpods) async fn expire_all(conn: &mut PgConnection, site: WebsiteId, now: Time) -> sqlx::Result<()> {
    for preview in queries::ids(&mut *conn, site).await? {
        queries::set_expiry(&mut *conn, preview, now).await?;
        touch(&mut *conn, Previews::NAME, preview.0, now).await?;
    }
    Ok(())
}
