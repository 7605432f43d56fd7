//! Names that lead to a pod: its main domain, and those that its owner has added.
//!
//! A change is stored, and noted as pending until a job has brought it to the server and verified it there. The job is started with the change where
//! the pod is free; otherwise the pod's reconciler starts it as soon as it is. A pod that does not run gets its names when it comes back.

mod queries;

pub(crate) use queries::{SiteUse, of_tenant, set_address_set};
pub(in crate::cloudpods) use queries::{set_domain, set_verified};

use super::{
    jobs::{self, UpdateDomains, UpdateSite},
    queries::{self as pods, PodFacts, SiteFacts},
    reconcile::{queries as reconcile, touch_pod},
    request::give_own_name,
};
use crate::{dns, domains};
use chrono::TimeDelta;
use db::{AuditEvent, ConstraintExt, SystemTx};
use engine::{Error, Result, Services, saga::Saga};
use model::{
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, PodStatus, Stack},
    ids::{CloudPodId, JobId, TenantId, WebsiteId},
};
use wire::DomainName;

/// Names of one pod; its configuration takes no more.
const MAX_NAMES: i64 = 50;

/// Visitors know a preview as one by its name, which is ours.
const KEEPS_ITS_NAME: &str = "A preview keeps its own name. Select its site.";

/// Changes of a pod's sites and names in an hour: each has the web server of all pods read its configuration again.
const MAX_CHANGES: i64 = 60;

/// Whether a customer can change sites and names of the pod now.
///
/// # Errors
/// `too_many` after too many changes in an hour.
pub(in crate::cloudpods) async fn require_calm(services: &Services, tx: &mut SystemTx, pod: CloudPodId) -> Result<()> {
    let since = services.now() - TimeDelta::hours(1);
    if reconcile::count_jobs_since(tx.conn(), pod, &[UpdateSite::KIND, UpdateDomains::KIND], since).await? >= MAX_CHANGES {
        return Err(Error::too_many(format!("The sites of a CloudPod can be changed {MAX_CHANGES} times in an hour. Try again later.")));
    }
    Ok(())
}

/// Lets another name lead to a site of this account. Returns the job, if its pod is free for one now.
///
/// # Errors
/// Not found when the site is not the account's; on field `site` when its pod is on its way out; on field `name` when something uses it.
pub(crate) async fn add(services: &Services, tx: &mut SystemTx, tenant: TenantId, site: WebsiteId, name: &DomainName) -> Result<Option<JobId>> {
    let no_site = || Error::not_found("Site");
    let pod = queries::pod_of_site(tx.conn(), tenant, site).await?.ok_or_else(no_site)?;
    let facts = lock_own(tx, tenant, pod).await?.ok_or_else(no_site)?;
    if matches!(facts.desired_state, DesiredState::Held | DesiredState::Absent) {
        return Err(Error::field("site", "The CloudPod of this site is being deleted. Select another site."));
    }
    if facts.sites.iter().any(|one| one.id == site.0 && one.preview_of.is_some()) {
        return Err(Error::field("site", KEEPS_ITS_NAME));
    }
    require_calm(services, tx, pod).await?;
    if queries::count(tx.conn(), pod).await? >= MAX_NAMES {
        return Err(Error::field("name", format!("A CloudPod can have {MAX_NAMES} names.")));
    }
    let in_use = || Error::field("name", "This name is in use already.");
    if queries::is_main(tx.conn(), name.as_str()).await? {
        return Err(in_use());
    }
    let is_whole = queries::insert(tx.conn(), tenant, site, name.as_str(), services.now()).await;
    if !is_whole.on_constraint("site_domains_domain_key", in_use)? {
        return Err(Error::field("site", "This site could not be created or is being deleted. Select another one."));
    }
    changed(services, tx, &facts, name.as_str(), "added").await?;
    start(services, tx, &facts).await
}

