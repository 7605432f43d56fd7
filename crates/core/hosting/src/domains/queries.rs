//! Statements of connected domains.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    hosting::domains::{DomainRow, DomainStatus, NamedSite},
    ids::{DomainId, TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// A domain as it is stored.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: DomainId,
    pub(super) tenant_id: TenantId,
    tenant_name: String,
    pub(super) name: String,
    pub(super) token: String,
    pub(super) status: DomainStatus,
    pub(super) created_at: Time,
    pub(super) checked_at: Option<Time>,
    pub(super) finding: Option<String>,
    pub(super) verified_at: Option<Time>,
    used: i64,
}

impl Row {
    /// As lists show it.
    pub(super) fn view(&self) -> DomainRow {
        DomainRow {
            id: self.id,
            name: self.name.clone(),
            display_name: super::names::display(&self.name),
            tenant: self.tenant_id,
            tenant_name: self.tenant_name.clone(),
            status: self.status,
            created_at: self.created_at,
            checked_at: self.checked_at,
            used: self.used,
        }
    }
}

/// Connects a domain; nothing happens when the account has it already.
pub(super) async fn insert(conn: &mut PgConnection, id: DomainId, tenant: TenantId, name: &str, token: &str, now: Time) -> Result<bool> {
    let made = sqlx::query(
        "insert into domains (id, tenant_id, name, token, created_at) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, name) where released_at is null do nothing",
    )
    .bind(id)
    .bind(tenant)
    .bind(name)
    .bind(token)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// How many domains of an account wait for their proof.
pub(super) async fn count_pending(conn: &mut PgConnection, tenant: TenantId) -> Result<i64> {
    sqlx::query_scalar("select count(*) from domains where tenant_id = $1 and status = 'PENDING' and released_at is null")
        .bind(tenant)
        .fetch_one(conn)
        .await
}

/// `range` is older than, newer than, and how many; of one account, where one is given. `search` looks in the name.
pub(super) async fn page(
    conn: &mut PgConnection,
    tenant: Option<TenantId>,
    range: (Option<Uuid>, Option<Uuid>, i64),
    status: Option<&str>,
    search: Option<&str>,
) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select d.id, d.tenant_id, t.name as tenant_name, d.name, d.token, d.status, d.created_at, d.checked_at, d.finding, d.verified_at,
                (select count(*) from site_domains s where s.tenant_id = d.tenant_id and s.released_at is null
                    and (s.domain = d.name or right(s.domain, length(d.name) + 1) = '.' || d.name)) as used
           from (
             (select * from domains where $2::uuid is null and ($1::uuid is null or id < $1) and released_at is null
                and ($4::uuid is null or tenant_id = $4) and ($5::text is null or status = $5)
                and ($6::text is null or strpos(name, lower($6)) > 0) order by id desc limit $3)
             union all
             (select * from domains where id > $2 and released_at is null
                and ($4::uuid is null or tenant_id = $4) and ($5::text is null or status = $5)
                and ($6::text is null or strpos(name, lower($6)) > 0) order by id limit $3)
           ) d join tenants t on t.id = d.tenant_id order by d.id desc",
    )
    .bind(range.0)
    .bind(range.1)
    .bind(range.2)
    .bind(tenant)
    .bind(status)
    .bind(search)
    .fetch_all(conn)
    .await
}

/// A connected domain; of one account, where one is given.
pub(super) async fn one(conn: &mut PgConnection, tenant: Option<TenantId>, id: DomainId) -> Result<Option<Row>> {
    sqlx::query_as(
        "select d.id, d.tenant_id, t.name as tenant_name, d.name, d.token, d.status, d.created_at, d.checked_at, d.finding, d.verified_at,
                (select count(*) from site_domains s where s.tenant_id = d.tenant_id and s.released_at is null
                    and (s.domain = d.name or right(s.domain, length(d.name) + 1) = '.' || d.name)) as used
           from domains d join tenants t on t.id = d.tenant_id
          where d.id = $1 and d.released_at is null and ($2::uuid is null or d.tenant_id = $2)",
    )
    .bind(id)
    .bind(tenant)
    .fetch_optional(conn)
    .await
}

/// Sites of an account that names can be given to.
pub(super) async fn sites(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<NamedSite>> {
    let found: Vec<(WebsiteId, String, String)> = sqlx::query_as(
        "select w.id, coalesce(w.title, nullif(trim(p.site_title), ''), p.primary_domain), p.name
           from websites w join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id
          where w.tenant_id = $1 and w.status in ('CREATING', 'ACTIVE') and p.desired_state in ('RUNNING', 'SUSPENDED') and p.status <> 'FAILED'
          order by p.name, w.created_at, w.id limit 500",
    )
    .bind(tenant)
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(|(id, title, pod_name)| NamedSite { id, title, pod_name }).collect())
}

