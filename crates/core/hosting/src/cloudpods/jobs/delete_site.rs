//! `DELETE_SITE`: a site with its files and its database, out of a pod that goes on.

use super::{
    create_site::{purge, set_status, stored},
    leave_zones::leave_zones,
    wait_at,
};
use crate::cloudpods::{
    deploys,
    outside::Seen,
    previews,
    reconcile::touch_pod,
    remote,
    sites::{apply_site, forget_certificate, touch_sites},
    websites::queries,
};
use db::AuditEvent;
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::websites::SiteStatus,
    ids::{CloudPodId, WebsiteId},
};
use serde::{Deserialize, Serialize};

/// Removes a site.
#[derive(Serialize, Deserialize)]
pub(crate) struct DeleteSite {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// The site.
    pub(crate) site: WebsiteId,
    /// How far it was before.
    pub(crate) previous_status: SiteStatus,
    /// How many times this was begun for the pod, this one included.
    pub(crate) round: i64,
}

impl Saga for DeleteSite {
    const KIND: &'static str = "DELETE_SITE";
    const TITLE: &'static str = "Delete site";

    fn key(&self) -> String {
        format!("delete_site:{}:{}", self.pod, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<CloseSite>().then::<PurgeSite>().then::<ReleaseDomains>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

/// Takes it offline; its files stay. Until the next step it can come back.
pub(crate) struct CloseSite;

impl Step for CloseSite {
    type Saga = DeleteSite;
    type Output = ();
    const NAME: &'static str = "close_site";
    const TITLE: &'static str = "Take the site offline";

    async fn run(cx: &StepContext, saga: &DeleteSite) -> Result<(), StepError> {
        set_status(cx, saga.site, SiteStatus::Deleting).await?;
        apply_site(cx, saga.pod, "close").await?;
        let (pod, Some(server)) = remote::facts(cx, saga.pod).await? else { return Ok(()) };
        for name in stored(cx, saga.site).await?.domains {
            if let Err(seen) = wait_at(cx, &pod, &server, &name, Seen::is_offline).await {
                return Err(StepError::retry(format!("{name} is still online: {}.", seen.describe())));
            }
        }
        Ok(())
    }

    async fn undo(cx: &StepContext, saga: &DeleteSite, _: Option<&()>) -> Result<(), StepError> {
        set_status(cx, saga.site, saga.previous_status).await?;
        apply_site(cx, saga.pod, "undo").await.map(drop)
    }
}

/// Has no record lead to it any more, and removes its files, its logs and its database.
pub(crate) struct PurgeSite;

impl Step for PurgeSite {
    type Saga = DeleteSite;
    type Output = ();
    const NAME: &'static str = "purge_site";
    const TITLE: &'static str = "Delete files and database";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &DeleteSite) -> Result<(), StepError> {
        if let (pod, Some(server)) = remote::facts(cx, saga.pod).await? {
            // First, so that no record leads to where something else can be.
            leave_zones(cx, &pod, &server, &stored(cx, saga.site).await?.domains).await?;
        }
        purge(cx, saga.pod, saga.site).await
    }

    async fn undo(_: &StepContext, _: &DeleteSite, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("Deleted files can't be brought back."))
    }
}

/// Frees its names.
pub(crate) struct ReleaseDomains;

impl Step for ReleaseDomains {
    type Saga = DeleteSite;
    type Output = ();
    const NAME: &'static str = "release_domains";
    const TITLE: &'static str = "Release domains";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &DeleteSite) -> Result<(), StepError> {
        let (pod, _) = remote::facts(cx, saga.pod).await?;
        let names = stored(cx, saga.site).await?.domains;
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        if queries::set_deleted(tx.conn(), saga.site, now).await? {
            let main = names.first().map(String::as_str).unwrap_or_default();
            let event = AuditEvent::new(AuditAction::SiteDeleted, "website", saga.site, main).in_tenant(pod.tenant_id);
            tx.record(event.before(serde_json::json!({ "cloud_pod": pod.name, "names": names })));
            cx.log(EventLevel::Info, format!("{main} is deleted."));
        }
        if let Some(first) = queries::find_new_primary(tx.conn(), pod.id).await? {
            let url = cx.services().settings.site_url(&first.domain);
            queries::set_primary_site(tx.conn(), pod.id, &first, &url).await?;
        }
        touch_pod(tx.conn(), pod.id, now).await?;
        touch_sites(cx.services(), tx.conn(), pod.id).await?;
        forget_certificate(cx.services(), tx.conn(), saga.site).await?;
        previews::expire_all(tx.conn(), saga.site, now).await?;
        deploys::queries::forget(tx.conn(), saga.site).await?;
        Ok(tx.commit_progress().await?)
    }

    async fn undo(_: &StepContext, _: &DeleteSite, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("Deleted files can't be brought back."))
    }
}