/// Lets a name no longer lead to a pod of this account; nor does what a zone of the account says of it. Returns the job, if the pod is free for one
/// now.
///
/// # Errors
/// Not found when it leads to none; a conflict when it stays with its site.
pub(crate) async fn remove(services: &Services, tx: &mut SystemTx, tenant: TenantId, name: &str) -> Result<Option<JobId>> {
    let gone = || Error::not_found("Domain");
    let found = queries::of_tenant(tx.conn(), tenant, name).await?.into_iter().find(|found| found.name == name).ok_or_else(gone)?;
    let facts = lock_own(tx, tenant, found.pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    // As it is now that the pod is locked.
    let place = queries::place(tx.conn(), facts.id, name).await?.ok_or_else(gone)?;
    if let Some(why) = why_not_remove(&facts, &place, name) {
        return Err(Error::conflict(why));
    }
    require_calm(services, tx, facts.id).await?;
    let told = match &found.address {
        Some(address) => dns::leave(services, tx.conn(), tenant, &[name.to_owned()], address).await?,
        None => Vec::new(),
    };
    told.into_iter().for_each(|event| tx.record(event));
    if !queries::release(tx.conn(), facts.id, name, services.now()).await? {
        return Err(gone());
    }
    changed(services, tx, &facts, name, "removed").await?;
    start(services, tx, &facts).await
}

fn why_not_remove(pod: &PodFacts, place: &queries::Place, name: &str) -> Option<String> {
    if pod.primary_domain == name {
        Some(format!("{name} is the main domain of {}. It stays with its site.", pod.name))
    } else if place.is_only {
        Some(format!("{name} is the only domain of its site. Add another one first, or delete the site."))
    } else if place.is_first && place.stack == Stack::Wordpress {
        Some(format!("{name} is the address that WordPress was installed with. It stays with its site."))
    } else {
        None
    }
}

/// Lets a name that leads to another site of the same pod lead to this one. Returns the job, if the pod is free for one now.
///
/// # Errors
/// A conflict when that name stays with its site.
pub(in crate::cloudpods) async fn move_name(
    services: &Services,
    tx: &mut SystemTx,
    pod: &PodFacts,
    site: &SiteFacts,
    name: &str,
) -> Result<Option<JobId>> {
    let from = pod.sites.iter().find(|from| from.domains.iter().any(|known| known == name)).ok_or_else(|| Error::not_found("Domain"))?;
    if site.preview_of.is_some() {
        return Err(Error::field("domain", KEEPS_ITS_NAME));
    }
    if let Some(why) = why_not_move(services, pod, from, name) {
        return Err(Error::field("domain", why));
    }
    require_calm(services, tx, pod.id).await?;
    queries::give_to(tx.conn(), pod.tenant_id, (from.id, site.id), name).await?;
    changed(services, tx, pod, name, "moved").await?;
    start(services, tx, pod).await
}

fn why_not_move(services: &Services, pod: &PodFacts, from: &SiteFacts, name: &str) -> Option<String> {
    let is_main = from.main() == name;
    if pod.primary_domain == name {
        Some(format!("{name} is the main domain of {}. It stays with its site.", pod.name))
    } else if from.domains.len() == 1 {
        Some(format!("{name} is the only domain of its site."))
    } else if domains::is_ours(name, &services.settings) {
        // The site gets it back when all of its other names are taken.
        Some(format!("{name} is a platform domain. It stays with its site."))
    } else if is_main && from.stack == Stack::Wordpress {
        Some(format!("{name} is the address that WordPress was installed with. It stays with its site."))
    } else {
        None
    }
}

/// Makes a name of a site its main one. Returns the job, if the pod is free for one now.
///
/// # Errors
/// On field `name` when the site has no such name; a conflict when its main name cannot change.
pub(in crate::cloudpods) async fn set_main(
    services: &Services,
    tx: &mut SystemTx,
    pod: &PodFacts,
    site: &SiteFacts,
    name: &str,
) -> Result<Option<JobId>> {
    if !site.domains.iter().any(|known| known == name) {
        return Err(Error::field("name", "This site does not respond to that name. Add it first."));
    }
    if site.stack == Stack::Wordpress {
        return Err(Error::conflict("WordPress keeps the address that it was installed with."));
    }
    require_calm(services, tx, pod.id).await?;
    queries::put_first(tx.conn(), pod.tenant_id, site.id, name).await?;
    changed(services, tx, pod, name, "main").await?;
    start(services, tx, pod).await
}

/// A name of ours for a site beside the first one: one label, so that the certificate of all names below the platform's domain is for it too. Names of
/// pods have single hyphens, and those of sites none, so it is never another pod's.
pub(in crate::cloudpods) fn own_name(services: &Services, pod: &str, site: &str) -> String {
    // Labels with two hyphens behind their second letter have a meaning of their own, such as `xn--`.
    let between = if site.len() == 2 { "-site--" } else { "--" };
    format!("{site}{between}{pod}.{}", services.settings.base_domain)
}

/// A pod that has lost names to somebody who has proved to own them.
pub(crate) struct Taken {
    pub(crate) tenant: TenantId,
    pub(crate) pod: CloudPodId,
    pub(crate) pod_name: String,
    pub(crate) name: String,
    /// Where the pod's site answers now, if it was its main domain or the site's only name.
    pub(crate) instead: Option<String>,
}

/// Takes the names at or below a domain away from pods of other accounts than this one. A pod whose main domain that was goes on under a name of
/// ours.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn take_from_others(services: &Services, tx: &mut SystemTx, owner: TenantId, domain: &str) -> Result<Vec<Taken>> {
    let mut taken = Vec::new();
    for (tenant, pod, name) in queries::of_others(tx.conn(), owner, domain).await? {
        let Some(facts) = lock_own(tx, tenant, pod).await? else { continue };
        // As it is now that the pod is locked and the names before this one are gone: each may leave its site with its last one.
        let Some(place) = queries::place(tx.conn(), pod, &name).await? else { continue };
        let instead = if facts.primary_domain == name {
            Some(give_own_name(services, tx.conn(), pod).await?)
        } else if place.is_only {
            let own = own_name(services, &facts.name, &place.site);
            queries::rename(tx.conn(), tenant, &name, &own).await?;
            Some(own)
        } else {
            queries::release(tx.conn(), pod, &name, services.now()).await?;
            None
        };
        changed(services, tx, &facts, &name, "taken").await?;
        start(services, tx, &facts).await?;
        taken.push(Taken { tenant, pod, pod_name: facts.name, name, instead });
    }
    Ok(taken)
}

