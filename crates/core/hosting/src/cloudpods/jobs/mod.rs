//! The sagas of CloudPods.

mod create_cloudpod;
mod create_site;
mod delete_cloudpod;
mod delete_site;
mod deploy_site;
mod drain_server;
mod heal_cloudpod;
mod leave_zones;
mod migrate_cloudpod;
mod restart_cloudpod;
mod scale_cloudpod;
pub(super) mod ship;
mod site_check;
mod suspend_cloudpod;
mod unsuspend_cloudpod;
mod update_domains;
mod update_site;

pub(crate) use create_cloudpod::CreateCloudpod;
pub(crate) use create_site::CreateSite;
pub(crate) use delete_cloudpod::DeleteCloudpod;
pub(crate) use delete_site::DeleteSite;
pub(crate) use deploy_site::DeploySite;
pub(crate) use drain_server::DrainServer;
pub(super) use drain_server::requested as drain_requested;
pub(crate) use heal_cloudpod::HealCloudpod;
pub(crate) use migrate_cloudpod::MigrateCloudpod;
pub(crate) use restart_cloudpod::RestartCloudpod;
pub(crate) use scale_cloudpod::ScaleCloudpod;
pub(crate) use suspend_cloudpod::SuspendCloudpod;
pub(crate) use unsuspend_cloudpod::UnsuspendCloudpod;
pub(crate) use update_domains::UpdateDomains;
pub(crate) use update_site::UpdateSite;

use super::{
    outside::{self, Seen},
    queries::{self, PodFacts, ServerFacts},
    reconcile::touch_pod,
    remote,
    request::subject,
    sites::touch_sites,
    spec::{self, Parts},
};
use crate::dns;
use db::{AuditEvent, SystemTx};
use engine::{
    Services,
    saga::{self, JobMeta, Saga, StepContext, StepError},
};
use model::{
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::cloudpods::{PodObservation, PodStatus},
    ids::{CloudPodId, JobId},
};
use std::time::{Duration, Instant};
use wire::{
    PodName,
    observation::{Observation, PodCondition},
    spec::PodState,
    verb::{PodApply, PodObserve},
};

/// How long a site may take until it answers as it should.
const ANSWER_MOST: Duration = Duration::from_secs(60);

/// Starts a job of a pod, in the name of whoever the transaction is for. Whoever calls has locked the pod and seen that no other job of it goes on.
/// `about` is what the job is about, for people: the pod by its name, or one of its sites by its main domain.
pub(super) async fn start<S: Saga>(services: &Services, tx: &mut SystemTx, pod: &PodFacts, about: &str, saga: &S) -> Result<JobId, sqlx::Error> {
    let actor = tx.caller().actor.clone();
    let origin = JobMeta { actor, tenant: Some(pod.tenant_id), subject: Some(subject(pod.id, about)) };
    let job = saga::enqueue(tx.conn(), services.now(), saga, origin).await?.job;
    saga::set_server(tx.conn(), job, pod.server_id).await?;
    tx.record(AuditEvent::new(AuditAction::JobEnqueued, "job", job, format!("{} {about}", S::TITLE)).in_tenant(pod.tenant_id));
    Ok(job)
}

/// Brings the pod on its server to what it should be.
pub(super) async fn apply(
    cx: &StepContext,
    pod: &PodFacts,
    server: &ServerFacts,
    parts: Parts,
    state: PodState,
    part: &str,
) -> Result<u32, StepError> {
    let spec = spec::pod_spec(cx.services(), pod, parts.clone(), state)?;
    let done = remote::ask(cx, server, part, PodApply { spec }).await?;
    let mut tx = cx.begin().await?;
    queries::set_parts(tx.conn(), pod.id, &parts).await?;
    tx.commit_progress().await?;
    Ok(u32::try_from(done.differences().count()).unwrap_or(u32::MAX))
}

/// Opens the site from outside until it answers with its title; only then the pod is RUNNING.
async fn see_running(cx: &StepContext, pod: &PodFacts, server: &ServerFacts) -> Result<PodObservation, StepError> {
    let began = Instant::now();
    let seen = wait_until(cx, pod, server, |seen| seen.is_site(pod.title())).await;
    let (status, title) = match seen {
        Ok(Seen::Page { status, title, .. }) => (status, title),
        Ok(Seen::Nothing(reason)) => return Err(StepError::retry(format!("Couldn't reach {}: {reason}.", pod.primary_domain))),
        Err(Seen::Nothing(reason)) => return Err(StepError::retry(format!("Couldn't reach {}: {reason}.", pod.primary_domain))),
        Err(seen) => {
            return Err(StepError::fail(format!(
                "{} did not return the expected page \"{}\": {}.",
                pod.primary_domain,
                pod.title(),
                seen.describe()
            )));
        }
    };
    let observed = PodObservation { http_status: Some(status), title, ..PodObservation::default() };
    cx.log(
        EventLevel::Info,
        format!(
            "{} responded with \"{}\" after {:.1} s.",
            pod.primary_domain,
            observed.title.as_deref().unwrap_or_default(),
            began.elapsed().as_secs_f64()
        ),
    );
    let mut tx = cx.begin().await?;
    let now = cx.services().now();
    let before = queries::set_running(tx.conn(), pod.id, &observed, now).await?;
    touch_pod(tx.conn(), pod.id, now).await?;
    dns::add_site_addresses(cx.services(), tx.conn(), pod.id).await?.into_iter().for_each(|event| tx.record(event));
    touch_sites(cx.services(), tx.conn(), pod.id).await?;
    // Begun again after it was done: nothing new has happened.
    if before != Some(PodStatus::Running) {
        tx.record(
            AuditEvent::new(AuditAction::CloudpodProvisioned, "cloud_pod", pod.id, &*pod.name)
                .in_tenant(pod.tenant_id)
                .before(serde_json::json!({ "status": before }))
                .after(serde_json::json!({ "status": PodStatus::Running, "server": server.name, "domain": pod.primary_domain })),
        );
    }
    tx.commit_progress().await?;
    Ok(observed)
}

