//! Starting deploys.

use super::{MAX_DEPLOYS, MAX_OF_POD, PodFacts, SiteFacts, lock_site, places, queries, require_free, require_started, rules, source::no_source};
use crate::cloudpods::jobs::{self, DeploySite};
use chrono::TimeDelta;
use db::{SystemTx, TenantTx};
use engine::{Error, Result, Services};
use model::{
    actor::Actor,
    hosting::deploys::{DeployTrigger, SiteRelease},
    ids::{DeployId, JobId, WebsiteId},
    permission::WebsitesWrite,
};

/// A site of the open account, its pod locked.
pub(super) struct Locked {
    pub(super) tx: SystemTx,
    pub(super) pod: PodFacts,
    pub(super) site: SiteFacts,
}

pub(super) async fn lock(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<Locked> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let (pod, site) = lock_site(&mut tx, tenant, id).await?;
    Ok(Locked { tx, pod, site: site.facts })
}

/// Deploys the newest commit of a site's branch. Returns the job.
///
/// # Errors
/// Not found; a conflict when the site has no source, is stopped, or its pod does not run or is busy, or after too many deploys in an hour.
pub async fn start(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<JobId> {
    let Locked { mut tx, pod, site } = lock(services, tx, id).await?;
    let source = queries::source(tx.conn(), id).await?.ok_or_else(no_source)?;
    require_free(&mut tx, &pod).await?;
    require_started(&site.config)?;
    require_calm(services, &mut tx, id).await?;
    queries::take_push(tx.conn(), id).await?;
    let number = queries::next_number(tx.conn(), id).await?;
    let new =
        New { trigger: DeployTrigger::Manual, number, release: number, config: rules::release(number, &source.input()), commit: None, subject: None };
    let job = begin(services, &mut tx, (&pod, &site), new).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Makes the release of an earlier deploy live again. Nothing is built. Returns the job.
///
/// # Errors
/// Not found; a conflict when that release is live, or not on the server any more; otherwise as [`start`].
pub async fn roll_back(services: &Services, tx: TenantTx<WebsitesWrite>, id: DeployId) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let site = queries::site_of(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Deploy"))?;
    let (pod, site) = lock_site(&mut tx, tenant, site).await?;
    let site = site.facts;
    require_free(&mut tx, &pod).await?;
    require_started(&site.config)?;
    // As it is now that the pod is locked.
    let Some(to) = queries::release_of(tx.conn(), id).await? else {
        return Err(Error::conflict("The release of this deploy is not on the server any more. Deploy its commit again."));
    };
    if site.config.release.as_ref().is_some_and(|live| live.name == to.config.0.name) {
        return Err(Error::conflict("This release is live already."));
    }
    let site_id = WebsiteId(site.id);
    require_calm(services, &mut tx, site_id).await?;
    let number = queries::next_number(tx.conn(), site_id).await?;
    let new = New {
        trigger: DeployTrigger::Rollback,
        number,
        release: to.release,
        config: to.config.0,
        commit: to.commit.as_deref(),
        subject: to.subject.as_deref(),
    };
    let job = begin(services, &mut tx, (&pod, &site), new).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// A deploy that begins.
pub(super) struct New<'a> {
    pub(super) trigger: DeployTrigger,
    pub(super) number: i32,
    pub(super) release: i32,
    pub(super) config: SiteRelease,
    pub(super) commit: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
}

/// Stores a deploy and starts its job. Whoever calls has locked the pod and seen that no other job of it goes on.
pub(super) async fn begin(services: &Services, tx: &mut SystemTx, (pod, site): (&PodFacts, &SiteFacts), new: New<'_>) -> Result<JobId> {
    let id = DeployId(uuid::Uuid::now_v7());
    let started_by = match (&tx.caller().actor, new.trigger) {
        (Actor::User { email, acting_for: Some(member), .. }, _) => format!("{} (by {email})", member.email),
        (Actor::User { email, .. }, _) => email.clone(),
        (Actor::ApiKey { name, .. }, _) => format!("API key {name}"),
        (Actor::System { .. } | Actor::Visitor, DeployTrigger::Push) => "Push".to_owned(),
        (Actor::System { .. } | Actor::Visitor, _) => "mPanel".to_owned(),
    };
    queries::insert(tx.conn(), (id, pod.tenant_id, WebsiteId(site.id)), &new, &started_by, services.now()).await?;
    let saga = DeploySite { pod: pod.id, site: WebsiteId(site.id), deploy: id };
    let job = jobs::start(services, tx, pod, site.main(), &saga).await?;
    queries::set_job(tx.conn(), id, job).await?;
    Ok(job)
}

/// Whether the site had not too many deploys in an hour.
async fn require_calm(services: &Services, tx: &mut SystemTx, site: WebsiteId) -> Result<()> {
    let (of_site, of_pod) = count(services, tx, site).await?;
    if of_site >= MAX_DEPLOYS {
        return Err(Error::conflict(format!("A site can be deployed {MAX_DEPLOYS} times in an hour. Try again later.")));
    }
    if of_pod >= MAX_OF_POD {
        return Err(Error::conflict(format!("The sites of a CloudPod can be deployed {MAX_OF_POD} times in an hour. Try again later.")));
    }
    Ok(())
}

pub(super) async fn is_calm(services: &Services, tx: &mut SystemTx, site: WebsiteId) -> Result<bool> {
    let (of_site, of_pod) = count(services, tx, site).await?;
    Ok(of_site < MAX_DEPLOYS && of_pod < MAX_OF_POD)
}

async fn count(services: &Services, tx: &mut SystemTx, site: WebsiteId) -> Result<(i64, i64)> {
    Ok(places::queries::count_since(tx.conn(), site, services.now() - TimeDelta::hours(1)).await?)
}
