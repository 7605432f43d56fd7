//! SQL of the rules for signing in.

use model::{Time, ids::UserId, security::policies::Policy};
use sqlx::{FromRow, PgConnection, Result};

/// A rule that was changed once.
#[derive(FromRow)]
pub struct Row {
    pub name: Policy,
    pub enabled: bool,
    pub changed_at: Time,
}

/// The rules that were changed once.
pub async fn policies(conn: &mut PgConnection) -> Result<Vec<Row>> {
    sqlx::query_as("select name, enabled, changed_at from security_policies order by name limit 50").fetch_all(conn).await
}

/// Switches a rule.
pub async fn set(conn: &mut PgConnection, policy: Policy, enabled: bool, now: Time) -> Result<()> {
    sqlx::query(
        "insert into security_policies (name, enabled, changed_at) values ($1, $2, $3)
         on conflict (name) do update set enabled = excluded.enabled, changed_at = excluded.changed_at",
    )
    .bind(policy)
    .bind(enabled)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the login has a second step.
pub async fn has_second_step(conn: &mut PgConnection, user: UserId) -> Result<bool> {
    sqlx::query_scalar("select exists (select from totp_secrets where user_id = $1 and confirmed_at is not null)").bind(user).fetch_one(conn).await
}

/// Addresses of active staff without a second step, at most 100.
pub async fn staff_without(conn: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "select email from users u
          where platform_role is not null and status = 'ACTIVE'
            and not exists (select from totp_secrets s where s.user_id = u.id and s.confirmed_at is not null)
          order by email limit 100",
    )
    .fetch_all(conn)
    .await
}

/// Whether the login may change rules: the function that the access checks ask.
pub async fn may_change(conn: &mut PgConnection, user: UserId) -> Result<bool> {
    sqlx::query_scalar("select d.outcome = 'ok' from access_decision($1, null, 'policies:manage') d").bind(user).fetch_one(conn).await
}
