//! Whether a pod is what it should be: suspended or running as its reasons say, with the limits that are paid for, and otherwise as it was
//! ordered; its server says what it would change.

use super::{
    ask, placed,
    queries::{self, LastJob},
};
use crate::cloudpods::{
    drift,
    give_way::{Urgent, give_way},
    jobs::{self, HealCloudpod, ScaleCloudpod, SuspendCloudpod, UnsuspendCloudpod, UpdateDomains},
    participants,
    queries::{self as pod_queries, PodFacts, ServerFacts},
    spec,
};
use chrono::TimeDelta;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
    saga::Saga,
};
use model::{
    Time,
    administration::provisioning::JobStatus,
    hosting::cloudpods::{DesiredState, DriftPolicy, Limits, PodStatus},
    ids::ServerId,
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{plan::Plan, spec::PodState, verb::PodPlan};

/// After a job that failed, the next one of its kind waits this long.
const AFTER_FAILURE: TimeDelta = TimeDelta::hours(1);
/// A pod that was suspended a moment ago and is not found so is suspended again after this.
const AFTER_SUCCESS: TimeDelta = TimeDelta::minutes(5);
/// While another job of the pod goes on, it is looked again this often.
const WHILE_BUSY: TimeDelta = TimeDelta::seconds(5);

/// The jobs that this reconciler starts.
const SETTLING: [&str; 5] = [HealCloudpod::KIND, ScaleCloudpod::KIND, SuspendCloudpod::KIND, UnsuspendCloudpod::KIND, UpdateDomains::KIND];

/// Brings pods to their desired state, and compares them with what was ordered.
pub(in crate::cloudpods) struct Converge;

impl Reconciler for Converge {
    const NAME: &'static str = "cloudpod";
    const TITLE: &'static str = "CloudPods match their plan";
    const INTERVAL: Duration = Duration::from_secs(300);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::placed(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let Some((pod, server)) = placed(services, key).await? else { return Ok(Outcome::Removed) };
        if let Some(to) = pod.moving_to {
            let differences = stuck_move(services, &pod, &server, to).await?.into_iter().collect();
            return Ok(Outcome::Checked { subject: pod.name, server: Some(server.id), differences });
        }
        let differences = match (pod.desired_state, pod.status) {
            (DesiredState::Running, PodStatus::Running) if !pod.is_applied => vec![scale(services, &pod).await?],
            (DesiredState::Running, PodStatus::Running) if pod.names_pending => vec![update_domains(services, &pod).await?],
            (DesiredState::Running, PodStatus::Running) => settle(services, &pod, &server).await?,
            (DesiredState::Running, _) => vec![unsuspend(services, &pod).await?],
            (DesiredState::Suspended, PodStatus::Suspended) => closed(services, &pod, &server).await?,
            (DesiredState::Suspended, _) => vec![suspend(services, &pod).await?],
            (DesiredState::Held | DesiredState::Absent, _) => return Ok(Outcome::Removed),
        };
        Ok(Outcome::Checked { subject: pod.name, server: Some(server.id), differences })
    }
}

/// The difference of a pod whose move needs attention: everything else waits for the move, a suspension too. A move in progress is no difference.
async fn stuck_move(services: &Services, pod: &PodFacts, from: &ServerFacts, to: ServerId) -> Result<Option<String>, ReconcileError> {
    let mut tx = services.db.system_read("reconciler").await?;
    let is_at_work = queries::has_unfinished_job(tx.conn(), pod.id).await?;
    let to = pod_queries::server(tx.conn(), to).await?;
    tx.finish().await?;
    if is_at_work {
        return Ok(None);
    }
    let waits = match (pod.desired_state, pod.status) {
        (DesiredState::Suspended, status) if status != PodStatus::Suspended => {
            format!(" Its suspension waits for that: {} is not offline on {}.", pod.name, from.name)
        }
        _ => String::new(),
    };
    Ok(Some(format!("The move to {} needs attention. Retry or roll back its job.{waits}", to.name)))
}

/// What the server would change.
async fn plan(services: &Services, pod: &PodFacts, server: &ServerFacts, state: PodState) -> Result<Plan, ReconcileError> {
    let spec = spec::pod_spec(services, pod, pod.parts(), state)?;
    ask(services, server, PodPlan { spec }, Duration::from_secs(50)).await
}

/// The same, a line each.
fn lines(plan: &Plan) -> Vec<String> {
    let changes = plan.differences().map(|change| format!("{} {}: {}", change.op.label(), change.what, change.detail));
    changes.chain(plan.edits.iter().map(|edit| format!("changed by hand: {}", edit.path))).collect()
}

/// A pod that is to run: what differs is shown, adopted, or repaired, as staff chose.
async fn settle(services: &Services, pod: &PodFacts, server: &ServerFacts) -> Result<Vec<String>, ReconcileError> {
    let plan = plan(services, pod, server, PodState::Running).await?;
    let mut found = lines(&plan);
    match drift::policy_of(services, pod) {
        _ if found.is_empty() => {}
        DriftPolicy::Alert => {}
        DriftPolicy::Heal => found.push(start(services, pod, pod.status, |round| HealCloudpod { pod: pod.id, round }).await?),
        DriftPolicy::Adopt => match plan.found.filter(|found| !is_same(found, pod.limits())) {
            None => found.iter_mut().for_each(|line| line.push_str(" (can't be adopted)")),
            Some(limits) => found.push(match drift::adopt(services, pod, server.id, limits).await? {
                Ok(()) => format!("The limits found on {} are being adopted.", server.name),
                Err(why) => format!("The limits found on {} can't be adopted: {why}.", server.name),
            }),
        },
    }
    Ok(found)
}

fn is_same(found: &wire::spec::Limits, ordered: Limits) -> bool {
    let Limits { cpu_millis, memory_mb, disk_mb, tasks, .. } = ordered;
    [found.cpu_millis, found.memory_mb, found.disk_mb, found.tasks].map(i64::from) == [cpu_millis, memory_mb, disk_mb, tasks].map(i64::from)
}

/// A suspended pod: something of it may be open again, or belong to a participant that joined since.
async fn closed(services: &Services, pod: &PodFacts, server: &ServerFacts) -> Result<Vec<String>, ReconcileError> {
    let plan = plan(services, pod, server, PodState::Suspended).await?;
    let (mut found, mut is_open) = (lines(&plan), !plan.is_noop());
    for one in participants::others(services) {
        if let Some(serves) = one.probe(services, &pod.bound(), true).await? {
            found.push(format!("{}: {serves}", one.name()));
            is_open = true;
        }
    }
    if is_open {
        found.push(suspend(services, pod).await?);
    }
    Ok(found)
}

async fn suspend(services: &Services, pod: &PodFacts) -> Result<String, ReconcileError> {
    let participants = participants::names(services);
    start(services, pod, PodStatus::Suspending, |round| SuspendCloudpod { pod: pod.id, round, participants }).await
}

async fn unsuspend(services: &Services, pod: &PodFacts) -> Result<String, ReconcileError> {
    let participants = participants::names(services);
    start(services, pod, PodStatus::Unsuspending, |round| UnsuspendCloudpod { pod: pod.id, round, participants }).await
}

async fn update_domains(services: &Services, pod: &PodFacts) -> Result<String, ReconcileError> {
    start(services, pod, pod.status, |round| UpdateDomains { pod: pod.id, round }).await
}

async fn scale(services: &Services, pod: &PodFacts) -> Result<String, ReconcileError> {
    start(services, pod, pod.status, |round| ScaleCloudpod { pod: pod.id, round }).await
}

/// Starts the job, unless one is under way, needs attention, or was rolled back a moment ago. Answers with how it stands.
async fn start<S: Saga>(services: &Services, pod: &PodFacts, status: PodStatus, saga: impl FnOnce(i64) -> S) -> Result<String, ReconcileError> {
    let now = services.now();
    let mut tx = services.db.system("reconciler").await?;
    pod_queries::lock(tx.conn(), pod.id).await?;
    let found = pod_queries::facts(tx.conn(), pod.id).await?;
    if found.is_none_or(|found| (found.status, found.desired_state) != (pod.status, pod.desired_state)) {
        return Ok("The status just changed; checking again.".to_owned());
    }
    if queries::has_unfinished_job(tx.conn(), pod.id).await? {
        if S::KIND == SuspendCloudpod::KIND {
            give_way(services, &mut tx, pod.id, Urgent::Suspension).await?;
        }
        touch(tx.conn(), Converge::NAME, pod.id.0, now + WHILE_BUSY).await?;
        tx.commit_progress().await?;
        return Ok("A job is in progress.".to_owned());
    }
    let last = queries::last_job(tx.conn(), pod.id, &SETTLING).await?;
    if let Some((at, why)) = last.filter(|last| last.kind == S::KIND).and_then(|last| wait(&last))
        && now < at
    {
        touch(tx.conn(), Converge::NAME, pod.id.0, at).await?;
        tx.commit_progress().await?;
        return Ok(format!("{} {why}", S::TITLE));
    }
    let round = queries::count_jobs(tx.conn(), pod.id, S::KIND).await? + 1;
    pod_queries::set_status(tx.conn(), pod.id, status).await?;
    jobs::start(services, &mut tx, pod, &pod.name, &saga(round)).await?;
    tx.commit_progress().await?;
    Ok(format!("{} is in progress.", S::TITLE))
}

/// Until when the next job of its kind waits after this one, and why. One that was cancelled before it began holds nothing up.
fn wait(last: &LastJob) -> Option<(Time, &'static str)> {
    let ended = last.finished_at?;
    match last.status {
        JobStatus::Stuck => Some((ended + AFTER_FAILURE, "needs attention. See its job; the next attempt is an hour after it ended.")),
        JobStatus::Undone if last.kind == UnsuspendCloudpod::KIND => {
            Some((ended + AFTER_FAILURE, "was rolled back. Next attempt one hour after the rollback."))
        }
        JobStatus::Done if last.kind == SuspendCloudpod::KIND || last.kind == HealCloudpod::KIND => Some((ended + AFTER_SUCCESS, "has just ended.")),
        _ => None,
    }
}
