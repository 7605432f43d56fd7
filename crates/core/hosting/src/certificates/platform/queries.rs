//! Statements of the platform's certificates.

use crate::certificates::{queries::Kept, rules::Trouble};
use adapters::acme::IssuedCertificate;
use engine::secrets::{SealedRow, SealedTable};
use model::{
    Time,
    hosting::certificates::{CertificateState, PlatformCertificateKind as Kind},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// A certificate as its reconciler needs it; keys sealed.
#[derive(Clone, sqlx::FromRow)]
pub(super) struct Held {
    #[sqlx(flatten)]
    pub(super) kept: Kept,
    pub(super) verified_at: Option<Time>,
    pub(super) order_url: Option<String>,
    pub(super) order_authority: Option<String>,
    pub(super) order_sealed_key: Option<Vec<u8>>,
    pub(super) unfinished_authority: Option<String>,
}

/// A row for a kind, with the names that it is to be for.
pub(super) async fn ensure(conn: &mut PgConnection, kind: Kind, id: Uuid, names: &[String], now: Time) -> Result<Held> {
    sqlx::query_as(
        "insert into platform_certificates (kind, id, names, created_at) values ($1, $2, $3, $4)
         on conflict (kind) do update set names = excluded.names
         returning chain, covers, authority, fingerprint, not_before, not_after, verified_at, order_url, order_authority, order_sealed_key,
                   unfinished_authority, renew_at, checked_at, next_try_at, failures, failure, remedy, warned_days",
    )
    .bind(kind)
    .bind(id)
    .bind(names)
    .bind(now)
    .fetch_one(conn)
    .await
}

/// The certificate that sites share.
#[derive(Clone, sqlx::FromRow)]
pub(in crate::certificates) struct Shared {
    pub(in crate::certificates) chain: String,
    pub(in crate::certificates) sealed_key: Vec<u8>,
    pub(in crate::certificates) covers: Vec<String>,
    pub(in crate::certificates) authority: String,
    pub(in crate::certificates) fingerprint: String,
    pub(in crate::certificates) not_before: Time,
    pub(in crate::certificates) not_after: Time,
}

pub(super) async fn shared(conn: &mut PgConnection, kind: Kind) -> Result<Option<Shared>> {
    sqlx::query_as(
        "select chain, sealed_key, covers, authority, fingerprint, not_before, not_after from platform_certificates
          where kind = $1 and chain is not null",
    )
    .bind(kind)
    .fetch_optional(conn)
    .await
}

/// What the panel shows.
#[derive(sqlx::FromRow)]
pub(super) struct Shown {
    pub(super) chain: String,
    pub(super) sealed_key: Vec<u8>,
    pub(super) covers: Vec<String>,
    pub(super) fingerprint: String,
    pub(super) is_verified: bool,
}

pub(super) async fn shown(conn: &mut PgConnection, kind: Kind) -> Result<Option<Shown>> {
    sqlx::query_as(
        "select chain, sealed_key, covers, fingerprint, verified_at is not null as is_verified from platform_certificates
          where kind = $1 and chain is not null",
    )
    .bind(kind)
    .fetch_optional(conn)
    .await
}

/// It is renewed as soon as its reconciler comes to it. False where there is no row.
pub(super) async fn set_due(conn: &mut PgConnection, kind: Kind, now: Time) -> Result<bool> {
    let done = sqlx::query("update platform_certificates set renew_at = $2, next_try_at = null, checked_at = $2 where kind = $1")
        .bind(kind)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// One is asked for.
pub(super) async fn set_tried(conn: &mut PgConnection, kind: Kind, now: Time) -> Result<()> {
    sqlx::query("update platform_certificates set last_try_at = $2 where kind = $1").bind(kind).bind(now).execute(conn).await?;
    Ok(())
}

/// The CA has verified the names: what is left of the order is to collect the certificate.
pub(super) async fn set_order(conn: &mut PgConnection, kind: Kind, url: &str, authority: &str, sealed_key: &[u8], now: Time) -> Result<()> {
    sqlx::query(
        "update platform_certificates
            set order_url = $2, order_authority = $3, order_sealed_key = $4, order_at = $5, order_failures = 0 where kind = $1",
    )
    .bind(kind)
    .bind(url)
    .bind(authority)
    .bind(sealed_key)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Once more the CA has not finished the order. One that was not finished so many times, or since then, is of no use any more, and the other CAs are
/// asked before this one.
pub(super) async fn count_order_failure(conn: &mut PgConnection, kind: Kind, most: i32, since: Time) -> Result<()> {
    sqlx::query("update platform_certificates set order_failures = order_failures + 1 where kind = $1").bind(kind).execute(&mut *conn).await?;
    sqlx::query(
        "update platform_certificates
            set unfinished_authority = order_authority, order_url = null, order_authority = null, order_sealed_key = null, order_at = null,
                order_failures = 0
          where kind = $1 and (order_failures >= $2 or order_at <= $3)",
    )
    .bind(kind)
    .bind(most)
    .bind(since)
    .execute(conn)
    .await?;
    Ok(())
}

/// Nothing of the order is of use any more.
pub(super) async fn forget_order(conn: &mut PgConnection, kind: Kind) -> Result<()> {
    sqlx::query(
        "update platform_certificates set order_url = null, order_authority = null, order_sealed_key = null, order_at = null, order_failures = 0
          where kind = $1",
    )
    .bind(kind)
    .execute(conn)
    .await?;
    Ok(())
}

/// What was issued is in use from now on. Visitors were seen to get it where they were seen to get the one before it, for the same names.
pub(super) async fn take_into_use(
    conn: &mut PgConnection,
    kind: Kind,
    issued: &IssuedCertificate,
    authority: &str,
    sealed_key: &[u8],
    renew_at: Time,
    now: Time,
) -> Result<()> {
    sqlx::query(
        "update platform_certificates
            set chain = $2, sealed_key = $3, covers = $4, authority = $5, issuer = $6, fingerprint = $7, not_before = $8, not_after = $9,
                issued_at = $10, renew_at = $11, checked_at = null, verified_at = case when covers @> $4 then verified_at end,
                order_url = null, order_authority = null, order_sealed_key = null, order_at = null, order_failures = 0, unfinished_authority = null,
                failures = 0, failure = null, remedy = null, next_try_at = null,
                warned_days = null
          where kind = $1",
    )
    .bind(kind)
    .bind(&issued.chain)
    .bind(sealed_key)
    .bind(&issued.names)
    .bind(authority)
    .bind(&issued.issuer)
    .bind(&issued.fingerprint)
    .bind(issued.not_before)
    .bind(issued.not_after)
    .bind(now)
    .bind(renew_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// What failed; counted. Not before then is the next try.
pub(super) async fn set_trouble(conn: &mut PgConnection, kind: Kind, trouble: &Trouble, next_try_at: Time) -> Result<()> {
    sqlx::query(
        "update platform_certificates
            set failure = left($2, 1000), remedy = left($3, 1000), failures = failures + 1, next_try_at = $4 where kind = $1",
    )
    .bind(kind)
    .bind(&trouble.failure)
    .bind(&trouble.remedy)
    .bind(next_try_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The certificate in use was looked at.
pub(super) async fn set_checked(conn: &mut PgConnection, kind: Kind, verified: bool, renew_at: Option<Time>, now: Time) -> Result<()> {
    sqlx::query(
        "update platform_certificates
            set checked_at = $2, verified_at = case when $3 then $2 else verified_at end, renew_at = coalesce($4, renew_at) where kind = $1",
    )
    .bind(kind)
    .bind(now)
    .bind(verified)
    .bind(renew_at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn set_warned(conn: &mut PgConnection, kind: Kind, days: i32) -> Result<()> {
    sqlx::query("update platform_certificates set warned_days = $2 where kind = $1").bind(kind).bind(days).execute(conn).await?;
    Ok(())
}

/// An answer of the panel's to a CA.
pub(super) async fn insert_challenge(conn: &mut PgConnection, token: &str, answer: &str, now: Time) -> Result<()> {
    sqlx::query("insert into panel_challenges (token, answer, created_at) values ($1, $2, $3) on conflict (token) do nothing")
        .bind(token)
        .bind(answer)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Token and answer of each.
pub(super) async fn challenges(conn: &mut PgConnection) -> Result<Vec<(String, String)>> {
    sqlx::query_as("select token, answer from panel_challenges order by token limit 100").fetch_all(conn).await
}

/// No order of the panel's goes on.
pub(super) async fn forget_challenges(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("delete from panel_challenges").execute(conn).await?;
    Ok(())
}

/// A row of the list.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) kind: Kind,
    #[sqlx(flatten)]
    pub(super) state: CertificateState,
}

pub(super) async fn list(conn: &mut PgConnection, now: Time) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select kind, names, covers, certificate_status(not_after, failure, $1) as status, issuer, fingerprint, not_after, issued_at, verified_at,
                last_try_at, certificate_next_try(failure, next_try_at, renew_at) as next_try_at, failures, failure, remedy
           from platform_certificates order by kind desc",
    )
    .bind(now)
    .fetch_all(conn)
    .await
}

/// Names of all name servers.
pub(super) async fn name_servers(conn: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar("select unnest(name_server_names())").fetch_all(conn).await
}

/// Sites with a name below the platform's domain that have no certificate.
pub(super) async fn waiting_sites(conn: &mut PgConnection, base: &str) -> Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "select c.website_id from ssl_certificates c
          where c.chain is null and exists (select from unnest(c.names) as name where right(name, length($1) + 1) = '.' || $1) order by c.id limit 1000",
    )
    .bind(base)
    .fetch_all(conn)
    .await
}

/// Keys of what is in use, and of an order.
pub(crate) struct SealedKeys;

impl SealedTable for SealedKeys {
    type Key = Uuid;

    async fn rows(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<SealedRow<Uuid>>> {
        sqlx::query_as(
            "select id, array[sealed_key, order_sealed_key] from platform_certificates where ($1::uuid is null or id > $1) order by id for update",
        )
        .bind(after)
        .fetch_all(conn)
        .await
    }

    async fn store(conn: &mut PgConnection, id: &Uuid, sealed: &[Option<Vec<u8>>]) -> Result<()> {
        sqlx::query("update platform_certificates set sealed_key = ($2::bytea[])[1], order_sealed_key = ($2::bytea[])[2] where id = $1")
            .bind(id)
            .bind(sealed)
            .execute(conn)
            .await?;
        Ok(())
    }
}
