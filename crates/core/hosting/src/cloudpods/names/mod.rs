//! Names that lead to a pod: its main domain, and those that its owner has added.
//!
//! A change is stored, and noted as pending until a job has brought it to the server and verified it there. The job is started with the change where
//! the pod is free; otherwise the pod's reconciler starts it as soon as it is. A pod that does not run gets its names when it comes back.

mod queries;

pub(crate) use queries::{SiteUse, of_tenant};
pub(in crate::cloudpods) use queries::{set_domain, set_verified};

use super::{
    jobs::UpdateDomains,
    queries::{self as pods, PodFacts},
    reconcile::{queries as reconcile, touch_pod},
    request::{give_own_name, subject},
};
use db::{AuditEvent, ConstraintExt, SystemTx};
use engine::{
    Error, Result, Services,
    saga::{self, About, Saga},
};
use model::{
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, PodStatus},
    ids::{CloudPodId, JobId, TenantId},
};
use wire::DomainName;

/// Names of one pod; its configuration takes no more.
const MAX_NAMES: i64 = 50;

/// Whether the pod is of this account.
pub(crate) async fn is_of(tx: &mut SystemTx, tenant: TenantId, pod: CloudPodId) -> Result<bool> {
    Ok(lock_own(tx, tenant, pod).await?.is_some())
}

/// Lets another name lead to a pod of this account. Returns the job, if the pod is free for one now.
///
/// # Errors
/// Not found when the pod is not the account's; on field `pod` when it is on its way out; on field `name` when something uses it.
pub(crate) async fn add(services: &Services, tx: &mut SystemTx, tenant: TenantId, pod: CloudPodId, name: &DomainName) -> Result<Option<JobId>> {
    let facts = lock_own(tx, tenant, pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    if matches!(facts.desired_state, DesiredState::Held | DesiredState::Absent) {
        return Err(Error::field("pod", "This CloudPod is being deleted. Select another one."));
    }
    if queries::count(tx.conn(), pod).await? >= MAX_NAMES {
        return Err(Error::field("name", format!("A CloudPod can have {MAX_NAMES} names.")));
    }
    let in_use = || Error::field("name", "This name is in use already.");
    if queries::is_main(tx.conn(), name.as_str()).await? {
        return Err(in_use());
    }
    queries::insert(tx.conn(), tenant, pod, name.as_str(), services.now()).await.on_constraint("site_domains_domain_key", in_use)?;
    changed(services, tx, &facts, name.as_str(), "added").await?;
    start(services, tx, &facts).await
}

/// Lets a name no longer lead to a pod of this account. Returns the job, if the pod is free for one now.
///
/// # Errors
/// Not found when it leads to none; a conflict when it is the pod's main domain.
pub(crate) async fn remove(services: &Services, tx: &mut SystemTx, tenant: TenantId, name: &str) -> Result<Option<JobId>> {
    let found = queries::of_tenant(tx.conn(), tenant, name).await?.into_iter().find(|found| found.name == name);
    let found = found.ok_or_else(|| Error::not_found("Domain"))?;
    if found.is_main {
        return Err(Error::conflict(format!("{name} is the main domain of {}. It stays as long as the CloudPod does.", found.pod_name)));
    }
    let facts = lock_own(tx, tenant, found.pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    if !queries::release(tx.conn(), found.pod, name, services.now()).await? {
        return Err(Error::not_found("Domain"));
    }
    changed(services, tx, &facts, name, "removed").await?;
    start(services, tx, &facts).await
}

/// A pod that has lost names to somebody who has proved to own them.
pub(crate) struct Taken {
    pub(crate) tenant: TenantId,
    pub(crate) pod: CloudPodId,
    pub(crate) pod_name: String,
    pub(crate) name: String,
    /// Where the pod answers now, if it was its main domain.
    pub(crate) instead: Option<String>,
}

/// Takes the names at or below a domain away from pods of other accounts than this one. A pod whose main domain that was goes on under a name of
/// ours.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn take_from_others(services: &Services, tx: &mut SystemTx, owner: TenantId, domain: &str) -> Result<Vec<Taken>> {
    let mut taken = Vec::new();
    for used in queries::of_others(tx.conn(), owner, domain).await? {
        let Some(facts) = lock_own(tx, used.tenant, used.pod).await? else { continue };
        // As it is now that the pod is locked.
        let is_main = facts.primary_domain == used.name;
        let instead = match is_main {
            true => Some(give_own_name(services, tx.conn(), used.pod).await?),
            false if queries::release(tx.conn(), used.pod, &used.name, services.now()).await? => None,
            false => continue,
        };
        changed(services, tx, &facts, &used.name, "taken").await?;
        start(services, tx, &facts).await?;
        taken.push(Taken { tenant: used.tenant, pod: used.pod, pod_name: used.pod_name, name: used.name, instead });
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
    let runs = (pod.desired_state, pod.status) == (DesiredState::Running, PodStatus::Running);
    if !runs || pod.moving_to.is_some() || reconcile::has_unfinished_job(tx.conn(), pod.id).await? {
        return Ok(None);
    }
    let round = reconcile::count_jobs(tx.conn(), pod.id, UpdateDomains::KIND).await? + 1;
    let about = About { actor: tx.caller().actor.clone(), tenant: Some(pod.tenant_id), subject: Some(subject(pod.id, &pod.name)) };
    let job = saga::enqueue(tx.conn(), services.now(), &UpdateDomains { pod: pod.id, round }, about).await?.job;
    saga::set_server(tx.conn(), job, pod.server_id).await?;
    tx.record(AuditEvent::new(AuditAction::JobEnqueued, "job", job, format!("{} {}", UpdateDomains::TITLE, pod.name)).in_tenant(pod.tenant_id));
    Ok(Some(job))
}
