//! Brings the new agent to the servers.

use super::{queries, rules};
use crate::servers::{
    health,
    look::{ask_probe, store, summary},
    note_node_error, queries as servers,
};
use adapters::node::{AgentRelease, NodeClient, NodeError};
use db::AuditEvent;
use engine::{
    Result, Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use futures::future::join_all;
use model::{administration::agent_rollout::UpgradeStatus, audit_action::AuditAction, ids::ServerId};
use serde_json::json;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::probe::ProbeReport;

/// In whose name it is done.
const ACTOR: &str = "agent rollout";

/// Brings the agent that this panel ships to every server.
pub(in crate::servers) struct Rollout;

impl Reconciler for Rollout {
    const NAME: &'static str = "agent_rollout";
    const TITLE: &'static str = "Servers run the current agent";
    const INTERVAL: Duration = Duration::from_secs(20);
    /// A batch: an upload over a slow line, and the trial of the new agent.
    const TIMEOUT: Duration = Duration::from_secs(900);

    async fn objects(_: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        Ok(Object::installation(after))
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        if round(services).await? > 0 {
            // Who is next comes without a pause.
            let mut tx = services.db.system(ACTOR).await?;
            touch(tx.conn(), Self::NAME, key, services.now()).await?;
            tx.commit_progress().await?;
        }
        Ok(Outcome::ok("All servers"))
    }
}

/// From now on this panel's agent is the one that counts: the panel that was started last decides, also after a step back.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn announce(services: &Services) -> Result<()> {
    let mut tx = services.db.system(ACTOR).await?;
    queries::release(tx.conn(), &services.part::<dyn NodeClient>().agent(), services.now()).await?;
    Ok(tx.commit_progress().await?)
}

/// Begins with the servers that are next and brings them to an end. Answers with how many there were.
pub async fn round(services: &Services) -> Result<usize> {
    let agent = services.part::<dyn NodeClient>().agent();
    let mut tx = services.db.system(ACTOR).await?;
    let Some((sha256, _, held_at)) = queries::locked(tx.conn()).await? else { return Ok(0) };
    if sha256 != agent.sha256 {
        // A panel that ships another one was started after this one.
        return Ok(0);
    }
    let servers = queries::servers(tx.conn(), &sha256).await?;
    let candidates: Vec<_> = servers.iter().map(queries::Row::candidate).collect();
    let next = rules::next(held_at.is_some(), services.now(), &candidates);
    for id in &next {
        queries::begin(tx.conn(), *id, &sha256, services.now()).await?;
    }
    tx.commit_progress().await?;
    for ended in join_all(next.iter().map(|id| upgrade(services, *id, &agent))).await {
        ended?;
    }
    Ok(next.len())
}

async fn upgrade(services: &Services, id: ServerId, agent: &AgentRelease) -> Result<()> {
    let mut tx = services.db.system(ACTOR).await?;
    let server = servers::whole(tx.conn(), id).await?.ok_or_else(crate::servers::list::unknown)?;
    tx.finish().await?;
    // Taken out of service since the choice: it is not chosen again.
    let Ok(target) = health::target_of(id, &server) else {
        return end(services, id, agent, UpgradeStatus::Waiting, "It is not in service.", None).await;
    };
    let outcome = async {
        services.part::<dyn NodeClient>().install_program(&target).await?;
        let report = ask_probe(services, &target).await?;
        match report.node_sha256.as_deref() {
            Some(found) if found == agent.sha256 => Ok(report),
            _ => Err(NodeError::Protocol("another agent is in its place".to_owned())),
        }
    };
    match outcome.await {
        Ok(report) => {
            let event = AuditEvent::new(AuditAction::ServerUpgraded, "server", id, &server.name)
                .before(json!({ "version": server.node_version }))
                .after(summary(&report));
            end(services, id, agent, UpgradeStatus::Done, "", Some((event, Some(&report)))).await
        }
        Err(error) if error.is_retryable() || matches!(error, NodeError::HostKeyChanged { .. }) => {
            note_node_error(services, id, &error).await?;
            end(services, id, agent, UpgradeStatus::Waiting, &error.to_string(), None).await
        }
        Err(error) => {
            tracing::error!(server = %server.name, %error, "agent upgrade failed; rollout stopped");
            let event = AuditEvent::new(AuditAction::ServerUpgradeFailed, "server", id, &server.name)
                .after(json!({ "version": agent.version, "sha256": agent.sha256, "reason": error.to_string() }));
            // What runs there now, in case somebody looked while the new one was tried.
            let report = ask_probe(services, &target).await.ok();
            end(services, id, agent, UpgradeStatus::Failed, &error.to_string(), Some((event, report.as_ref()))).await
        }
    }
}

async fn end(
    services: &Services,
    id: ServerId,
    agent: &AgentRelease,
    status: UpgradeStatus,
    reason: &str,
    record: Option<(AuditEvent, Option<&ProbeReport>)>,
) -> Result<()> {
    let mut tx = services.db.system(ACTOR).await?;
    let now = services.now();
    let due_at = now + rules::pause(queries::attempts(tx.conn(), id, &agent.sha256).await?);
    queries::end(tx.conn(), id, &agent.sha256, status, reason, now, due_at).await?;
    let Some((event, report)) = record else { return Ok(tx.commit_progress().await?) };
    if let Some(report) = report {
        store(services, tx.conn(), id, report).await?;
    }
    Ok(tx.commit(event).await?)
}
