//! SQL of rollouts.

use super::rules::Candidate;
use adapters::node::AgentRelease;
use model::{
    Time,
    administration::agent_rollout::{ServerUpgrade, UpgradeStatus},
    ids::ServerId,
};
use sqlx::PgConnection;

/// A server in service, and how its agent stands to a release.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: ServerId,
    name: String,
    pods: i64,
    node_version: Option<String>,
    status: UpgradeStatus,
    reason: Option<String>,
    changed_at: Option<Time>,
    due_at: Option<Time>,
}

impl Row {
    pub fn candidate(&self) -> Candidate {
        Candidate { id: self.id, pods: self.pods, status: self.status, changed_at: self.changed_at, due_at: self.due_at }
    }

    pub fn view(self) -> ServerUpgrade {
        let reason = self.reason.filter(|reason| !reason.is_empty());
        ServerUpgrade { id: self.id, name: self.name, version: self.node_version, status: self.status, reason, changed_at: self.changed_at }
    }
}

pub(super) async fn release(conn: &mut PgConnection, agent: &AgentRelease, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into agent_releases (sha256, version, released_at) values ($1, $2, $3)
         on conflict (sha256) do update set version = excluded.version, released_at = excluded.released_at",
    )
    .bind(&agent.sha256)
    .bind(&agent.version)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The release that counts: checksum, version, and since when it is held. Others who decide about it wait until this transaction has ended.
pub(super) async fn locked(conn: &mut PgConnection) -> sqlx::Result<Option<(String, String, Option<Time>)>> {
    sqlx::query_as("select sha256, version, held_at from agent_releases order by released_at desc, sha256 limit 1 for update")
        .fetch_optional(conn)
        .await
}

/// The same for who only looks.
pub(super) async fn current(conn: &mut PgConnection) -> sqlx::Result<Option<(String, String, Option<Time>)>> {
    sqlx::query_as("select sha256, version, held_at from agent_releases order by released_at desc, sha256 limit 1").fetch_optional(conn).await
}

/// All real servers in service. One that has the agent has it, however it came there.
pub(super) async fn servers(conn: &mut PgConnection, sha256: &str) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "select s.id, s.name, s.node_version, u.reason, u.changed_at, u.due_at,
                case when s.node_sha256 = $1 and u.status is distinct from 'RUNNING' then 'DONE'
                     when u.status is null or u.status = 'DONE' then 'BEHIND' else u.status end as status,
                (select count(*) from cloud_pods p where p.server_id = s.id and p.status <> 'DELETED') as pods
           from servers s left join server_agent_upgrades u on u.server_id = s.id and u.sha256 = $1
          where s.status in ('ACTIVE', 'DRAINING') and s.driver = 'SSH'
          order by u.status is distinct from 'FAILED', s.name limit 10000",
    )
    .bind(sha256)
    .fetch_all(conn)
    .await
}

/// Begins with a server.
pub(super) async fn begin(conn: &mut PgConnection, server: ServerId, sha256: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into server_agent_upgrades (server_id, sha256, status, changed_at, due_at) values ($1, $2, 'RUNNING', $3, $3)
         on conflict (server_id, sha256) do update
            set status = 'RUNNING', reason = '', changed_at = $3, attempts = server_agent_upgrades.attempts + 1",
    )
    .bind(server)
    .bind(sha256)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// How it ended.
pub(super) async fn end(
    conn: &mut PgConnection,
    server: ServerId,
    sha256: &str,
    status: UpgradeStatus,
    reason: &str,
    now: Time,
    due_at: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "update server_agent_upgrades set status = $3, reason = $4, changed_at = $5, due_at = $6
          where server_id = $1 and sha256 = $2",
    )
    .bind(server)
    .bind(sha256)
    .bind(status)
    .bind(reason)
    .bind(now)
    .bind(due_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// How often it was tried.
pub(super) async fn attempts(conn: &mut PgConnection, server: ServerId, sha256: &str) -> sqlx::Result<i32> {
    sqlx::query_scalar("select attempts from server_agent_upgrades where server_id = $1 and sha256 = $2")
        .bind(server)
        .bind(sha256)
        .fetch_one(conn)
        .await
}

/// Holds the release, or lets it go on.
pub(super) async fn set_held(conn: &mut PgConnection, sha256: &str, held_at: Option<Time>) -> sqlx::Result<()> {
    sqlx::query("update agent_releases set held_at = $2 where sha256 = $1").bind(sha256).bind(held_at).execute(conn).await?;
    Ok(())
}

/// Servers that failed are tried again. Answers with how many.
pub(super) async fn retry_failed(conn: &mut PgConnection, sha256: &str, now: Time) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "update server_agent_upgrades set status = 'WAITING', attempts = 1, changed_at = $2, due_at = $2 where sha256 = $1 and status = 'FAILED'",
    )
    .bind(sha256)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
