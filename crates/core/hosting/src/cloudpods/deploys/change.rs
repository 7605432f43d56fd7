//! Starting deploys.

use super::{
    MAX_DEPLOYS, MAX_OF_POD, PodFacts, SiteFacts, limits, lock_site, queries, require_free, require_started, rules,
    source::{no_source, queries as sources},
    upload::Upload,
    webhook,
};
use crate::cloudpods::{
    jobs::{self, DeploySite},
    previews,
};
use chrono::TimeDelta;
use db::{SystemTx, TenantTx};
use engine::{Error, Result, Services};
use model::{
    actor::Actor,
    hosting::{
        deploys::{DeployTrigger, SiteRelease},
        websites::SiteConfig,
    },
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
/// Not found; a conflict when the site has no source, is stopped, or its pod does not run or is busy; `too_many` after too many deploys in an hour.
pub async fn start(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<JobId> {
    let Locked { mut tx, pod, site } = lock(services, tx, id).await?;
    let source = sources::source(tx.conn(), id).await?.ok_or_else(no_source)?;
    require_free(&mut tx, &pod).await?;
    require_started(&site.config)?;
    require_calm(services, &mut tx, id).await?;
    webhook::queries::take_push(tx.conn(), id).await?;
    let number = queries::next_number(tx.conn(), id).await?;
    let config = rules::release(number, &source.input());
    let new = New { trigger: DeployTrigger::Manual, number, release: number, config, commit: None, subject: None, settings: None, upload: None };
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
    /// What a rollback brings back beside the code.
    pub(super) settings: Option<SiteConfig>,
    /// The archive that it is of.
    pub(super) upload: Option<Upload>,
}

/// Stores a deploy and starts its job. Whoever calls has locked the pod and seen that no other job of it goes on.
pub(super) async fn begin(services: &Services, tx: &mut SystemTx, (pod, site): (&PodFacts, &SiteFacts), new: New<'_>) -> Result<JobId> {
    let id = DeployId(uuid::Uuid::now_v7());
    let started_by = match (&tx.caller().actor, new.trigger) {
        (Actor::User { email, acting_for: Some(member), .. }, _) => format!("{} (by {email})", member.email),
        (Actor::User { email, .. }, _) => email.clone(),
        (Actor::ApiKey { name, .. }, _) => format!("API key {name}"),
        (Actor::System { .. } | Actor::Visitor, DeployTrigger::Push) => "Push".to_owned(),
        (Actor::System { .. } | Actor::Visitor, DeployTrigger::Poll) => "New commit".to_owned(),
        (Actor::System { .. } | Actor::Visitor, _) => "mPanel".to_owned(),
    };
    queries::insert(tx.conn(), (id, pod.tenant_id, WebsiteId(site.id)), &new, &started_by, services.now()).await?;
    previews::renew(services, tx.conn(), WebsiteId(site.id)).await?;
    let saga = DeploySite { pod: pod.id, site: WebsiteId(site.id), deploy: id };
    let job = jobs::start(services, tx, pod, site.main(), &saga).await?;
    queries::set_job(tx.conn(), id, job).await?;
    Ok(job)
}

/// Whether the site had not too many deploys in an hour.
pub(super) async fn require_calm(services: &Services, tx: &mut SystemTx, site: WebsiteId) -> Result<()> {
    let (of_site, of_pod) = count(services, tx, site).await?;
    if of_site >= MAX_DEPLOYS {
        return Err(Error::too_many(format!("A site can be deployed {MAX_DEPLOYS} times in an hour. Try again later.")));
    }
    if of_pod >= MAX_OF_POD {
        return Err(Error::too_many(format!("The sites of a CloudPod can be deployed {MAX_OF_POD} times in an hour. Try again later.")));
    }
    Ok(())
}

pub(super) async fn is_calm(services: &Services, tx: &mut SystemTx, site: WebsiteId) -> Result<bool> {
    let (of_site, of_pod) = count(services, tx, site).await?;
    Ok(of_site < MAX_DEPLOYS && of_pod < MAX_OF_POD)
}

async fn count(services: &Services, tx: &mut SystemTx, site: WebsiteId) -> Result<(i64, i64)> {
    Ok(limits::queries::count_since(tx.conn(), site, services.now() - TimeDelta::hours(1)).await?)
}
