//! What a person can do with a job.

mod queries;

use super::QUEUE;
use crate::{Error, Modules, Result, Services};
use db::{AuditEvent, PlatformTx, SystemTx};
use model::{administration::provisioning::JobStatus, audit_action::AuditAction, ids::JobId, permission::JobsManage};
use queries::LockedJob;
use sqlx::PgConnection;

/// Asks to cancel: what was done is undone.
///
/// # Errors
/// A conflict when the job has ended, is being undone, was cancelled before, or is past the point of no return.
pub async fn cancel(services: &Services, mut tx: PlatformTx<JobsManage>, job: JobId) -> Result<()> {
    let who = tx.caller().actor.to_string();
    let locked = request_cancel(services, tx.conn(), job, &who).await?;
    tx.commit(event(AuditAction::JobCancelRequested, job, &locked)).await?;
    Ok(())
}

/// [`cancel`] in the transaction of what makes the job unnecessary. Answers with why it can no longer be cancelled; then nothing was written.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn cancel_in(services: &Services, tx: &mut SystemTx, job: JobId) -> Result<Result<(), String>> {
    let who = tx.caller().actor.to_string();
    match request_cancel(services, tx.conn(), job, &who).await {
        Ok(locked) => {
            tx.record(event(AuditAction::JobCancelRequested, job, &locked));
            Ok(Ok(()))
        }
        Err(Error::Api(refused)) => Ok(Err(refused.message)),
        Err(other) => Err(other),
    }
}

async fn request_cancel(services: &Services, conn: &mut PgConnection, job: JobId, who: &str) -> Result<LockedJob> {
    let locked = queries::lock(&mut *conn, job).await?.ok_or_else(|| Error::not_found("Job"))?;
    if !matches!(locked.status, JobStatus::Queued | JobStatus::Running) {
        return Err(Error::conflict("This job can no longer be cancelled."));
    }
    if locked.cancel_requested_at.is_some() {
        return Err(Error::conflict("Cancellation is already in progress."));
    }
    let steps = queries::step_states(&mut *conn, job).await?;
    if services.part::<Modules>().sagas.is_irreversible((&locked.kind, locked.version), locked.payload.clone(), &steps) {
        return Err(Error::conflict("This job is past the point of no return and can't be cancelled."));
    }
    let now = services.now();
    queries::request_cancel(&mut *conn, job, now).await?;
    queries::say(&mut *conn, job, now, &format!("{who} requested cancellation.")).await?;
    db::enqueue_wakeup(conn, QUEUE, job).await?;
    Ok(locked)
}

/// Starts an ended job again: one that was undone from its beginning, one that is stuck where it stands, forward or back.
///
/// # Errors
/// A conflict when the job has not ended, or ended well, or another one of its object goes on.
pub async fn retry(services: &Services, mut tx: PlatformTx<JobsManage>, job: JobId) -> Result<()> {
    let locked = queries::lock(tx.conn(), job).await?.ok_or_else(|| Error::not_found("Job"))?;
    if matches!(locked.status, JobStatus::Undone | JobStatus::Stuck) && queries::is_subject_busy(tx.conn(), job).await? {
        return Err(Error::conflict("Another job of the same object is in progress. Wait until it has ended."));
    }
    let now = services.now();
    let deadline = now + chrono::Duration::milliseconds((locked.allowance * 1000.0) as i64);
    let next = match locked.status {
        JobStatus::Undone => {
            queries::reset_steps(tx.conn(), job).await?;
            JobStatus::Queued
        }
        JobStatus::Stuck => {
            queries::refresh_steps(tx.conn(), job).await?;
            if locked.turned_back { JobStatus::Unwinding } else { JobStatus::Queued }
        }
        JobStatus::Done => return Err(Error::conflict("This job already completed.")),
        JobStatus::Queued | JobStatus::Running | JobStatus::Unwinding => return Err(Error::conflict("This job is still in progress.")),
    };
    queries::restart(tx.conn(), job, next, now, deadline).await?;
    let who = tx.caller().actor.to_string();
    queries::say(tx.conn(), job, now, &format!("{who} retried the job.")).await?;
    db::enqueue_wakeup(tx.conn(), QUEUE, job).await?;
    tx.commit(event(AuditAction::JobRetried, job, &locked)).await?;
    Ok(())
}

fn event(action: AuditAction, job: JobId, locked: &LockedJob) -> AuditEvent {
    let name = format!("{} {}", locked.title, locked.subject_name);
    let mut before = serde_json::json!({ "status": locked.status });
    if let (Some(kind), Some(id)) = (&locked.subject_kind, locked.subject_id) {
        before[kind] = serde_json::json!(id);
    }
    let event = AuditEvent::new(action, "job", job, name.trim_end()).before(before);
    match locked.tenant_id {
        Some(tenant) => event.in_tenant(tenant),
        None => event,
    }
}
