//! Places on servers: taken while the server's row is locked, so two pods never take the last one.

mod queries;
mod rules;

use super::queries::{PodFacts, ServerFacts, server};
use db::AuditEvent;
use engine::saga::{FencedTx, StepContext, StepError};
use model::{
    Time,
    audit_action::AuditAction,
    hosting::cloudpods::{DesiredState, Limits, PodStatus, Stack},
    ids::ServerId,
};
use sqlx::PgConnection;

/// A server that was not seen for this long is asked last: what is made there may have to wait for it.
const ASKED_LAST_AFTER: chrono::Duration = chrono::Duration::minutes(2);

/// Gives the pod a place on a server that can carry it. A pod that has one keeps it.
///
/// # Errors
/// [`StepError::Fail`] when no server in service has room for it.
pub(super) async fn take(cx: &StepContext, pod: &PodFacts) -> Result<ServerFacts, StepError> {
    if let Some(kept) = pod.server_id {
        let mut tx = cx.begin().await?;
        let server = server(tx.conn(), kept).await?;
        super::queries::set_status_and_desired(tx.conn(), pod.id, PodStatus::Provisioning, DesiredState::Running).await?;
        engine::saga::set_server(tx.conn(), cx.job(), Some(kept)).await?;
        tx.commit_progress().await?;
        return Ok(server);
    }
    let mut tx = cx.begin_read().await?;
    let candidates = queries::candidates(tx.conn(), pod.stack.capability(), &pod.region, cx.services().now() - ASKED_LAST_AFTER).await?;
    tx.finish().await?;
    for candidate in &candidates {
        // One transaction each: a server that has no room is not kept locked while the next one is asked.
        let tx = cx.begin().await?;
        if let Some(server) = take_on(cx, tx, pod, *candidate).await? {
            return Ok(server);
        }
    }
    Err(StepError::fail(if candidates.is_empty() {
        format!("No active server supports {} sites{}.", pod.stack.title(), rules::where_words(&pod.region))
    } else {
        format!(
            "No server has enough free capacity for {} CPU, {} MiB of memory and {} MiB of disk{}.",
            rules::cores(pod.cpu_millis),
            pod.memory_mb,
            pod.disk_mb,
            rules::where_words(&pod.region)
        )
    }))
}

async fn take_on(cx: &StepContext, mut tx: FencedTx, pod: &PodFacts, candidate: ServerId) -> Result<Option<ServerFacts>, StepError> {
    let Some(whole) = queries::lock(tx.conn(), candidate).await? else { return Ok(None) };
    let taken = queries::taken(tx.conn(), candidate).await?;
    if !rules::fits(&whole, &taken, pod.limits()) {
        return Ok(None);
    }
    queries::take(tx.conn(), pod.id, candidate).await?;
    engine::saga::set_server(tx.conn(), cx.job(), Some(candidate)).await?;
    let server = server(tx.conn(), candidate).await?;
    let event = AuditEvent::new(AuditAction::CloudpodPlaced, "cloud_pod", pod.id, &*pod.name)
        .in_tenant(pod.tenant_id)
        .after(serde_json::json!({ "server": server.name, "limits": pod.limits() }));
    tx.commit(event).await?;
    Ok(Some(server))
}

/// Whether a server in service can give a pod of it more than it has. Locks the server against placements until the transaction ends.
pub(super) async fn has_room(conn: &mut PgConnection, server: ServerId, now: Limits, then: Limits) -> Result<bool, sqlx::Error> {
    let Some(whole) = queries::lock(&mut *conn, server).await? else { return Ok(false) };
    let taken = queries::taken(conn, server).await?;
    Ok(rules::grows(&whole, &taken, now, then))
}

/// Whether a server in service has room for one pod more. Locks it as [`has_room`] does.
pub(super) async fn has_room_for(conn: &mut PgConnection, server: ServerId, pod: Limits) -> Result<bool, sqlx::Error> {
    let Some(whole) = queries::lock(&mut *conn, server).await? else { return Ok(false) };
    let taken = queries::taken(conn, server).await?;
    Ok(rules::fits(&whole, &taken, pod))
}

/// For how many pods of these limits, of so many at most, there is room on servers in service. Locks those that are asked as [`has_room`] does.
pub(super) async fn count_room(conn: &mut PgConnection, stack: Stack, region: &str, pod: Limits, wanted: i32, now: Time) -> Result<i32, sqlx::Error> {
    let mut candidates = queries::candidates(&mut *conn, stack.capability(), region, now - ASKED_LAST_AFTER).await?;
    // All who lock several take them in this order.
    candidates.sort_unstable();
    let mut found = 0;
    for server in candidates {
        let Some(whole) = queries::lock(&mut *conn, server).await? else { continue };
        let mut taken = queries::taken(&mut *conn, server).await?;
        while found < wanted && rules::fits(&whole, &taken, pod) {
            rules::add(&mut taken, pod);
            found += 1;
        }
        if found == wanted {
            break;
        }
    }
    Ok(found)
}

/// Gives the place back and says that the pod could not be made.
pub(super) async fn release(cx: &StepContext, pod: &PodFacts) -> Result<(), StepError> {
    if pod.status == PodStatus::Failed && pod.server_id.is_none() {
        return Ok(());
    }
    let mut tx = cx.begin().await?;
    queries::release(tx.conn(), pod.id).await?;
    let event = AuditEvent::new(AuditAction::CloudpodFailed, "cloud_pod", pod.id, &*pod.name)
        .in_tenant(pod.tenant_id)
        .before(serde_json::json!({ "status": pod.status }))
        .after(serde_json::json!({ "status": PodStatus::Failed }));
    tx.commit(event).await?;
    Ok(())
}
