//! SQL of the customer accounts.

use db::Keyset;
use model::{
    Time,
    administration::{
        accounts::{UserStatus, UserView},
        tenants::{CustomerRow, TenantStatus},
    },
    hosting::suspensions::SuspensionReason,
    ids::{TenantId, UserId},
};
use sqlx::{FromRow, PgConnection, Result};
use uuid::Uuid;

/// The active accounts this login owns, the oldest first.
pub async fn owned(conn: &mut PgConnection, user: UserId) -> Result<Vec<TenantId>> {
    sqlx::query_scalar(
        "select t.id from tenants t join tenant_users m on m.tenant_id = t.id
          where m.user_id = $1 and m.role = 'TENANT_OWNER' and t.status = 'ACTIVE'
          order by t.id limit 100",
    )
    .bind(user)
    .fetch_all(conn)
    .await
}

/// The address of a login.
pub async fn email_of(conn: &mut PgConnection, user: UserId) -> Result<String> {
    sqlx::query_scalar("select email from users where id = $1").bind(user).fetch_one(conn).await
}

/// Makes an account; false when the slug is taken.
pub async fn insert_tenant(conn: &mut PgConnection, id: TenantId, name: &str, slug: &str, email: &str, country: &str, now: Time) -> Result<bool> {
    let done = sqlx::query(
        "insert into tenants (id, name, slug, billing_email, country, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (slug) do nothing",
    )
    .bind(id)
    .bind(name)
    .bind(slug)
    .bind(email)
    .bind(country)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An account as the list shows it.
#[derive(FromRow)]
pub struct Row {
    pub id: TenantId,
    name: String,
    slug: String,
    billing_email: String,
    status: TenantStatus,
    suspension_reason: Option<SuspensionReason>,
    pods: i64,
    subscriptions: i64,
    created_at: Time,
}

impl Row {
    /// As the pages show it.
    pub fn view(self) -> CustomerRow {
        CustomerRow {
            id: self.id,
            name: self.name,
            slug: self.slug,
            billing_email: self.billing_email,
            status: self.status,
            suspension_reason: self.suspension_reason,
            pods: self.pods,
            subscriptions: self.subscriptions,
            created_at: self.created_at,
        }
    }
}

/// An account with its country.
#[derive(FromRow)]
pub struct Whole {
    #[sqlx(flatten)]
    pub row: Row,
    pub country: String,
}

/// A page of accounts.
pub async fn page(conn: &mut PgConnection, keyset: &Keyset<Uuid>, state: Option<TenantStatus>, search: Option<&str>) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select t.id, t.name, t.slug, t.billing_email, t.status, t.suspension_reason, t.created_at,
                (select count(*) from cloud_pods c where c.tenant_id = t.id and c.status <> 'DELETED') as pods,
                (select count(*) from subscriptions s where s.tenant_id = t.id and s.status <> 'CANCELLED') as subscriptions
           from (
             (select * from tenants
               where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4)
                 and ($5::text is null or starts_with(lower(name), $5) or starts_with(slug, $5) or starts_with(lower(billing_email), $5))
               order by id desc limit $3)
             union all
             (select * from tenants
               where id > $2 and ($4::text is null or status = $4)
                 and ($5::text is null or starts_with(lower(name), $5) or starts_with(slug, $5) or starts_with(lower(billing_email), $5))
               order by id limit $3)
           ) t
          order by t.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(state)
    .bind(search)
    .fetch_all(conn)
    .await
}

/// One account, by id or slug.
pub async fn one(conn: &mut PgConnection, id: TenantId) -> Result<Option<Whole>> {
    sqlx::query_as(
        "select t.id, t.name, t.slug, t.billing_email, t.status, t.suspension_reason, t.created_at, t.country,
                (select count(*) from cloud_pods c where c.tenant_id = t.id and c.status <> 'DELETED') as pods,
                (select count(*) from subscriptions s where s.tenant_id = t.id and s.status <> 'CANCELLED') as subscriptions
           from tenants t where t.id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// A member.
#[derive(FromRow)]
pub struct UserRow {
    id: UserId,
    email: String,
    name: String,
    status: UserStatus,
    role: String,
    last_login_at: Option<Time>,
}

impl UserRow {
    /// As the pages show it.
    pub fn view(self) -> UserView {
        UserView { id: self.id, email: self.email, name: self.name, status: self.status, role: Some(self.role), last_login_at: self.last_login_at }
    }
}

/// The members of an account, at most 100.
pub async fn users(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<UserRow>> {
    sqlx::query_as(
        "select u.id, u.email, u.name, u.status, m.role, u.last_login_at
           from tenant_users m join users u on u.id = m.user_id
          where m.tenant_id = $1 order by m.created_at, u.id limit 100",
    )
    .bind(tenant)
    .fetch_all(conn)
    .await
}

/// Name and status of an account, locked.
pub async fn lock(conn: &mut PgConnection, tenant: TenantId) -> Result<Option<(String, TenantStatus)>> {
    sqlx::query_as("select name, status from tenants where id = $1 for no key update").bind(tenant).fetch_optional(conn).await
}

/// Suspends an account for a reason, or makes it active again.
pub async fn set_suspension(conn: &mut PgConnection, tenant: TenantId, reason: Option<SuspensionReason>) -> Result<()> {
    sqlx::query("update tenants set status = case when $2::text is null then 'ACTIVE' else 'SUSPENDED' end, suspension_reason = $2 where id = $1")
        .bind(tenant)
        .bind(reason)
        .execute(conn)
        .await?;
    Ok(())
}