async fn lock_own(tx: &mut SystemTx, tenant: TenantId, pod: CloudPodId) -> Result<Option<PodFacts>> {
    pods::lock(tx.conn(), pod).await?;
    let facts = pods::facts(tx.conn(), pod).await?;
    Ok(facts.filter(|facts| facts.tenant_id == tenant && facts.status != PodStatus::Deleted))
}

/// Records the change, and notes that it is to be brought to the server.
async fn changed(services: &Services, tx: &mut SystemTx, pod: &PodFacts, name: &str, what: &str) -> Result<()> {
    queries::set_pending(tx.conn(), pod.id).await?;
    touch_pod(tx.conn(), pod.id, services.now()).await?;
    let event = AuditEvent::new(AuditAction::DomainUpdated, "cloud_pod", pod.id, &*pod.name).in_tenant(pod.tenant_id);
    tx.record(event.after(serde_json::json!({ what: name })));
    Ok(())
}

/// Starts the job that brings the names to the server, where the pod runs and nothing else is done to it.
async fn start(services: &Services, tx: &mut SystemTx, pod: &PodFacts) -> Result<Option<JobId>> {
    if !pod.is_changeable() || reconcile::has_unfinished_job(tx.conn(), pod.id).await? {
        return Ok(None);
    }
    let round = reconcile::count_jobs(tx.conn(), pod.id, UpdateDomains::KIND).await? + 1;
    Ok(Some(jobs::start(services, tx, pod, &pod.name, &UpdateDomains { pod: pod.id, round }).await?))
}
