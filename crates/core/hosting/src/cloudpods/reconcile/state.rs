//! Whether a pod is what it should be: suspended or running as its reasons say, and otherwise as it was ordered; its server says what it would
//! change.

use super::{ask, standing};
use crate::cloudpods::{
    jobs::{SuspendCloudpod, UnsuspendCloudpod},
    queries::{self, LastJob, PodFacts},
    request::subject,
    spec,
};
use chrono::TimeDelta;
use db::AuditEvent;
use engine::{
    Services,
    reconcile::{Failure, Object, Outcome, Reconciler},
    saga::{self, About, Saga},
};
use model::{
    actor::Actor,
    administration::provisioning::JobStatus,
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, PodStatus},
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{spec::PodState, verb::PodPlan};

/// After a job that was rolled back, the next one waits this long.
const AFTER_ROLLBACK: TimeDelta = TimeDelta::hours(1);

/// Brings pods to their desired state, and compares them with what was ordered.
pub(in crate::cloudpods) struct State;

impl Reconciler for State {
    const NAME: &'static str = "cloudpod";
    const TITLE: &'static str = "CloudPods are as ordered";
    const EVERY: Duration = Duration::from_secs(300);
    const DEADLINE: Duration = Duration::from_secs(60);

    async fn objects(conn: &mut PgConnection) -> Result<Vec<Object>, sqlx::Error> {
        queries::standing(conn).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, Failure> {
        let Some((pod, server)) = standing(services, key).await? else { return Ok(Outcome::Gone) };
        let differences = match (pod.desired_state, pod.status) {
            (DesiredState::Running, PodStatus::Running) => plan(services, &pod, &server, PodState::Running).await?,
            (DesiredState::Running, _) => vec![resume(services, &pod).await?],
            (DesiredState::Suspended, PodStatus::Suspended) => match plan(services, &pod, &server, PodState::Suspended).await? {
                kept if kept.is_empty() => kept,
                // Something of it may be open again.
                mut lost => {
                    lost.push(suspend(services, &pod).await?);
                    lost
                }
            },
            (DesiredState::Suspended, _) => vec![suspend(services, &pod).await?],
            (DesiredState::Held | DesiredState::Absent, _) => return Ok(Outcome::Gone),
        };
        Ok(Outcome::Checked { subject: pod.name, server: Some(server.id), differences })
    }
}

/// What the server would change, a line each.
async fn plan(services: &Services, pod: &PodFacts, server: &queries::ServerFacts, state: PodState) -> Result<Vec<String>, Failure> {
    let spec = spec::pod_spec(services, pod, pod.parts(), state)?;
    let plan = ask(services, server, PodPlan { spec }, Duration::from_secs(50)).await?;
    Ok(plan.differences().map(|change| format!("{} {}: {}", change.op.label(), change.what, change.detail)).collect())
}

async fn suspend(services: &Services, pod: &PodFacts) -> Result<String, Failure> {
    start(services, pod, PodStatus::Suspending, |round| SuspendCloudpod { pod: pod.id, round }).await
}

async fn resume(services: &Services, pod: &PodFacts) -> Result<String, Failure> {
    start(services, pod, PodStatus::Resuming, |round| UnsuspendCloudpod { pod: pod.id, round }).await
}

/// Starts the job, unless one is under way, needs attention, or was rolled back a moment ago. Answers with how it stands.
async fn start<S: Saga>(services: &Services, pod: &PodFacts, status: PodStatus, saga: impl FnOnce(i64) -> S) -> Result<String, Failure> {
    let now = services.now();
    let mut tx = services.db.system("reconciler").await?;
    queries::lock(tx.conn(), pod.id).await?;
    let found = queries::facts(tx.conn(), pod.id).await?;
    if found.is_none_or(|found| (found.status, found.desired_state) != (pod.status, pod.desired_state)) {
        return Ok("Its state has just changed.".to_owned());
    }
    if queries::has_unfinished_job(tx.conn(), pod.id).await? {
        return Ok("A job is in progress.".to_owned());
    }
    let LastJob { count, status: last, finished_at } = queries::last_job(tx.conn(), pod.id, S::KIND).await?;
    match last {
        Some(JobStatus::Stuck) => return Ok(format!("{} needs attention. See its job.", S::TITLE)),
        Some(JobStatus::Undone) if finished_at.is_some_and(|at| now < at + AFTER_ROLLBACK) => {
            return Ok(format!("{} was rolled back; it is tried again an hour later.", S::TITLE));
        }
        _ => {}
    }
    queries::set_phase(tx.conn(), pod.id, status).await?;
    let about = About { actor: Actor::system("reconciler"), tenant: Some(pod.tenant_id), subject: Some(subject(pod.id, &pod.name)) };
    let job = saga::enqueue(tx.conn(), now, &saga(count + 1), about).await?.job;
    queries::set_job_server(tx.conn(), job, pod.server_id).await?;
    tx.record(AuditEvent::new(AuditAction::JobEnqueued, "job", job, format!("{} {}", S::TITLE, pod.name)).in_tenant(pod.tenant_id));
    tx.commit_progress().await?;
    Ok(format!("{} is in progress.", S::TITLE))
}
