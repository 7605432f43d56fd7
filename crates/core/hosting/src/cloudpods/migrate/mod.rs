//! Moving pods to other servers.

pub(super) mod drain;
mod planned;
pub(super) mod queries;
mod remains;

pub use drain::drain_pods;
pub(super) use planned::PlannedMoves;
pub use planned::{cancel_planned_migration, plan_migration, planned_migration};
pub(super) use remains::Remains;

use super::{
    give_way,
    jobs::MigrateCloudpod,
    place,
    queries::{self as pods, PodFacts},
    reconcile::queries as reconcile,
    remote,
    request::subject,
    rules, spec,
};
use adapters::node::{CallOptions, NodeClient, NodeError};
use core_administration::servers::error_for_user;
use db::{AuditEvent, PlatformRead, PlatformTx};
use engine::{
    error::{Error, Result},
    saga::{self, JobMeta, Saga},
    services::Services,
};
use model::{
    actor::Actor,
    audit_action::AuditAction,
    hosting::cloudpods::{MigrationPreview, MigrationTarget, PodStatus},
    ids::{CloudPodId, JobId, ServerId},
    permission::{ServersManage, ServersRead},
};
use sqlx::PgConnection;
use std::time::Duration;
use wire::{
    message::FailureKind,
    spec::PodState,
    verb::{PodPlan, Reply},
};

/// How long the server may take to make its plan.
const PLAN_MOST: Duration = Duration::from_secs(30);

/// What the pod does where it is, and is to do on another server.
pub(super) fn state(pod: &PodFacts) -> PodState {
    if pod.status == PodStatus::Suspended { PodState::Suspended } else { PodState::Running }
}

/// Servers that the pod can be moved to, the emptiest first.
///
/// # Errors
/// Not found.
pub async fn migration_targets(tx: &mut impl PlatformRead<ServersRead>, pod: CloudPodId) -> Result<Vec<MigrationTarget>> {
    let facts = pods::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    let found = candidates(tx.conn(), &facts).await?;
    let target = |one: queries::Candidate| MigrationTarget {
        server: one.id,
        name: one.name,
        region: one.region,
        free_memory_mb: one.free_memory_mb,
        free_disk_mb: one.free_disk_mb,
    };
    Ok(found.into_iter().map(target).collect())
}

/// What the server would make of the pod, by its own plan.
///
/// # Errors
/// Not found; a conflict when the server refuses; unavailable when it is not reached.
pub async fn preview_migration(services: &Services, mut tx: PlatformTx<ServersRead>, pod: CloudPodId, to: ServerId) -> Result<MigrationPreview> {
    let facts = pods::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    if !candidates(tx.conn(), &facts).await?.iter().any(|one| one.id == to) {
        return Err(Error::not_found("Server"));
    }
    let server = pods::server(tx.conn(), to).await?;
    tx.finish().await?;
    let server_name = server.name.clone();
    if !facts.knows_its_parts() {
        return Ok(MigrationPreview { server: to, server_name, changes: Vec::new() });
    }
    let spec = spec::pod_spec(services, &facts, facts.parts(), state(&facts)).map_err(|error| Error::Internal(anyhow::anyhow!("{error:?}")))?;
    let options = CallOptions { deadline: PLAN_MOST, key: format!("migration/{}", uuid::Uuid::now_v7()), lines: None };
    match services.part::<dyn NodeClient>().call(&remote::target(&server), PodPlan { spec }.into(), options).await {
        Ok(Reply::PodPlan(plan)) => {
            let changes = plan.differences().map(|change| format!("{} {}: {}", change.op.label(), change.what, change.detail)).collect();
            Ok(MigrationPreview { server: to, server_name, changes })
        }
        Ok(_) => Err(Error::Internal(anyhow::anyhow!("unexpected reply from {server_name}"))),
        // Runtime or application are not there yet; the job uploads them.
        Err(NodeError::Failed(failure)) if failure.kind == FailureKind::Missing => {
            Ok(MigrationPreview { server: to, server_name, changes: Vec::new() })
        }
        Err(other) => Err(error_for_user(services, to, other).await),
    }
}

/// Starts the job that moves a pod to another server. The pod serves until it has arrived.
///
/// # Errors
/// Not found; a conflict when the pod cannot be moved now, or not there.
pub async fn migrate(services: &Services, mut tx: PlatformTx<ServersManage>, pod: CloudPodId, to: ServerId) -> Result<JobId> {
    let caller = tx.caller().clone();
    match request(services, tx.conn(), pod, to, caller.actor.clone()).await {
        Ok((job, event)) => {
            tx.commit(event).await?;
            Ok(job)
        }
        Err(NotMoved::Busy) => {
            tx.finish().await?;
            Err(give_way::refusal(services, caller, pod).await?)
        }
        Err(NotMoved::Refused(error)) => Err(error),
    }
}

/// Why a move was not started.
pub(super) enum NotMoved {
    /// Another job of the pod goes on.
    Busy,
    /// The pod cannot be moved, or not there, or it could not be asked for.
    Refused(Error),
}

impl<E: Into<Error>> From<E> for NotMoved {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// [`migrate`] in the caller's transaction. Answers with the job and what is to be recorded.
pub(super) async fn request(
    services: &Services,
    conn: &mut PgConnection,
    pod: CloudPodId,
    to: ServerId,
    actor: Actor,
) -> std::result::Result<(JobId, AuditEvent), NotMoved> {
    pods::lock(&mut *conn, pod).await?;
    let facts = pods::facts(&mut *conn, pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    // A job that goes on may be the reason for all of these.
    let is_busy = reconcile::has_unfinished_job(&mut *conn, pod).await?;
    if let Some(reason) = rules::why_not_migrate(facts.status, facts.desired_state).filter(|_| !is_busy) {
        return Err(Error::conflict(reason).into());
    }
    if !facts.knows_its_parts() && !is_busy {
        return Err(Error::conflict("This CloudPod was made by an older version. Suspend and unsuspend it once, then move it.").into());
    }
    if !facts.is_applied && !is_busy {
        return Err(Error::conflict("This CloudPod is getting new limits. Wait until its job has ended.").into());
    }
    let from = facts.server_id.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let is_possible = candidates(&mut *conn, &facts).await?.iter().any(|one| one.id == to);
    if !is_possible || !place::has_room_for(&mut *conn, to, facts.limits()).await? {
        return Err(Error::conflict("That server cannot take this CloudPod now. Choose another one.").into());
    }
    if is_busy {
        return Err(NotMoved::Busy);
    }
    let round = reconcile::count_jobs(&mut *conn, pod, MigrateCloudpod::KIND).await? + 1;
    let meta = JobMeta { actor, tenant: Some(facts.tenant_id), subject: Some(subject(pod, &facts.name)) };
    let job = saga::enqueue(&mut *conn, services.now(), &MigrateCloudpod { pod, from, to, round }, meta).await?.job;
    engine::saga::set_server(conn, job, Some(to)).await?;
    let event =
        AuditEvent::new(AuditAction::JobEnqueued, "job", job, format!("{} {}", MigrateCloudpod::TITLE, facts.name)).in_tenant(facts.tenant_id);
    Ok((job, event.after(serde_json::json!({ "from": from, "to": to }))))
}

/// Servers that can take the pod now.
pub(super) async fn candidates(conn: &mut PgConnection, pod: &PodFacts) -> Result<Vec<queries::Candidate>> {
    let Some(from) = pod.server_id else { return Ok(Vec::new()) };
    Ok(queries::candidates(conn, (pod.id, from), &pod.capabilities(), pod.limits()).await?)
}
