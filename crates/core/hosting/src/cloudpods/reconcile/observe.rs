//! What a pod uses, and whether it answers, or is off while it is suspended.

use super::{
    ask,
    converge::Converge,
    placed,
    queries::{self, SitesSeen},
};
use crate::cloudpods::queries::PodFacts;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{
    Time,
    hosting::cloudpods::{ObservedState, PodObservation, PodStatus},
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{
    PodName, SiteName,
    observation::{Observation, PartState, PodCondition},
    verb::PodObserve,
};

/// Measures pods. What is not seen keeps its old figures and their age.
pub(in crate::cloudpods) struct Observe;

impl Reconciler for Observe {
    const NAME: &'static str = "cloudpod_watch";
    const TITLE: &'static str = "CloudPods respond";
    const INTERVAL: Duration = Duration::from_secs(30);
    const TIMEOUT: Duration = Duration::from_secs(25);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::placed(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let Some((pod, server)) = placed(services, key).await? else { return Ok(Outcome::Removed) };
        if pod.moving_to.is_some() {
            // Its job is at work, and it may be on two servers.
            return Ok(Outcome::Checked { subject: pod.name, server: Some(server.id), differences: Vec::new() });
        }
        let expected = match pod.status {
            PodStatus::Running => ObservedState::Running,
            PodStatus::Suspended => ObservedState::Suspended,
            // Its job is at work, and measures by itself.
            _ => return Ok(Outcome::Checked { subject: pod.name, server: Some(server.id), differences: Vec::new() }),
        };
        let name = PodName::new(&*pod.name).map_err(|invalid| ReconcileError(format!("Invalid CloudPod name: {invalid}.")))?;
        let found = ask(services, &server, PodObserve { pod: name }, Duration::from_secs(15)).await?;
        let (state, differences) = (state(found.standing), differences(&found, expected));
        let seen = sites_seen(&found, &pod, services.now());
        let mut tx = services.db.system("reconciler").await?;
        queries::store_sites_seen(tx.conn(), pod.id, &seen, services.now()).await?;
        let is_news = queries::store_observation(tx.conn(), pod.id, state, &as_stored(found, &pod), services.now()).await?;
        // What is to be done about it is for the other reconciler, and not in minutes only; a suspended pod must not serve.
        if state != expected && (is_news || expected == ObservedState::Suspended) {
            touch(tx.conn(), Converge::NAME, key, services.now()).await?;
        }
        tx.commit_progress().await?;
        Ok(Outcome::Checked { subject: pod.name, server: Some(server.id), differences })
    }
}

fn state(condition: PodCondition) -> ObservedState {
    match condition {
        PodCondition::Absent => ObservedState::Absent,
        PodCondition::Running => ObservedState::Running,
        PodCondition::Suspended => ObservedState::Suspended,
        PodCondition::Held => ObservedState::Held,
        PodCondition::Broken => ObservedState::Broken,
    }
}

/// Why it is not seen as it should be, a line each.
fn differences(found: &Observation, expected: ObservedState) -> Vec<String> {
    if state(found.standing) == expected {
        return Vec::new();
    }
    let parts = found.parts.iter().filter(|part| part.state != PartState::Good);
    let lines: Vec<String> =
        parts.map(|part| if part.detail.is_empty() { part.name.clone() } else { format!("{}: {}", part.name, part.detail) }).collect();
    if lines.is_empty() { vec![format!("Observed state: {}.", state(found.standing))] } else { lines }
}

/// The HTTP status of each site, 0 where it did not answer, and since when it is asleep. A server whose clock is ahead has not seen the future.
fn sites_seen(found: &Observation, pod: &PodFacts, now: Time) -> SitesSeen {
    let status = |name: &SiteName| {
        let status = found.sites.get(name).and_then(|answer| i16::try_from(answer.status).ok());
        status.filter(|status| (100..1000).contains(status)).unwrap_or_default()
    };
    let asleep = |name: &SiteName| found.asleep.get(name).map(|since| time(*since).unwrap_or(now).min(now));
    let mut seen = SitesSeen::default();
    for site in pod.sites.iter() {
        let name = SiteName::new(&*site.name).ok();
        seen.names.push(site.name.clone());
        seen.statuses.push(name.as_ref().map(status).unwrap_or_default());
        seen.asleep_since.push(name.as_ref().and_then(asleep));
    }
    seen
}

fn time(seconds: u64) -> Option<Time> {
    chrono::DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)
}

fn as_stored(mut found: Observation, pod: &PodFacts) -> PodObservation {
    let front = pod.sites.iter().find(|site| site.domains.iter().any(|name| name == pod.front()));
    let site = front.and_then(|site| SiteName::new(&*site.name).ok()).and_then(|name| found.sites.remove(&name));
    PodObservation {
        disk_bytes: found.usage.disk_bytes,
        memory_bytes: found.usage.memory_bytes,
        tasks: found.usage.tasks,
        http_status: site.as_ref().map(|site| site.status),
        title: site.and_then(|site| site.title).map(|title| title.replace(char::is_control, " ")),
    }
}
