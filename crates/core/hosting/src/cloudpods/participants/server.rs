//! What a pod's server runs of it: sites, their services, the database instance. Its agent closes them together, and the list begins with them.

use super::{BoundPod, Participant};
use crate::cloudpods::{
    jobs::{apply, ship},
    outside::{self, Seen},
    plans,
    queries::{self, PodFacts, ServerFacts, SiteFacts},
    reconcile, remote, spec,
};
use async_trait::async_trait;
use engine::{
    Error, Result, Services,
    saga::{StepContext, StepError},
};
use futures::future::join_all;
use model::{hosting::websites::SiteStatus, ids::CloudPodId};
use std::{
    iter,
    time::{Duration, Instant},
};
use wire::{
    PodName,
    observation::{Observation, PodCondition},
    spec::PodState,
    verb::{PodObserve, PodPlan},
};

/// How long sites may take until they respond at all.
const ANSWER_MOST: Duration = Duration::from_secs(60);
/// How long a page may stay that visitors should not get any more. The web server has taken over its configuration before the server answers, so
/// no more than a moment; the step is tried again anyway.
const SWITCH_MOST: Duration = Duration::from_secs(2);
/// Longest that the server may take to answer about it.
const LOOK_MOST: Duration = Duration::from_secs(30);

/// Sites, their services and the databases of a pod.
pub(in crate::cloudpods) struct OnServer;

#[async_trait]
impl Participant for OnServer {
    fn name(&self) -> &'static str {
        "server"
    }

    async fn plan(&self, services: &Services, pod: &BoundPod, is_suspended: bool) -> Result<Vec<String>> {
        let (facts, server) = facts(services, pod.id).await?;
        if !facts.knows_its_parts() {
            return Ok(vec!["add runtime and application: uploaded first".to_owned()]);
        }
        let state = if is_suspended { PodState::Suspended } else { PodState::Running };
        let spec = spec::pod_spec(services, &facts, facts.parts(), state).map_err(|error| Error::Internal(anyhow::anyhow!("{error:?}")))?;
        let plan = plans::ask(services, &server, PodPlan { spec }).await?;
        Ok(plan.differences().map(|change| format!("{} {}: {}", change.op.label(), change.what, change.detail)).collect())
    }

    async fn suspend(&self, cx: &StepContext, pod: &BoundPod) -> Result<(), StepError> {
        set(cx, pod, PodState::Suspended, "suspend").await
    }

    async fn unsuspend(&self, cx: &StepContext, pod: &BoundPod) -> Result<(), StepError> {
        set(cx, pod, PodState::Running, "unsuspend").await
    }

    async fn probe(&self, services: &Services, pod: &BoundPod, is_suspended: bool) -> Result<Option<String>, StepError> {
        let (facts, server) = facts(services, pod.id).await?;
        let others = others(&facts, is_suspended);
        let right = |seen: &Seen| if is_suspended { seen.is_suspension_page() } else { seen.is_open() };
        let (began, mut pause) = (Instant::now(), Duration::from_millis(50));
        let seen = loop {
            let seen = look(services, &facts, &server, &others).await;
            let do_answer = seen.iter().all(|one| !matches!(one, Seen::Nothing(_)));
            let most = if do_answer { SWITCH_MOST } else { ANSWER_MOST };
            if seen.iter().all(right) || began.elapsed() + pause >= most {
                break seen;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        };
        let sites = iter::once(None).chain(others.iter().copied().map(Some));
        let wrong: Vec<(Option<&SiteFacts>, &Seen)> = sites.zip(&seen).filter(|(_, seen)| !right(seen)).collect();
        let named = |(site, seen): &(Option<&SiteFacts>, &Seen), what: &str| {
            format!("{} {what}: {}", site.map_or(facts.front(), SiteFacts::main), seen.describe())
        };
        if wrong.is_empty() && !is_suspended {
            return Ok(None);
        }
        if !wrong.is_empty() && is_suspended {
            let open: Vec<String> = wrong.iter().map(|one| named(one, "is still online")).collect();
            return Ok(Some(open.join("; ")));
        }
        let observed = observe(services, &facts, &server).await?;
        if is_suspended {
            let tasks = observed.usage.tasks.unwrap_or(0);
            return Ok((tasks > 0).then(|| format!("{tasks} processes are still running on {}", server.name)));
        }
        let closed = wrong.iter().filter(|(site, seen)| !is_its_own(seen, *site, &observed)).map(|one| {
            let what = if matches!(one.1, Seen::Nothing(_)) { "does not respond" } else { "is still offline" };
            named(one, what)
        });
        let closed: Vec<String> = closed.collect();
        Ok((!closed.is_empty()).then(|| closed.join("; ")))
    }

    async fn before_purge(&self, _: &StepContext, _: &BoundPod) -> Result<(), StepError> {
        Ok(())
    }
}

