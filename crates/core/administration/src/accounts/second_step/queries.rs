//! SQL of the second step: keys of authenticator apps, recovery codes, sign-ins that wait for a code.

use crate::accounts::limits::Attempt;
use model::{Time, administration::accounts::UserStatus, ids::UserId};
use sqlx::{FromRow, PgConnection, Result};
use uuid::Uuid;

/// The key of a login's authenticator app.
#[derive(FromRow)]
pub struct SecretRow {
    pub sealed: Vec<u8>,
    pub confirmed_at: Option<Time>,
    pub last_step: i64,
}

/// The key, confirmed or not.
pub async fn secret(conn: &mut PgConnection, user: UserId) -> Result<Option<SecretRow>> {
    sqlx::query_as("select sealed, confirmed_at, last_step from totp_secrets where user_id = $1").bind(user).fetch_optional(conn).await
}

/// Keeps a key that is not confirmed yet; false when there is a confirmed one.
pub async fn keep_secret(conn: &mut PgConnection, user: UserId, sealed: &[u8], now: Time) -> Result<bool> {
    let done = sqlx::query(
        "insert into totp_secrets (user_id, sealed, created_at) values ($1, $2, $3)
         on conflict (user_id) do update set sealed = excluded.sealed, created_at = excluded.created_at, last_step = 0
          where totp_secrets.confirmed_at is null",
    )
    .bind(user)
    .bind(sealed)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Confirms the key by the step of its first code; false when it was confirmed before.
pub async fn confirm_secret(conn: &mut PgConnection, user: UserId, step: i64, now: Time) -> Result<bool> {
    let done = sqlx::query("update totp_secrets set confirmed_at = $3, last_step = $2 where user_id = $1 and confirmed_at is null")
        .bind(user)
        .bind(step)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses the code of a step up; false when it, or a later one, was used before.
pub async fn use_step(conn: &mut PgConnection, user: UserId, step: i64) -> Result<bool> {
    let done = sqlx::query("update totp_secrets set last_step = $2 where user_id = $1 and last_step < $2 and confirmed_at is not null")
        .bind(user)
        .bind(step)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts the key sealed anew in place of the one that was read.
pub async fn reseal(conn: &mut PgConnection, user: UserId, sealed: &[u8]) -> Result<()> {
    sqlx::query("update totp_secrets set sealed = $2 where user_id = $1").bind(user).bind(sealed).execute(conn).await?;
    Ok(())
}

/// Logins with a key, confirmed or not.
pub async fn owners_of_secrets(conn: &mut PgConnection) -> Result<Vec<UserId>> {
    sqlx::query_scalar("select user_id from totp_secrets order by user_id").fetch_all(conn).await
}

/// The login with this address.
pub async fn user_by_email(conn: &mut PgConnection, email: &str) -> Result<Option<UserId>> {
    sqlx::query_scalar("select id from users where email = $1").bind(email).fetch_optional(conn).await
}

/// Takes the key away; false when there was none that counts.
pub async fn delete_secret(conn: &mut PgConnection, user: UserId) -> Result<bool> {
    let done = sqlx::query("delete from totp_secrets where user_id = $1 and confirmed_at is not null").bind(user).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Takes all recovery codes away.
pub async fn delete_codes(conn: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query("delete from recovery_codes where user_id = $1").bind(user).execute(conn).await?;
    Ok(())
}

/// Keeps the hash of a recovery code.
pub async fn insert_code(conn: &mut PgConnection, user: UserId, hash: &[u8], now: Time) -> Result<()> {
    sqlx::query("insert into recovery_codes (id, user_id, code_hash, created_at) values ($1, $2, $3, $4)")
        .bind(Uuid::now_v7())
        .bind(user)
        .bind(hash)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Uses a recovery code up, by one of its hashes; false when it is none, or was used before.
pub async fn use_code(conn: &mut PgConnection, user: UserId, hashes: &[Vec<u8>], now: Time) -> Result<bool> {
    let done = sqlx::query("update recovery_codes set used_at = $3 where user_id = $1 and code_hash = any($2) and used_at is null")
        .bind(user)
        .bind(hashes)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Since when the login has a second step, and how many recovery codes are left.
pub async fn state(conn: &mut PgConnection, user: UserId) -> Result<(Option<Time>, i64)> {
    sqlx::query_as(
        "select (select confirmed_at from totp_secrets where user_id = $1),
                (select count(*) from recovery_codes where user_id = $1 and used_at is null)",
    )
    .bind(user)
    .fetch_one(conn)
    .await
}

/// Whether the rule for staff is on.
pub async fn staff_need_it(conn: &mut PgConnection) -> Result<bool> {
    sqlx::query_scalar("select exists (select from security_policies where name = 'STAFF_SECOND_STEP' and enabled)").fetch_one(conn).await
}

/// Keeps a sign-in that waits for its code.
pub async fn insert_waiting(conn: &mut PgConnection, user: UserId, token_hash: &[u8], now: Time, expires_at: Time) -> Result<()> {
    sqlx::query("insert into sign_in_steps (id, token_hash, user_id, created_at, expires_at) values ($1, $2, $3, $4, $5)")
        .bind(Uuid::now_v7())
        .bind(token_hash)
        .bind(user)
        .bind(now)
        .bind(expires_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// A sign-in that waits for its code.
#[derive(FromRow)]
pub struct WaitingRow {
    pub step_id: Uuid,
    pub user_id: UserId,
    pub email: String,
    pub status: UserStatus,
    pub password_set_at: Option<Time>,
    pub created_at: Time,
    pub expires_at: Time,
}

/// The waiting sign-in behind a token.
pub async fn waiting(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<WaitingRow>> {
    sqlx::query_as("select step_id, user_id, email, status, password_set_at, created_at, expires_at from sign_in_step_lookup($1)")
        .bind(token_hash)
        .fetch_optional(conn)
        .await
}

/// Uses a waiting sign-in up; false when somebody was faster.
pub async fn use_waiting(conn: &mut PgConnection, step: Uuid) -> Result<bool> {
    let done = sqlx::query("delete from sign_in_steps where id = $1").bind(step).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all waiting sign-ins of a login.
pub async fn end_waiting(conn: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query("delete from sign_in_steps where user_id = $1").bind(user).execute(conn).await?;
    Ok(())
}

/// Removes waiting sign-ins that are over.
pub async fn sweep_waiting(conn: &mut PgConnection, now: Time) -> Result<()> {
    sqlx::query("delete from sign_in_steps where expires_at <= $1").bind(now).execute(conn).await?;
    Ok(())
}

/// Notes a sign-in by a code; false when the login was disabled meanwhile.
pub async fn note_sign_in(conn: &mut PgConnection, user: UserId, now: Time) -> Result<bool> {
    let done = sqlx::query("update users set last_login_at = $2 where id = $1 and status = 'ACTIVE'").bind(user).bind(now).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Tries of codes on this login.
pub async fn code_attempts(conn: &mut PgConnection, email: &str, since: Time) -> Result<Vec<Attempt>> {
    sqlx::query_as("select email, ip, succeeded, at from code_attempts_lookup($1, $2)").bind(email).bind(since).fetch_all(conn).await
}
