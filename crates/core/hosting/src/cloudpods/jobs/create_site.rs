//! `CREATE_SITE`: another site of a pod, from its row to a page that responds.

use super::{apply, ship, wait_at};
use crate::{
    cloudpods::{
        outside::Seen,
        previews,
        queries::{self as pods, PodFacts, ServerFacts, SiteFacts},
        reconcile::touch_pod,
        remote,
        sites::{apply_site, touch_sites},
        spec::Parts,
        websites::queries::{self, StoredSite},
    },
    dns,
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
use wire::{DbName, PodName, SiteName, spec::PodState, verb::SiteRemove};

/// Makes a site in a pod that runs.
#[derive(Serialize, Deserialize)]
pub(crate) struct CreateSite {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// The site, asked for before.
    pub(crate) site: WebsiteId,
}

impl Saga for CreateSite {
    const KIND: &'static str = "CREATE_SITE";
    const TITLE: &'static str = "Create site";

    fn key(&self) -> String {
        format!("create_site:{}", self.site)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<ShipParts>().then::<MakeSite>().then::<OpenSite>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(30)
    }
}

/// Brings runtime and application to the server, where it lacks them.
struct ShipParts;

impl Step for ShipParts {
    type Saga = CreateSite;
    type Output = Parts;
    const NAME: &'static str = "ship_parts";
    const TITLE: &'static str = "Upload runtime and application";

    async fn run(cx: &StepContext, saga: &CreateSite) -> Result<Parts, StepError> {
        // Also when it is begun again after it was rolled back.
        let mut tx = cx.begin().await?;
        let can = queries::set_creating(tx.conn(), saga.site).await?;
        tx.commit_progress().await?;
        if !can && stored(cx, saga.site).await?.status != SiteStatus::Active {
            return Err(StepError::fail("The site is being deleted."));
        }
        let (pod, server) = running(cx, saga.pod).await?;
        ship::parts(cx, &pod, &server).await
    }

    /// What was shipped is shared by all pods of the server and stays.
    async fn undo(cx: &StepContext, saga: &CreateSite, _: Option<&Parts>) -> Result<(), StepError> {
        set_failed(cx, saga.site).await.map(drop)
    }
}

/// Makes everything that the site is on its server; what was there before stays as it is.
struct MakeSite;

impl Step for MakeSite {
    type Saga = CreateSite;
    type Output = u32;
    const NAME: &'static str = "make_site";
    const TITLE: &'static str = "Create the site on the server";

    async fn run(cx: &StepContext, saga: &CreateSite) -> Result<u32, StepError> {
        let (pod, server) = running(cx, saga.pod).await?;
        apply(cx, &pod, &server, cx.output::<ShipParts>()?, PodState::Running, "apply").await
    }

    /// The pod without it first, so that nothing of it is served while its files go.
    async fn undo(cx: &StepContext, saga: &CreateSite, _: Option<&u32>) -> Result<(), StepError> {
        if !set_failed(cx, saga.site).await? {
            // The job that deletes it sees to the rest.
            return Ok(());
        }
        apply_site(cx, saga.pod, "undo").await?;
        purge(cx, saga.pod, saga.site).await
    }
}

/// Opens the site as a visitor would; it is made when its page responds with its title.
struct OpenSite;

impl Step for OpenSite {
    type Saga = CreateSite;
    type Output = ();
    const NAME: &'static str = "open_site";
    const TITLE: &'static str = "Verify that the site responds";

    async fn run(cx: &StepContext, saga: &CreateSite) -> Result<(), StepError> {
        // Begun again after it was seen: its owner may have made another page of it since.
        if stored(cx, saga.site).await?.status == SiteStatus::Active {
            return Ok(());
        }
        let (pod, server) = running(cx, saga.pod).await?;
        let site = site(&pod, saga.site)?;
        let (name, title) = (site.main(), site.title.as_deref().unwrap_or(pod.title()));
        match wait_at(cx, &pod, &server, name, |seen| seen.is_site(title)).await {
            Ok(seen) => cx.log(EventLevel::Info, format!("{name} responded with {}.", seen.describe())),
            Err(Seen::Nothing(reason)) => return Err(StepError::retry(format!("Couldn't reach {name}: {reason}."))),
            Err(seen) => return Err(StepError::fail(format!("{name} did not return the expected page \"{title}\": {}.", seen.describe()))),
        }
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        pods::lock(tx.conn(), pod.id).await?;
        if queries::set_active(tx.conn(), saga.site).await? {
            let event = AuditEvent::new(AuditAction::SiteCreated, "website", saga.site, name).in_tenant(pod.tenant_id);
            tx.record(event.after(serde_json::json!({ "cloud_pod": pod.name, "stack": site.stack, "runtime": site.runtime_version })));
        }
        touch_pod(tx.conn(), pod.id, now).await?;
        previews::has_opened(tx.conn(), saga.site, now).await?;
        dns::add_site_addresses(cx.services(), tx.conn(), pod.id).await?.into_iter().for_each(|event| tx.record(event));
        touch_sites(cx.services(), tx.conn(), pod.id).await?;
        Ok(tx.commit_progress().await?)
    }

    async fn undo(_: &StepContext, _: &CreateSite, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Says that the site could not be made. False where it is being deleted.
async fn set_failed(cx: &StepContext, site: WebsiteId) -> Result<bool, StepError> {
    let mut tx = cx.begin().await?;
    let is_failed = queries::set_failed(tx.conn(), site).await?;
    tx.commit_progress().await?;
    Ok(is_failed)
}

/// Says how far the site is.
pub(super) async fn set_status(cx: &StepContext, site: WebsiteId, status: SiteStatus) -> Result<(), StepError> {
    let mut tx = cx.begin().await?;
    queries::set_status(tx.conn(), site, status).await?;
    Ok(tx.commit_progress().await?)
}

/// The pod, which must run: sites are made nowhere else.
async fn running(cx: &StepContext, pod: CloudPodId) -> Result<(PodFacts, ServerFacts), StepError> {
    let (pod, server) = remote::facts_on_server(cx, pod).await?;
    if pod.is_changeable() { Ok((pod, server)) } else { Err(StepError::fail("The CloudPod is not running.")) }
}

/// One of the pod's sites.
pub(super) fn site(pod: &PodFacts, site: WebsiteId) -> Result<&SiteFacts, StepError> {
    pod.sites.iter().find(|found| found.id == site.0).ok_or_else(|| StepError::fail("The site no longer exists."))
}

/// The site as it is stored, whatever became of it.
pub(super) async fn stored(cx: &StepContext, site: WebsiteId) -> Result<StoredSite, StepError> {
    let mut tx = cx.begin_read().await?;
    let stored = queries::stored_site(tx.conn(), site).await?;
    tx.finish().await?;
    stored.ok_or_else(|| StepError::fail("The site no longer exists."))
}

/// Removes what a site that the pod does not have any more has left on its server.
pub(super) async fn purge(cx: &StepContext, pod: CloudPodId, site: WebsiteId) -> Result<(), StepError> {
    let (pod, Some(server)) = remote::facts(cx, pod).await? else { return Ok(()) };
    let stored = stored(cx, site).await?;
    let invalid = |invalid: wire::InvalidText| StepError::fail(invalid.to_string());
    let remove = SiteRemove {
        pod: PodName::new(&*pod.name).map_err(invalid)?,
        site: SiteName::new(&*stored.name).map_err(invalid)?,
        database: stored.database.map(DbName::new).transpose().map_err(invalid)?,
    };
    remote::ask(cx, &server, "purge", remove).await.map(drop)
}