/// The sites that are looked at beside the front of their pod: all that its server has of it, or once it is to run those that were made and are not
/// stopped by themselves.
fn others(pod: &PodFacts, is_suspended: bool) -> Vec<&SiteFacts> {
    let (front, parts) = (pod.front(), pod.parts());
    let is_served = |site: &SiteFacts| {
        if is_suspended {
            spec::can_stand(site, &parts)
        } else {
            site.status == SiteStatus::Active && !site.config.stopped && !site.domains.is_empty()
        }
    };
    let is_front = |site: &SiteFacts| site.domains.iter().any(|name| name == front);
    pod.sites.iter().filter(|site| is_served(site) && !is_front(site)).collect()
}

/// What visitors get of the pod's front and of these sites, in this order. All are asked at once.
async fn look(services: &Services, pod: &PodFacts, server: &ServerFacts, others: &[&SiteFacts]) -> Vec<Seen> {
    let rest = join_all(others.iter().map(|site| outside::look_at(services, pod, server, site.main())));
    let (front, rest) = futures::join!(outside::look(services, pod, server), rest);
    iter::once(front).chain(rest).collect()
}

/// Whether what visitors get instead of an open site is the site's own affair; none is the pod's front.
fn is_its_own(seen: &Seen, site: Option<&SiteFacts>, observed: &Observation) -> bool {
    match (seen, site) {
        (page, _) if page.is_neutral_page() => false,
        // A site may have a page of its own that is like that of a suspended one.
        (Seen::Page { .. }, _) => observed.standing != PodCondition::Suspended,
        (Seen::Nothing(_), None) => false,
        // A program that its own server hears nothing of either keeps no other site offline.
        (Seen::Nothing(_), Some(site)) => !observed.sites.keys().any(|name| name.as_str() == site.name),
    }
}

/// Has the server make everything of it suspended, or running.
async fn set(cx: &StepContext, pod: &BoundPod, state: PodState, part: &str) -> Result<(), StepError> {
    let (facts, server) = remote::facts_on_server(cx, pod.id).await?;
    let parts = ship::parts(cx, &facts, &server).await?;
    apply(cx, &facts, &server, parts, state, part).await.map(drop)
}

async fn facts(services: &Services, pod: CloudPodId) -> Result<(PodFacts, ServerFacts)> {
    let mut tx = services.db.system_read("participants").await?;
    let facts = queries::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    let server = facts.server_id.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let server = queries::server(tx.conn(), server).await?;
    tx.finish().await?;
    Ok((facts, server))
}

async fn observe(services: &Services, pod: &PodFacts, server: &ServerFacts) -> Result<Observation, StepError> {
    let name = PodName::new(&*pod.name).map_err(|error| StepError::fail(error.to_string()))?;
    reconcile::ask(services, server, PodObserve { pod: name }, LOOK_MOST).await.map_err(|error| StepError::retry(error.0))
}
