//! SQL of the logins: looking up, making, links, sessions, tries.

use super::limits::Attempt;
use model::{
    Time,
    administration::accounts::{LinkPurpose, Membership, UserStatus},
    hosting::suspensions::SuspensionReason,
    ids::{SessionId, TenantId, UserId},
};
use sqlx::{FromRow, PgConnection, Result};
use uuid::Uuid;

/// What a sign-in needs of a login.
#[derive(FromRow)]
pub struct SignInRow {
    pub user_id: UserId,
    pub email: String,
    pub status: UserStatus,
    pub password_hash: Option<String>,
}

/// The login with this address, for a stranger who says it is his.
pub async fn sign_in(conn: &mut PgConnection, email: &str) -> Result<Option<SignInRow>> {
    sqlx::query_as("select user_id, email, status, password_hash from sign_in_lookup($1)").bind(email).fetch_optional(conn).await
}

/// A link and the login it belongs to.
#[derive(FromRow)]
pub struct LinkRow {
    pub link_id: Uuid,
    pub purpose: LinkPurpose,
    pub user_id: Option<UserId>,
    pub email: Option<String>,
    pub user_status: Option<UserStatus>,
    pub expires_at: Time,
    pub used_at: Option<Time>,
}

/// The link behind a token.
pub async fn link(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<LinkRow>> {
    sqlx::query_as("select link_id, purpose, user_id, email, user_status, expires_at, used_at from access_link_lookup($1)")
        .bind(token_hash)
        .fetch_optional(conn)
        .await
}

/// Makes an invited login; false when the address is taken.
pub async fn insert_invited(conn: &mut PgConnection, id: UserId, email: &str, now: Time) -> Result<bool> {
    let done =
        sqlx::query("insert into users (id, email, name, status, created_at) values ($1, $2, '', 'INVITED', $3) on conflict (email) do nothing")
            .bind(id)
            .bind(email)
            .bind(now)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes the first admin.
pub async fn insert_admin(conn: &mut PgConnection, id: UserId, email: &str, name: &str, hash: &str, now: Time) -> Result<()> {
    sqlx::query(
        "insert into users (id, email, name, status, password_hash, platform_role, created_at, password_set_at)
         values ($1, $2, $3, 'ACTIVE', $4, 'SUPER_ADMIN', $5, $5)",
    )
    .bind(id)
    .bind(email)
    .bind(name)
    .bind(hash)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// One set-up after the other.
pub async fn lock_set_up(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.set-up', 0))").execute(conn).await?;
    Ok(())
}

/// Whether anybody is staff.
pub async fn has_staff(conn: &mut PgConnection) -> Result<bool> {
    sqlx::query_scalar("select exists (select from users where platform_role is not null)").fetch_one(conn).await
}

/// The login with this address, locked until commit.
pub async fn lock_by_email(conn: &mut PgConnection, email: &str) -> Result<(UserId, UserStatus)> {
    sqlx::query_as("select id, status from users where email = $1 for update").bind(email).fetch_one(conn).await
}

/// Sets the first password; false when the login is not invited any more.
pub async fn activate(conn: &mut PgConnection, user: UserId, name: Option<&str>, hash: &str, now: Time) -> Result<bool> {
    let done = sqlx::query(
        "update users set status = 'ACTIVE', password_hash = $2, name = coalesce($3, name), password_set_at = $4
          where id = $1 and status = 'INVITED'",
    )
    .bind(user)
    .bind(hash)
    .bind(name)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets a new password; false when the login is disabled.
pub async fn set_password(conn: &mut PgConnection, user: UserId, hash: &str, now: Time) -> Result<bool> {
    let done =
        sqlx::query("update users set status = 'ACTIVE', password_hash = $2, password_set_at = $3 where id = $1 and status in ('INVITED', 'ACTIVE')")
            .bind(user)
            .bind(hash)
            .bind(now)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes a sign-in; false when the login was disabled or has another password by now.
pub async fn note_sign_in(conn: &mut PgConnection, user: UserId, hash: Option<&str>, now: Time) -> Result<bool> {
    let done = sqlx::query("update users set last_login_at = $3 where id = $1 and status = 'ACTIVE' and password_hash = $2")
        .bind(user)
        .bind(hash)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether the login is active and still has this password.
pub async fn is_password(conn: &mut PgConnection, user: UserId, hash: Option<&str>) -> Result<bool> {
    sqlx::query_scalar("select exists (select from users where id = $1 and status = 'ACTIVE' and password_hash = $2)")
        .bind(user)
        .bind(hash)
        .fetch_one(conn)
        .await
}

/// Keeps the hash of a link's token.
pub async fn insert_link(
    conn: &mut PgConnection,
    purpose: LinkPurpose,
    user: Option<UserId>,
    token_hash: &[u8],
    now: Time,
    expires_at: Time,
) -> Result<()> {
    sqlx::query("insert into access_links (id, purpose, user_id, token_hash, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)")
        .bind(Uuid::now_v7())
        .bind(purpose)
        .bind(user)
        .bind(token_hash)
        .bind(now)
        .bind(expires_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Uses a link up; false when somebody was faster.
pub async fn use_link(conn: &mut PgConnection, link: Uuid, now: Time) -> Result<bool> {
    let done = sqlx::query("update access_links set used_at = $2 where id = $1 and used_at is null").bind(link).bind(now).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all links of a login.
pub async fn end_links(conn: &mut PgConnection, user: UserId, now: Time) -> Result<()> {
    sqlx::query("update access_links set used_at = $2 where user_id = $1 and used_at is null").bind(user).bind(now).execute(conn).await?;
    Ok(())
}

/// Ends all set-up links.
pub async fn end_setup_links(conn: &mut PgConnection, now: Time) -> Result<()> {
    sqlx::query("update access_links set used_at = $1 where purpose = 'SETUP' and used_at is null").bind(now).execute(conn).await?;
    Ok(())
}

/// How many links of this kind the login was sent since then.
pub async fn links_since(conn: &mut PgConnection, user: UserId, purpose: LinkPurpose, since: Time) -> Result<i64> {
    sqlx::query_scalar("select count(*) from access_links where user_id = $1 and purpose = $2 and created_at > $3")
        .bind(user)
        .bind(purpose)
        .bind(since)
        .fetch_one(conn)
        .await
}

/// A session and its login.
#[derive(FromRow)]
pub struct SessionRow {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub email: String,
    pub status: UserStatus,
    pub last_seen_at: Time,
    pub expires_at: Time,
    pub proved_at: Option<Time>,
}

/// The session behind a token.
pub async fn session(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<SessionRow>> {
    sqlx::query_as("select session_id, user_id, email, status, last_seen_at, expires_at, proved_at from session_lookup($1)")
        .bind(token_hash)
        .fetch_optional(conn)
        .await
}

/// A session to be kept.
pub struct NewSession {
    pub id: SessionId,
    pub user: UserId,
    pub token_hash: Vec<u8>,
    pub now: Time,
    pub expires_at: Time,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

/// Keeps a session.
pub async fn insert_session(conn: &mut PgConnection, new: &NewSession) -> Result<()> {
    sqlx::query("insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at, ip, user_agent) values ($1, $2, $3, $4, $4, $5, $6, $7)")
        .bind(new.id)
        .bind(&new.token_hash)
        .bind(new.user)
        .bind(new.now)
        .bind(new.expires_at)
        .bind(&new.ip)
        .bind(&new.user_agent)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes when the login came in last.
pub async fn note_login(conn: &mut PgConnection, user: UserId, now: Time) -> Result<()> {
    sqlx::query("update users set last_login_at = $2 where id = $1").bind(user).bind(now).execute(conn).await?;
    Ok(())
}

/// Notes that a session is in use.
pub async fn touch_session(conn: &mut PgConnection, session: SessionId, now: Time) -> Result<()> {
    sqlx::query("update sessions set last_seen_at = $2 where id = $1 and last_seen_at < $2").bind(session).bind(now).execute(conn).await?;
    Ok(())
}

/// Ends a session; false when it was over.
pub async fn delete_session(conn: &mut PgConnection, session: SessionId) -> Result<bool> {
    let done = sqlx::query("delete from sessions where id = $1").bind(session).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all sessions of a login; says how many there were.
pub async fn delete_sessions(conn: &mut PgConnection, user: UserId) -> Result<u64> {
    let done = sqlx::query("delete from sessions where user_id = $1").bind(user).execute(conn).await?;
    Ok(done.rows_affected())
}

/// Removes the login's sessions that are over.
pub async fn delete_stale_sessions(conn: &mut PgConnection, user: UserId, now: Time, unused_since: Time) -> Result<()> {
    sqlx::query("delete from sessions where user_id = $1 and (expires_at <= $2 or last_seen_at <= $3)")
        .bind(user)
        .bind(now)
        .bind(unused_since)
        .execute(conn)
        .await?;
    Ok(())
}

/// The login as the pages show it.
#[derive(FromRow)]
pub struct UserRow {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub platform_role: Option<String>,
    pub password_set_at: Option<Time>,
    pub second_step_missing: bool,
    pub permissions: Vec<String>,
}

/// One login, its own. Staff who must set up a second step first may do nothing until then.
pub async fn user(conn: &mut PgConnection, user: UserId) -> Result<UserRow> {
    sqlx::query_as(
        "select u.id, u.email, u.name, u.platform_role, u.password_set_at, s.missing as second_step_missing,
                array(select rp.permission from role_permissions rp where rp.role = u.platform_role and not s.missing order by 1) as permissions
           from users u, second_step_missing(u.id) s (missing) where u.id = $1",
    )
    .bind(user)
    .fetch_one(conn)
    .await
}

/// A login's place in a customer account.
#[derive(FromRow)]
pub struct MembershipRow {
    tenant: TenantId,
    slug: String,
    name: String,
    role: String,
    permissions: Vec<String>,
    suspended: Option<SuspensionReason>,
}

impl MembershipRow {
    /// As the pages show it.
    pub fn view(self) -> Membership {
        let Self { tenant, slug, name, role, permissions, suspended } = self;
        Membership { tenant, slug, name, role, permissions, suspended }
    }
}

/// The customer accounts of a login, by name, at most 100.
pub async fn memberships(conn: &mut PgConnection, user: UserId) -> Result<Vec<MembershipRow>> {
    sqlx::query_as(
        "select t.id as tenant, t.slug, t.name, m.role,
                array(select rp.permission from role_permissions rp
                       where rp.role = m.role and (t.status <> 'SUSPENDED' or is_open_to_suspended(rp.permission)) order by 1) as permissions,
                case when t.status = 'SUSPENDED' then coalesce(t.suspension_reason, 'STAFF') end as suspended
           from tenant_users m join tenants t on t.id = m.tenant_id
          where m.user_id = $1 order by lower(t.name), t.id limit 100",
    )
    .bind(user)
    .fetch_all(conn)
    .await
}

/// One request of a peer after the other, so that each sees the tries before it.
pub async fn lock_peer(conn: &mut PgConnection, peer: &str) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.peer ' || $1, 0))").bind(peer).execute(conn).await?;
    Ok(())
}

/// Tries with a password on this address or from this peer.
pub async fn attempts(conn: &mut PgConnection, email: &str, peer: &str, since: Time) -> Result<Vec<Attempt>> {
    sqlx::query_as("select email, ip, succeeded, at from login_attempts_lookup($1, $2, $3) where reason not in ('RESET', 'CODE', 'CODE_RIGHT')")
        .bind(email)
        .bind(peer)
        .bind(since)
        .fetch_all(conn)
        .await
}

/// How often this peer has asked for a link.
pub async fn reset_requests(conn: &mut PgConnection, email: &str, peer: &str, since: Time) -> Result<i64> {
    sqlx::query_scalar("select count(*) from login_attempts_lookup($1, $2, $3) where reason = 'RESET' and ip = $2")
        .bind(email)
        .bind(peer)
        .bind(since)
        .fetch_one(conn)
        .await
}

/// Writes a try down.
pub async fn insert_attempt(
    conn: &mut PgConnection,
    email: &str,
    user: Option<UserId>,
    peer: &str,
    succeeded: bool,
    reason: &str,
    now: Time,
) -> Result<()> {
    sqlx::query("insert into login_attempts (id, email, user_id, ip, succeeded, reason, at) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(Uuid::now_v7())
        .bind(email)
        .bind(user)
        .bind(peer)
        .bind(succeeded)
        .bind(reason)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes sessions that are over.
pub async fn sweep_sessions(conn: &mut PgConnection, now: Time, unused_since: Time) -> Result<()> {
    sqlx::query("delete from sessions where expires_at <= $1 or last_seen_at <= $2").bind(now).bind(unused_since).execute(conn).await?;
    Ok(())
}

/// Removes links that ended before.
pub async fn sweep_links(conn: &mut PgConnection, before: Time) -> Result<()> {
    sqlx::query("delete from access_links where expires_at < $1").bind(before).execute(conn).await?;
    Ok(())
}

/// Removes tries before.
pub async fn sweep_attempts(conn: &mut PgConnection, before: Time) -> Result<()> {
    sqlx::query("delete from login_attempts where at < $1").bind(before).execute(conn).await?;
    Ok(())
}

/// A session as its list shows it.
#[derive(FromRow)]
pub struct SessionListRow {
    pub id: SessionId,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Time,
    pub last_seen_at: Time,
}

/// The sessions of a login that are not over, newest first, at most 100.
pub async fn sessions_of(conn: &mut PgConnection, user: UserId, now: Time, unused_since: Time) -> Result<Vec<SessionListRow>> {
    sqlx::query_as(
        "select id, ip, user_agent, created_at, last_seen_at from sessions
          where user_id = $1 and expires_at > $2 and last_seen_at > $3 order by id desc limit 100",
    )
    .bind(user)
    .bind(now)
    .bind(unused_since)
    .fetch_all(conn)
    .await
}

/// Ends one session of this login; false when there is none such.
pub async fn delete_session_of(conn: &mut PgConnection, user: UserId, session: SessionId) -> Result<bool> {
    let done = sqlx::query("delete from sessions where id = $2 and user_id = $1").bind(user).bind(session).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all sessions of a login but this one; says how many there were.
pub async fn delete_other_sessions(conn: &mut PgConnection, user: UserId, keep: SessionId) -> Result<u64> {
    let done = sqlx::query("delete from sessions where user_id = $1 and id <> $2").bind(user).bind(keep).execute(conn).await?;
    Ok(done.rows_affected())
}

/// Notes that the password was typed again in this session.
pub async fn prove_session(conn: &mut PgConnection, session: SessionId, now: Time) -> Result<()> {
    sqlx::query("update sessions set proved_at = $2 where id = $1").bind(session).bind(now).execute(conn).await?;
    Ok(())
}

/// Sets a login's status.
pub async fn set_status(conn: &mut PgConnection, user: UserId, status: UserStatus) -> Result<()> {
    sqlx::query("update users set status = $2 where id = $1").bind(user).bind(status).execute(conn).await?;
    Ok(())
}

/// Lets a login in again: active with a password, else invited.
pub async fn enable(conn: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query("update users set status = case when password_hash is null then 'INVITED' else 'ACTIVE' end where id = $1 and status = 'DISABLED'")
        .bind(user)
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives a login a role of the platform, or none.
pub async fn set_platform_role(conn: &mut PgConnection, user: UserId, role: Option<&str>) -> Result<()> {
    sqlx::query("update users set platform_role = $2 where id = $1").bind(user).bind(role).execute(conn).await?;
    Ok(())
}
