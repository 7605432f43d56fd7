//! SQL of members, invitations and logins as staff see them.

use db::Keyset;
use model::{
    Time,
    administration::{
        access::{InvitationRow, MemberRow, UserRow},
        accounts::UserStatus,
    },
    ids::{InvitationId, TenantId, UserId},
};
use sqlx::{FromRow, PgConnection, Result};
use uuid::Uuid;

/// Whether the login may do this in the account: the function that the access checks ask.
pub async fn may(conn: &mut PgConnection, user: UserId, tenant: TenantId, permission: &str) -> Result<bool> {
    sqlx::query_scalar("select d.outcome = 'ok' from access_decision($1, $2, $3) d").bind(user).bind(tenant).bind(permission).fetch_one(conn).await
}

/// The same on the platform.
pub async fn may_on_platform(conn: &mut PgConnection, user: UserId, permission: &str) -> Result<bool> {
    sqlx::query_scalar("select d.outcome = 'ok' from access_decision($1, null, $2) d").bind(user).bind(permission).fetch_one(conn).await
}

/// Whether the login holds everything that the role holds.
pub async fn role_within(conn: &mut PgConnection, user: UserId, tenant: Option<TenantId>, role: &str) -> Result<bool> {
    sqlx::query_scalar("select role_within($1, $2, $3)").bind(user).bind(tenant).bind(role).fetch_one(conn).await
}

/// Name of an account.
pub async fn tenant_name(conn: &mut PgConnection, tenant: TenantId) -> Result<String> {
    sqlx::query_scalar("select name from tenants where id = $1").bind(tenant).fetch_one(conn).await
}

/// The account behind a slug.
pub async fn tenant_by_slug(conn: &mut PgConnection, slug: &str) -> Result<Option<(TenantId, String)>> {
    sqlx::query_as("select id, name from tenants where slug = $1").bind(slug).fetch_optional(conn).await
}

/// A member.
#[derive(FromRow)]
pub struct MemberFound {
    pub id: UserId,
    pub email: String,
    name: String,
    status: UserStatus,
    pub role: String,
    joined_at: Time,
    last_login_at: Option<Time>,
}

impl MemberFound {
    /// As the page shows it.
    pub fn view(self, can_change: bool, can_remove: bool) -> MemberRow {
        MemberRow {
            id: self.id,
            email: self.email,
            name: self.name,
            status: self.status,
            role: self.role,
            joined_at: self.joined_at,
            last_login_at: self.last_login_at,
            can_change,
            can_remove,
        }
    }
}

