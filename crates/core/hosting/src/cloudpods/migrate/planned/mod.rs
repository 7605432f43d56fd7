//! Moves that wait until resolvers have forgotten the old address.
//!
//! - The TTLs of the addresses that will follow the pod are lowered first. The move begins once every name server has answered with them for as long as
//!   resolvers can have the old ones, a day at most; then visitors come to the new server within a minute of the switch.
//! - A name server that is not in step within a quarter of an hour is not waited for.
//! - However the move ends, also when it cannot begin or is cancelled, the TTLs are restored.

mod queries;

use super::{
    super::give_way::{self, Urgent},
    NotMoved, candidates, place, pods, reconcile, request, rules,
};
use crate::dns;
use chrono::TimeDelta;
use db::{AuditEvent, PlatformRead, PlatformTx, SystemTx};
use engine::{
    Error, Result, Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{
    Time,
    administration::provisioning::JobStatus,
    audit_action::AuditAction,
    hosting::cloudpods::PlannedMoveView,
    ids::{CloudPodId, ServerId},
    permission::{ServersManage, ServersRead},
};
use queries::Planned;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Longest that TTLs are waited for; the old server sends visitors on for as long after the move.
const MAX_WAIT: u32 = 86_400;
/// Longest that name servers are waited for before that.
const SERVED_WITHIN: TimeDelta = TimeDelta::minutes(15);
/// For how long a pod that is busy is tried again.
const BUSY_FOR: TimeDelta = TimeDelta::hours(6);
/// The lowest TTL: what has it need not be lowered.
const LOWEST: u32 = wire::zone::MIN_TTL;

/// Plans the move of a pod to another server: lowers the TTLs of its addresses now, and moves it once resolvers have forgotten those of before.
///
/// # Errors
/// Not found; a conflict when the pod cannot be moved now, or not there, when a move is planned already, or when no address would follow it.
pub async fn plan_migration(services: &Services, tx: PlatformTx<ServersManage>, pod: CloudPodId, to: ServerId) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller.clone()).await?;
    pods::lock(tx.conn(), pod).await?;
    let facts = pods::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    let is_planned = || Error::conflict("A move of this CloudPod is planned already. Cancel it first.");
    if queries::of_pod(tx.conn(), pod).await?.is_some() {
        return Err(is_planned());
    }
    if let Some(reason) = rules::why_not_migrate(facts.status, facts.desired_state) {
        return Err(Error::conflict(reason));
    }
    let from = facts.server_id.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let target = candidates(tx.conn(), &facts).await?.into_iter().find(|one| one.id == to);
    let target = target.ok_or_else(|| Error::conflict("That server cannot take this CloudPod now. Choose another one."))?;
    if !place::has_room_for(tx.conn(), to, facts.limits()).await? {
        return Err(Error::conflict("That server cannot take this CloudPod now. Choose another one."));
    }
    if reconcile::has_unfinished_job(tx.conn(), pod).await? {
        return Err(Error::conflict(give_way::BUSY));
    }
    let source = pods::server(tx.conn(), from).await?;
    let (longest, told) = dns::lower_ttls(services, tx.conn(), pod, &source.site_address).await?;
    let Some(longest) = longest.filter(|ttl| *ttl > LOWEST) else {
        return Err(Error::conflict("No DNS zone here has an address of this CloudPod whose TTL could be lowered. Move it now."));
    };
    let (id, now) = (Uuid::now_v7(), services.now());
    let wait = i32::try_from(longest.min(MAX_WAIT)).unwrap_or(i32::MAX);
    if !queries::insert(tx.conn(), id, (facts.tenant_id, pod, to), &caller.actor, wait, now).await? {
        return Err(is_planned());
    }
    told.into_iter().for_each(|event| tx.record(event));
    touch(tx.conn(), PlannedMoves::NAME, id, now).await?;
    let event = AuditEvent::new(AuditAction::CloudpodMovePlanned, "cloud_pod", pod, &*facts.name).in_tenant(facts.tenant_id);
    Ok(tx.commit(event.after(serde_json::json!({ "server": target.name, "wait_seconds": wait }))).await?)
}

