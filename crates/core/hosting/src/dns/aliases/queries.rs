//! Statements of what ALIAS records lead to.

use super::super::queries::Zone;
use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    hosting::dns::AliasView,
    ids::{DnsZoneId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// What the target of a zone's ALIAS records leads to.
#[derive(sqlx::FromRow)]
pub(super) struct Alias {
    pub(super) zone_id: DnsZoneId,
    pub(super) target: String,
    /// Those that are answered, sorted.
    pub(super) addresses: Vec<String>,
}

pub(super) async fn get(conn: &mut PgConnection, id: Uuid) -> Result<Option<Alias>> {
    sqlx::query_as("select zone_id, target, addresses from dns_aliases where id = $1").bind(id).fetch_optional(conn).await
}

/// All of a zone.
pub(super) async fn of_zone(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<Alias>> {
    sqlx::query_as("select zone_id, target, addresses from dns_aliases where zone_id = $1 order by target limit 100").bind(zone).fetch_all(conn).await
}

/// When the addresses of any of a zone were changed last.
pub(super) async fn changed_at(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Option<Time>> {
    sqlx::query_scalar("select max(changed_at) from dns_aliases where zone_id = $1").bind(zone).fetch_one(conn).await
}

/// How many an account has in all of its zones.
pub(super) async fn count(conn: &mut PgConnection, tenant: TenantId) -> Result<i64> {
    sqlx::query_scalar("select count(*) from dns_aliases where tenant_id = $1").bind(tenant).fetch_one(conn).await
}

/// All of a zone, for its page.
pub(super) async fn views(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<AliasView>> {
    let rows: Vec<(String, Vec<String>, Time, Option<String>)> =
        sqlx::query_as("select target, addresses, checked_at, error from dns_aliases where zone_id = $1 order by target limit 100")
            .bind(zone)
            .fetch_all(conn)
            .await?;
    let view = |(target, addresses, checked_at, error)| AliasView { target, addresses, checked_at, error };
    Ok(rows.into_iter().map(view).collect())
}

/// Answers with its key.
pub(super) async fn insert(conn: &mut PgConnection, zone: &Zone, target: &str, addresses: &[String], now: Time) -> Result<Option<Uuid>> {
    sqlx::query_scalar(
        "insert into dns_aliases (id, tenant_id, zone_id, target, addresses, changed_at, checked_at) values ($1, $2, $3, $4, $5, $6, $6)
         on conflict (zone_id, target) do nothing returning id",
    )
    .bind(Uuid::now_v7())
    .bind(zone.tenant_id)
    .bind(zone.id)
    .bind(target)
    .bind(addresses)
    .bind(now)
    .fetch_optional(conn)
    .await
}

/// Removes those of a zone that are none of these targets.
pub(super) async fn delete_others(conn: &mut PgConnection, zone: DnsZoneId, targets: &[String]) -> Result<()> {
    sqlx::query("delete from dns_aliases where zone_id = $1 and target <> all($2::text[])").bind(zone).bind(targets).execute(conn).await?;
    Ok(())
}

pub(super) async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query("delete from dns_aliases where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// What the last lookup gave: other addresses, or why there are none.
pub(super) async fn set_checked(conn: &mut PgConnection, id: Uuid, addresses: Option<&[String]>, error: Option<&str>, now: Time) -> Result<()> {
    sqlx::query(
        "update dns_aliases set addresses = coalesce($2, addresses), changed_at = case when $2 is null then changed_at else $4 end,
                checked_at = $4, error = left($3, 500)
          where id = $1",
    )
    .bind(id)
    .bind(addresses)
    .bind(error)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives those of a zone to the one that takes its place.
pub(super) async fn hand_over(conn: &mut PgConnection, from: DnsZoneId, to: &Zone) -> Result<()> {
    sqlx::query(
        "insert into dns_aliases (id, tenant_id, zone_id, target, addresses, changed_at, checked_at, error)
         select gen_random_uuid(), $1, $2, target, addresses, changed_at, checked_at, error from dns_aliases where zone_id = $3",
    )
    .bind(to.tenant_id)
    .bind(to.id)
    .bind(from)
    .execute(conn)
    .await?;
    Ok(())
}

/// All of them, after this key.
pub(super) async fn to_reconcile(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as("select id as key, null::uuid as server from dns_aliases where ($1::uuid is null or id > $1) order by id limit $2")
        .bind(after)
        .bind(OBJECTS_PER_PAGE)
        .fetch_all(conn)
        .await
}
