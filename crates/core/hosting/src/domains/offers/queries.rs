//! Statements of offers of domains.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    hosting::domains::{DomainOffer, OfferedDomain},
    ids::{DomainId, DomainOfferId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// An offer.
#[derive(sqlx::FromRow)]
pub(super) struct Offer {
    pub(super) id: DomainOfferId,
    /// Who offers it.
    pub(super) tenant_id: TenantId,
    pub(super) domain_id: DomainId,
    /// Name of the domain.
    pub(super) name: String,
    /// To whom, as it was typed.
    pub(super) account: String,
    /// The account that it reaches, if there is one.
    pub(super) to_tenant_id: Option<TenantId>,
    pub(super) status: String,
    pub(super) expires_at: Time,
    /// Whether the domain is still that account's, and verified.
    pub(super) is_owned: bool,
}

impl Offer {
    /// Whether nobody has ended it, by accepting it or otherwise.
    pub(super) fn is_open(&self) -> bool {
        self.status == "OFFERED"
    }
}

/// An offer; nothing is locked.
pub(super) async fn get(conn: &mut PgConnection, id: DomainOfferId) -> Result<Option<Offer>> {
    sqlx::query_as(
        "select t.id, t.tenant_id, t.domain_id, d.name, t.account, t.to_tenant_id, t.status, t.expires_at,
                d.status = 'VERIFIED' and d.released_at is null as is_owned
           from domain_transfers t join domains d on d.tenant_id = t.tenant_id and d.id = t.domain_id where t.id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// An offer, and its domain, both locked until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, id: DomainOfferId) -> Result<Option<Offer>> {
    sqlx::query_as(
        "select t.id, t.tenant_id, t.domain_id, d.name, t.account, t.to_tenant_id, t.status, t.expires_at,
                d.status = 'VERIFIED' and d.released_at is null as is_owned
           from domain_transfers t join domains d on d.tenant_id = t.tenant_id and d.id = t.domain_id where t.id = $1 for no key update",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// Offers a domain. False if it is offered already.
pub(super) async fn insert(conn: &mut PgConnection, offer: &Offer, now: Time) -> Result<bool> {
    let made = sqlx::query(
        "insert into domain_transfers (id, tenant_id, domain_id, account, to_tenant_id, offered_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (domain_id) where status = 'OFFERED' do nothing",
    )
    .bind(offer.id)
    .bind(offer.tenant_id)
    .bind(offer.domain_id)
    .bind(&offer.account)
    .bind(offer.to_tenant_id)
    .bind(now)
    .bind(offer.expires_at)
    .execute(conn)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Ends an offer.
pub(super) async fn end(conn: &mut PgConnection, id: DomainOfferId, status: &str, now: Time) -> Result<()> {
    sqlx::query("update domain_transfers set status = $2, ended_at = $3 where id = $1").bind(id).bind(status).bind(now).execute(conn).await?;
    Ok(())
}

/// Offers that an account has made since then.
pub(super) async fn count_since(conn: &mut PgConnection, tenant: TenantId, since: Time) -> Result<i64> {
    sqlx::query_scalar("select count(*) from domain_transfers where tenant_id = $1 and offered_at > $2")
        .bind(tenant)
        .bind(since)
        .fetch_one(conn)
        .await
}

/// The account with this ID, or those with this billing email: at most two.
pub(super) async fn find_accounts(conn: &mut PgConnection, typed: &str) -> Result<Vec<TenantId>> {
    sqlx::query_scalar("select id from tenants where status = 'ACTIVE' and (slug = $1 or lower(billing_email) = $1) order by created_at, id limit 2")
        .bind(typed)
        .fetch_all(conn)
        .await
}

/// ID and name of an account.
pub(super) async fn account(conn: &mut PgConnection, tenant: TenantId) -> Result<(String, String)> {
    sqlx::query_as("select slug, name from tenants where id = $1").bind(tenant).fetch_one(conn).await
}

/// The open offer of a domain.
pub(in crate::domains) async fn of_domain(conn: &mut PgConnection, domain: DomainId) -> Result<Option<DomainOffer>> {
    let found: Option<(DomainOfferId, String, Time)> =
        sqlx::query_as("select id, account, expires_at from domain_transfers where domain_id = $1 and status = 'OFFERED'")
            .bind(domain)
            .fetch_optional(conn)
            .await?;
    Ok(found.map(|(id, account, expires_at)| DomainOffer { id, account, expires_at }))
}

#[derive(sqlx::FromRow)]
struct OfferedRow {
    id: DomainOfferId,
    name: String,
    from_account: String,
    has_zone: bool,
    is_signed: bool,
    expires_at: Time,
}

/// What is offered to the open account.
pub(super) async fn offered(conn: &mut PgConnection, now: Time) -> Result<Vec<OfferedDomain>> {
    let rows: Vec<OfferedRow> =
        sqlx::query_as("select id, name, from_account, has_zone, is_signed, expires_at from offered_domains($1)").bind(now).fetch_all(conn).await?;
    let view = |row: OfferedRow| OfferedDomain {
        id: row.id,
        display_name: super::super::names::display(&row.name),
        from: row.from_account,
        has_zone: row.has_zone,
        is_signed: row.is_signed,
        expires_at: row.expires_at,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// What of an account still uses a domain or a name below it, for people.
pub(super) async fn uses(conn: &mut PgConnection, tenant: TenantId, domain: DomainId, name: &str) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "select d.domain || ' (CloudPod ' || p.name || ')'
           from site_domains d
           join websites w on w.tenant_id = d.tenant_id and w.id = d.website_id
           join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id
          where d.tenant_id = $1 and d.released_at is null and (d.domain = $3 or right(d.domain, length($3) + 1) = '.' || $3)
         union
         select p.primary_domain || ' (CloudPod ' || p.name || ')' from cloud_pods p
          where p.tenant_id = $1 and p.status <> 'DELETED' and (p.primary_domain = $3 or right(p.primary_domain, length($3) + 1) = '.' || $3)
         union
         select o.name || ' (verified by itself)' from domains o
          where o.tenant_id = $1 and o.id <> $2 and o.status = 'VERIFIED' and o.released_at is null and right(o.name, length($3) + 1) = '.' || $3
          order by 1 limit 20",
    )
    .bind(tenant)
    .bind(domain)
    .bind(name)
    .fetch_all(conn)
    .await
}

/// A domain above this one that the account has verified.
pub(super) async fn above(conn: &mut PgConnection, tenant: TenantId, name: &str) -> Result<Option<String>> {
    sqlx::query_scalar(
        "select name from domains where tenant_id = $1 and status = 'VERIFIED' and released_at is null and right($2, length(name) + 1) = '.' || name
          order by length(name) limit 1",
    )
    .bind(tenant)
    .bind(name)
    .fetch_optional(conn)
    .await
}

/// Gives a domain to another account as a domain of its own, with the proof that stands in DNS. What that account was to prove itself gives way.
pub(super) async fn move_domain(conn: &mut PgConnection, from: DomainId, (id, to): (DomainId, TenantId), now: Time) -> Result<()> {
    sqlx::query(
        "update domains set released_at = $3 where released_at is null
            and (id = $1 or (tenant_id = $2 and name = (select name from domains where id = $1)))",
    )
    .bind(from)
    .bind(to)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "insert into domains (id, tenant_id, name, token, status, created_at, checked_at, finding, verified_at)
         select $2, $3, name, token, 'VERIFIED', $4, checked_at, finding, $4 from domains where id = $1",
    )
    .bind(from)
    .bind(id)
    .bind(to)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Open offers, after this key.
pub(super) async fn open(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from domain_transfers
          where status = 'OFFERED' and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}