/// Cancels the planned move of a pod, and restores its TTLs.
///
/// # Errors
/// Not found; a conflict when none is planned, or its job has begun.
pub async fn cancel_planned_migration(services: &Services, tx: PlatformTx<ServersManage>, pod: CloudPodId) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    pods::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    let none = || Error::conflict("No move of this CloudPod is planned.");
    let id = queries::of_pod(tx.conn(), pod).await?.ok_or_else(none)?;
    let planned = queries::lock(tx.conn(), id).await?.ok_or_else(none)?;
    if planned.job_id.is_some() {
        return Err(Error::conflict("The move has begun. Cancel its job instead."));
    }
    end(services, &mut tx, id, &planned, None).await?;
    Ok(tx.commit(cancelled(&planned, "cancelled")).await?)
}

/// The planned move of a pod, also one that could not begin until the next one is planned.
///
/// # Errors
/// Not found.
pub async fn planned_migration(tx: &mut impl PlatformRead<ServersRead>, pod: CloudPodId) -> Result<Option<PlannedMoveView>> {
    pods::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    Ok(queries::latest(tx.conn(), pod).await?)
}

/// Ends a planned move, with the TTLs that were lowered for it.
async fn end(services: &Services, tx: &mut SystemTx, id: Uuid, planned: &Planned, failure: Option<&str>) -> Result<()> {
    let told = dns::restore_ttls(services, tx.conn(), planned.pod).await?;
    told.into_iter().for_each(|event| tx.record(event));
    Ok(queries::end(tx.conn(), id, failure, services.now()).await?)
}

fn cancelled(planned: &Planned, reason: &str) -> AuditEvent {
    let event = AuditEvent::new(AuditAction::CloudpodMoveCancelled, "cloud_pod", planned.pod, &*planned.pod_name).in_tenant(planned.tenant_id);
    event.after(serde_json::json!({ "reason": reason }))
}

/// Begins planned moves once their time has come, and restores TTLs once they have ended.
pub(in crate::cloudpods) struct PlannedMoves;

impl Reconciler for PlannedMoves {
    const NAME: &'static str = "planned_move";
    const TITLE: &'static str = "Planned moves begin once old addresses are forgotten";
    const INTERVAL: Duration = Duration::from_secs(60);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::open(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let mut tx = services.db.system("reconciler").await?;
        let Some(planned) = queries::lock(tx.conn(), key).await? else { return Ok(Outcome::Removed) };
        let subject = planned.pod_name.clone();
        let is_over = advance(services, &mut tx, key, &planned).await.map_err(|error| ReconcileError(error.to_string()))?;
        tx.commit_progress().await?;
        Ok(if is_over { Outcome::Removed } else { Outcome::ok(subject) })
    }
}

/// Whether the planned move is over.
async fn advance(services: &Services, tx: &mut SystemTx, id: Uuid, planned: &Planned) -> Result<bool> {
    match (planned.job_id, planned.job_status, planned.due_at) {
        // One that needs attention is retried or rolled back by staff; the addresses stay on their way until then.
        (Some(_), Some(JobStatus::Done | JobStatus::Undone) | None, _) => {
            end(services, tx, id, planned, None).await?;
            Ok(true)
        }
        (Some(_), Some(_), _) => Ok(false),
        (None, _, None) => {
            let now = services.now();
            if dns::are_ttls_served(tx.conn(), planned.pod).await? || now >= planned.created_at + SERVED_WITHIN {
                queries::set_due(tx.conn(), id, now + TimeDelta::seconds(i64::from(planned.wait_seconds))).await?;
            }
            Ok(false)
        }
        (None, _, Some(due)) if services.now() < due => Ok(false),
        (None, _, Some(due)) => begin(services, tx, id, planned, due).await,
    }
}

/// Whether the planned move is over since it cannot begin.
async fn begin(services: &Services, tx: &mut SystemTx, id: Uuid, planned: &Planned, due: Time) -> Result<bool> {
    let failure = match request(services, tx.conn(), planned.pod, planned.server_id, planned.asked_by.0.clone()).await {
        Ok((job, event)) => {
            tx.record(event);
            queries::set_job(tx.conn(), id, job).await?;
            return Ok(false);
        }
        Err(NotMoved::Busy) if services.now() < due + BUSY_FOR => {
            give_way::give_way(services, tx, planned.pod, Urgent::Request).await?;
            return Ok(false);
        }
        Err(NotMoved::Busy) => give_way::BUSY.to_owned(),
        Err(NotMoved::Refused(Error::Api(refused))) => refused.message,
        Err(NotMoved::Refused(error)) => return Err(error),
    };
    end(services, tx, id, planned, Some(&failure)).await?;
    tx.record(cancelled(planned, &failure));
    Ok(true)
}
