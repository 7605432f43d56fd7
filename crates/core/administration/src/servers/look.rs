//! Looking at a server: what it is, what it can do, and what it lacks.

use super::{error_for_user, health::target_of, list::unknown, queries, rules};
use adapters::node::{CallOptions, NodeClient, NodeError, ServerTarget};
use db::{AuditEvent, Caller, PlatformTx};
use engine::{Error, Result, Services};
use model::{administration::servers::Capability, audit_action::AuditAction, ids::ServerId, permission::ServersManage};
use serde_json::json;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{
    probe::ProbeReport,
    verb::{Call, Install, Probe},
};

/// How long a probe may take.
const PROBE: Duration = Duration::from_secs(60);
/// How long packages may take.
const INSTALL: Duration = Duration::from_secs(1200);

/// Looks anew at what a server is and can do.
///
/// # Errors
/// When the server is not in service, or does not answer.
pub async fn probe(services: &Services, tx: PlatformTx<ServersManage>, id: ServerId) -> Result<()> {
    let (caller, name, target) = begin(tx, id).await?;
    let report = ask_probe(services, &target).await;
    let report = or_told(services, id, report).await?;
    let event = AuditEvent::new(AuditAction::ServerProbed, "server", id, name).after(summary(&report));
    keep(services, caller, id, &report, event).await
}

/// Installs what a capability lacks on a server, as far as the server's program can, and looks anew.
///
/// # Errors
/// When the server is not in service, does not answer, or could not install it.
pub async fn install(services: &Services, tx: PlatformTx<ServersManage>, id: ServerId, capability: Capability) -> Result<()> {
    let (caller, name, target) = begin(tx, id).await?;
    let verb = Install { capability: rules::wire(capability) };
    let report = ask(services, &target, verb, INSTALL, "install").await;
    let report = or_told(services, id, report).await?;
    let after = json!({ "capability": capability, "probe": summary(&report) });
    let event = AuditEvent::new(AuditAction::ServerCapabilityInstalled, "server", id, name).after(after);
    keep(services, caller, id, &report, event).await
}

/// Reads what is needed and lets go of the transaction: nothing is held while a server is asked.
async fn begin(mut tx: PlatformTx<ServersManage>, id: ServerId) -> Result<(Caller, String, ServerTarget)> {
    let server = queries::whole(tx.conn(), id).await?.ok_or_else(unknown)?;
    let target = target_of(id, &server)?;
    let caller = tx.caller().clone();
    tx.finish().await?;
    Ok((caller, server.name, target))
}

/// Asks for a probe.
pub(super) async fn ask_probe(services: &Services, target: &ServerTarget) -> Result<ProbeReport, NodeError> {
    ask(services, target, Probe {}, PROBE, "probe").await
}

async fn ask<C: Call>(services: &Services, target: &ServerTarget, call: C, deadline: Duration, what: &str) -> Result<C::Reply, NodeError> {
    // Each question is its own intention: an answer of an earlier one would be old.
    let key = format!("servers/{what}/{}", Uuid::now_v7());
    let reply = services.part::<dyn NodeClient>().call(target, call.into(), CallOptions { deadline, key, lines: None }).await?;
    C::read(reply).ok_or_else(|| NodeError::Protocol("unexpected reply".to_owned()))
}

pub(super) async fn or_told<T>(services: &Services, id: ServerId, answer: Result<T, NodeError>) -> Result<T> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(error) => Err(error_for_user(services, id, error).await),
    }
}

async fn keep(services: &Services, caller: Caller, id: ServerId, report: &ProbeReport, event: AuditEvent) -> Result<()> {
    let mut tx = services.db.system(caller).await?;
    store(services, tx.conn(), id, report).await?;
    tx.commit(event).await.map_err(Error::from)
}

/// Writes what a probe has found: capacity and capabilities follow from it.
pub(super) async fn store(services: &Services, conn: &mut PgConnection, id: ServerId, report: &ProbeReport) -> Result<()> {
    let (capacity, capabilities) = (rules::Capacity::of(report), rules::capabilities(report));
    Ok(queries::store_probe(conn, id, report, capacity, &capabilities, services.now()).await?)
}

/// The part of a probe that the record keeps.
pub(super) fn summary(report: &ProbeReport) -> serde_json::Value {
    let ready: Vec<Capability> = rules::capabilities(report).into_iter().filter(|(_, ready, _)| *ready).map(|(word, ..)| word).collect();
    json!({
        "os": report.os, "version": report.version, "cpus": report.cpus, "memory_mb": report.memory_mb,
        "disk_mb": report.storage.total_mb, "ready": ready,
    })
}