/// Whether a certificate in use is for one of these names; how many are to be, and how many of those could not be issued.
pub(super) async fn certificates(conn: &mut PgConnection, tenant: TenantId, names: &[String]) -> Result<(bool, i64, i64)> {
    sqlx::query_as(
        "select coalesce(bool_or(not_after is not null and covers && $2), false), count(*), count(*) filter (where failure is not null)
           from ssl_certificates where tenant_id = $1 and names && $2",
    )
    .bind(tenant)
    .bind(names)
    .fetch_one(conn)
    .await
}

/// A connected domain as it is now, locked until commit.
#[derive(sqlx::FromRow)]
pub(super) struct Locked {
    pub(super) tenant_id: TenantId,
    pub(super) name: String,
    pub(super) status: DomainStatus,
}

pub(super) async fn lock(conn: &mut PgConnection, id: DomainId) -> Result<Option<Locked>> {
    sqlx::query_as("select tenant_id, name, status from domains where id = $1 and released_at is null for no key update")
        .bind(id)
        .fetch_optional(conn)
        .await
}

pub(super) async fn lock_own(conn: &mut PgConnection, tenant: TenantId, id: DomainId) -> Result<Option<Locked>> {
    Ok(lock(conn, id).await?.filter(|found| found.tenant_id == tenant))
}

/// One proof at a time of names that are registered together, until the transaction ends.
pub(super) async fn lock_registrable(conn: &mut PgConnection, registrable: &str) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.domain ' || $1, 0))").bind(registrable).execute(conn).await?;
    Ok(())
}

/// Whether a pod of this account can have this name: nothing uses it, and no other account has proved it or a name above it.
pub(super) async fn is_free_for(conn: &mut PgConnection, tenant: TenantId, name: &str) -> Result<bool> {
    sqlx::query_scalar(
        "select not exists (select from cloud_pods where primary_domain = $2 and status <> 'DELETED')
            and not exists (select from site_domains where domain = $2 and released_at is null)
            and not exists (select from domains where tenant_id <> $1 and status = 'VERIFIED' and released_at is null
                               and (name = $2 or right($2, length(name) + 1) = '.' || name))",
    )
    .bind(tenant)
    .bind(name)
    .fetch_one(conn)
    .await
}

/// Whether this account has proved this name or one above it.
pub(super) async fn is_proved_by(conn: &mut PgConnection, tenant: TenantId, name: &str) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from domains where tenant_id = $1 and status = 'VERIFIED' and released_at is null
                           and (name = $2 or right($2, length(name) + 1) = '.' || name))",
    )
    .bind(tenant)
    .bind(name)
    .fetch_one(conn)
    .await
}

/// Domains of other accounts that are proved, and are this one, above it or below it.
pub(super) async fn proved_by_others(conn: &mut PgConnection, tenant: TenantId, name: &str) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select d.id, d.tenant_id, t.name as tenant_name, d.name, d.token, d.status, d.created_at, d.checked_at, d.finding, d.verified_at, 0::bigint as used
           from domains d join tenants t on t.id = d.tenant_id
          where d.tenant_id <> $1 and d.status = 'VERIFIED' and d.released_at is null
            and (d.name = $2 or right(d.name, length($2) + 1) = '.' || $2 or right($2, length(d.name) + 1) = '.' || d.name)
          order by length(d.name), d.id limit 1000",
    )
    .bind(tenant)
    .bind(name)
    .fetch_all(conn)
    .await
}

pub(super) async fn set_checked(conn: &mut PgConnection, id: DomainId, finding: &str, now: Time) -> Result<()> {
    sqlx::query("update domains set checked_at = $2, finding = left($3, 500) where id = $1").bind(id).bind(now).bind(finding).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_verified(conn: &mut PgConnection, id: DomainId, finding: &str, now: Time) -> Result<()> {
    sqlx::query("update domains set status = 'VERIFIED', verified_at = $2, checked_at = $2, finding = left($3, 500) where id = $1")
        .bind(id)
        .bind(now)
        .bind(finding)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn release(conn: &mut PgConnection, id: DomainId, now: Time) -> Result<()> {
    sqlx::query("update domains set released_at = $2 where id = $1").bind(id).bind(now).execute(conn).await?;
    Ok(())
}

/// Domains that wait for their proof, after this key.
pub(super) async fn pending(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from domains
          where status = 'PENDING' and released_at is null and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// Address that an account is written to.
pub(super) async fn billing_email(conn: &mut PgConnection, tenant: TenantId) -> Result<String> {
    sqlx::query_scalar("select billing_email from tenants where id = $1").bind(tenant).fetch_one(conn).await
}

/// The domain of this name that an account has connected.
pub(super) async fn id_of(conn: &mut PgConnection, tenant: TenantId, name: &str) -> Result<Option<DomainId>> {
    sqlx::query_scalar("select id from domains where tenant_id = $1 and name = $2 and released_at is null")
        .bind(tenant)
        .bind(name)
        .fetch_optional(conn)
        .await
}