/// Says how far the pod is; what it should be stays.
async fn set_status(cx: &StepContext, pod: CloudPodId, status: PodStatus) -> Result<(), StepError> {
    let mut tx = cx.begin().await?;
    queries::set_status(tx.conn(), pod, status).await?;
    Ok(tx.commit_progress().await?)
}

/// Opens a site that was there before: its owner may have made another page of it, or left it out of order. The page of a suspended site must
/// be gone; a site may have one like it of its own, so the server decides then.
async fn see_open(cx: &StepContext, pod: &PodFacts, server: &ServerFacts) -> Result<PodObservation, StepError> {
    match wait_until(cx, pod, server, Seen::is_open).await {
        Ok(Seen::Page { status, title, .. }) => {
            cx.log(EventLevel::Info, format!("{} responded with HTTP {status}.", pod.primary_domain));
            Ok(PodObservation { http_status: Some(status), title, ..PodObservation::default() })
        }
        Err(Seen::Page { status, title, .. }) if !observe(cx, pod, server, "look").await?.is_suspended() => {
            cx.log(EventLevel::Warn, format!("{} responded with HTTP {status}; the server says that it is open.", pod.primary_domain));
            Ok(PodObservation { http_status: Some(status), title, ..PodObservation::default() })
        }
        Ok(seen) | Err(seen) => Err(StepError::retry(format!("{} does not respond: {}.", pod.primary_domain, seen.describe()))),
    }
}

/// Opens a site from outside until visitors get the page of a suspended one.
async fn see_closed(cx: &StepContext, pod: &PodFacts, server: &ServerFacts) -> Result<(), StepError> {
    match wait_until(cx, pod, server, Seen::is_suspension_page).await {
        Ok(_) => Ok(()),
        Err(seen) => Err(StepError::retry(format!("{} is still online: {}.", pod.primary_domain, seen.describe()))),
    }
}

/// A pod as its server measures it.
struct Measured(Observation);

impl Measured {
    fn is_suspended(&self) -> bool {
        self.0.standing == PodCondition::Suspended
    }
}

async fn observe(cx: &StepContext, pod: &PodFacts, server: &ServerFacts, part: &str) -> Result<Measured, StepError> {
    let name = PodName::new(&*pod.name).map_err(|error| StepError::fail(error.to_string()))?;
    Ok(Measured(remote::ask(cx, server, part, PodObserve { pod: name }).await?))
}

/// Looks from outside until `right`, with growing pauses; the last thing seen when it never was.
async fn wait_until(cx: &StepContext, pod: &PodFacts, server: &ServerFacts, right: impl Fn(&Seen) -> bool + Send) -> Result<Seen, Seen> {
    wait_within(cx, pod, server, ANSWER_MOST, right).await
}

/// [`wait_until`], no longer than this.
async fn wait_within(
    cx: &StepContext,
    pod: &PodFacts,
    server: &ServerFacts,
    most: Duration,
    right: impl Fn(&Seen) -> bool + Send,
) -> Result<Seen, Seen> {
    wait(cx, (pod, server), None, most, right).await
}

/// [`wait_until`] with one of the names that lead to a pod.
async fn wait_at(cx: &StepContext, pod: &PodFacts, server: &ServerFacts, name: &str, right: impl Fn(&Seen) -> bool + Send) -> Result<Seen, Seen> {
    wait(cx, (pod, server), Some(name), ANSWER_MOST, right).await
}

async fn wait(
    cx: &StepContext,
    (pod, server): (&PodFacts, &ServerFacts),
    name: Option<&str>,
    most: Duration,
    right: impl Fn(&Seen) -> bool + Send,
) -> Result<Seen, Seen> {
    let (began, mut pause, mut said) = (Instant::now(), Duration::from_millis(50), false);
    loop {
        let seen = match name {
            Some(name) => outside::look_at(cx.services(), pod, server, name).await,
            None => outside::look(cx.services(), pod, server).await,
        };
        if right(&seen) {
            return Ok(seen);
        }
        if began.elapsed() + pause >= most {
            return Err(seen);
        }
        if !said && began.elapsed() >= Duration::from_secs(3) {
            cx.log(EventLevel::Info, format!("Still waiting: {}.", seen.describe()));
            said = true;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}