/// The members of an account, oldest first, at most 200.
pub async fn members(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<MemberFound>> {
    sqlx::query_as(
        "select u.id, u.email, u.name, u.status, m.role, m.created_at as joined_at, u.last_login_at
           from tenant_users m join users u on u.id = m.user_id
          where m.tenant_id = $1 order by m.created_at, u.id limit 200",
    )
    .bind(tenant)
    .fetch_all(conn)
    .await
}

/// One member.
pub async fn member(conn: &mut PgConnection, tenant: TenantId, user: UserId) -> Result<Option<MemberFound>> {
    sqlx::query_as(
        "select u.id, u.email, u.name, u.status, m.role, m.created_at as joined_at, u.last_login_at
           from tenant_users m join users u on u.id = m.user_id
          where m.tenant_id = $1 and m.user_id = $2",
    )
    .bind(tenant)
    .bind(user)
    .fetch_optional(conn)
    .await
}

/// Whether a member has this address.
pub async fn is_member(conn: &mut PgConnection, tenant: TenantId, email: &str) -> Result<bool> {
    sqlx::query_scalar("select exists (select from tenant_users m join users u on u.id = m.user_id where m.tenant_id = $1 and u.email = $2)")
        .bind(tenant)
        .bind(email)
        .fetch_one(conn)
        .await
}

/// Gives a member a role.
pub async fn set_role(conn: &mut PgConnection, tenant: TenantId, user: UserId, role: &str) -> Result<()> {
    sqlx::query("update tenant_users set role = $3 where tenant_id = $1 and user_id = $2").bind(tenant).bind(user).bind(role).execute(conn).await?;
    Ok(())
}

/// Makes a member; false when the login is one.
pub async fn insert_member(conn: &mut PgConnection, tenant: TenantId, user: UserId, role: &str, now: Time) -> Result<bool> {
    let done = sqlx::query("insert into tenant_users (tenant_id, user_id, role, created_at) values ($1, $2, $3, $4) on conflict do nothing")
        .bind(tenant)
        .bind(user)
        .bind(role)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a member out.
pub async fn delete_member(conn: &mut PgConnection, tenant: TenantId, user: UserId) -> Result<()> {
    sqlx::query("delete from tenant_users where tenant_id = $1 and user_id = $2").bind(tenant).bind(user).execute(conn).await?;
    Ok(())
}

/// An open invitation.
#[derive(FromRow)]
pub struct InvitedRow {
    id: InvitationId,
    email: String,
    role: String,
    invited_by: String,
    created_at: Time,
    expires_at: Time,
}

impl InvitedRow {
    /// As the page shows it.
    pub fn view(self) -> InvitationRow {
        InvitationRow {
            id: self.id,
            email: self.email,
            role: self.role,
            invited_by: self.invited_by,
            created_at: self.created_at,
            expires_at: self.expires_at,
        }
    }
}

/// The open invitations of an account, newest first, at most 200. Who sent one may have left since.
pub async fn invitations(conn: &mut PgConnection, tenant: TenantId, now: Time) -> Result<Vec<InvitedRow>> {
    sqlx::query_as(
        "select i.id, i.email, i.role, coalesce(u.email, 'staff, or a former member') as invited_by, i.created_at, i.expires_at
           from invitations i left join users u on u.id = i.invited_by
          where i.tenant_id = $1 and i.accepted_at is null and i.revoked_at is null and i.expires_at > $2
          order by i.id desc limit 200",
    )
    .bind(tenant)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// How many invitations the account has sent since then.
pub async fn invited_since(conn: &mut PgConnection, tenant: TenantId, since: Time) -> Result<i64> {
    sqlx::query_scalar("select count(*) from invitations where tenant_id = $1 and created_at > $2").bind(tenant).bind(since).fetch_one(conn).await
}

/// An invitation to be kept.
pub struct NewInvitation<'a> {
    pub id: InvitationId,
    pub tenant: TenantId,
    pub email: &'a str,
    pub role: &'a str,
    pub invited_by: UserId,
    pub token_hash: Vec<u8>,
    pub now: Time,
    pub expires_at: Time,
}

/// Keeps an invitation.
pub async fn insert_invitation(conn: &mut PgConnection, new: &NewInvitation<'_>) -> Result<()> {
    sqlx::query(
        "insert into invitations (id, tenant_id, email, role, invited_by, token_hash, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.id)
    .bind(new.tenant)
    .bind(new.email)
    .bind(new.role)
    .bind(new.invited_by)
    .bind(&new.token_hash)
    .bind(new.now)
    .bind(new.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends the open invitation of an address.
pub async fn revoke_open(conn: &mut PgConnection, tenant: TenantId, email: &str, now: Time) -> Result<()> {
    sqlx::query("update invitations set revoked_at = $3 where tenant_id = $1 and email = $2 and accepted_at is null and revoked_at is null")
        .bind(tenant)
        .bind(email)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes an open invitation back; gives its address.
pub async fn revoke(conn: &mut PgConnection, tenant: TenantId, id: InvitationId, now: Time) -> Result<Option<String>> {
    sqlx::query_scalar(
        "update invitations set revoked_at = $3
          where tenant_id = $1 and id = $2 and accepted_at is null and revoked_at is null returning email",
    )
    .bind(tenant)
    .bind(id)
    .bind(now)
    .fetch_optional(conn)
    .await
}

/// What an invitation's link opens.
#[derive(FromRow)]
pub struct InvitationLookup {
    pub invitation_id: InvitationId,
    pub tenant_id: TenantId,
    pub tenant_name: String,
    pub tenant_slug: String,
    pub email: String,
    pub role: String,
    pub invited_by: String,
    pub user_id: Option<UserId>,
    pub user_status: Option<UserStatus>,
    pub expires_at: Time,
    pub open: bool,
}

/// The invitation behind a token.
pub async fn invitation(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<InvitationLookup>> {
    sqlx::query_as(
        "select invitation_id, tenant_id, tenant_name, tenant_slug, email, role, invited_by, user_id, user_status, expires_at, open
           from invitation_lookup($1)",
    )
    .bind(token_hash)
    .fetch_optional(conn)
    .await
}

/// Uses an invitation up; false when somebody was faster.
pub async fn accept(conn: &mut PgConnection, id: InvitationId, now: Time) -> Result<bool> {
    let done = sqlx::query("update invitations set accepted_at = $2 where id = $1 and accepted_at is null and revoked_at is null")
        .bind(id)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A login.
#[derive(FromRow)]
pub struct LoginRow {
    pub id: UserId,
    pub email: String,
    name: String,
    pub status: UserStatus,
    pub platform_role: Option<String>,
    accounts: i64,
    second_step: bool,
    last_login_at: Option<Time>,
    created_at: Time,
}

impl LoginRow {
    /// As the pages show it.
    pub fn view(self) -> UserRow {
        UserRow {
            id: self.id,
            email: self.email,
            name: self.name,
            status: self.status,
            platform_role: self.platform_role,
            accounts: self.accounts,
            second_step: self.second_step,
            last_login_at: self.last_login_at,
            created_at: self.created_at,
        }
    }
}

/// A page of logins.
pub async fn users(
    conn: &mut PgConnection,
    keyset: &Keyset<Uuid>,
    state: Option<UserStatus>,
    staff: bool,
    search: Option<&str>,
) -> Result<Vec<LoginRow>> {
    sqlx::query_as(
        "select u.id, u.email, u.name, u.status, u.platform_role, u.last_login_at, u.created_at,
                (select count(*) from tenant_users m where m.user_id = u.id) as accounts,
                exists (select from totp_secrets s where s.user_id = u.id and s.confirmed_at is not null) as second_step
           from (
             (select * from users
               where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4)
                 and (not $5 or platform_role is not null)
                 and ($6::text is null or starts_with(email, $6) or starts_with(lower(name), $6))
               order by id desc limit $3)
             union all
             (select * from users
               where id > $2 and ($4::text is null or status = $4) and (not $5 or platform_role is not null)
                 and ($6::text is null or starts_with(email, $6) or starts_with(lower(name), $6))
               order by id limit $3)
           ) u
          order by u.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(state)
    .bind(staff)
    .bind(search)
    .fetch_all(conn)
    .await
}

/// One login.
pub async fn user(conn: &mut PgConnection, user: UserId) -> Result<Option<LoginRow>> {
    sqlx::query_as(
        "select u.id, u.email, u.name, u.status, u.platform_role, u.last_login_at, u.created_at,
                (select count(*) from tenant_users m where m.user_id = u.id) as accounts,
                exists (select from totp_secrets s where s.user_id = u.id and s.confirmed_at is not null) as second_step
           from users u where u.id = $1",
    )
    .bind(user)
    .fetch_optional(conn)
    .await
}

/// One refusal of a person after the other.
pub async fn lock_refusal(conn: &mut PgConnection, user: UserId, permission: &str) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.refusal ' || $1::text || ' ' || $2, 0))")
        .bind(user)
        .bind(permission)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether this person was refused this since then, by the record.
pub async fn refused_since(conn: &mut PgConnection, user: UserId, permission: &str, since: Time) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from audit_events
                         where action = 'ACCESS_REFUSED' and at > $3 and actor ->> 'id' = $1::text and target_id = $2)",
    )
    .bind(user)
    .bind(permission)
    .bind(since)
    .fetch_one(conn)
    .await
}
