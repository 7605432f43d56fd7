//! Statements of zones' keys.

use super::super::queries::Zone;
use adapters::dns::{DnsUnavailable, DsRecord};
use engine::{
    reconcile::{OBJECTS_PER_PAGE, Object},
    secrets::{SealedRow, SealedTable},
};
use model::{Time, ids::DnsZoneId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// The key of a signed zone, and what is known of its parent.
#[derive(Clone, sqlx::FromRow)]
pub(in super::super) struct Signing {
    pub(in super::super) zone_id: DnsZoneId,
    pub(in super::super) public_key: String,
    pub(in super::super) served_at: Option<Time>,
    pub(in super::super) shown_at: Option<Time>,
    pub(in super::super) ds: Vec<String>,
    pub(in super::super) ds_ttl: i32,
    pub(in super::super) ds_checked_at: Option<Time>,
    pub(in super::super) ds_seen_at: Option<Time>,
    pub(in super::super) ds_gone_at: Option<Time>,
    pub(in super::super) ds_error: Option<String>,
    pub(in super::super) off_asked_at: Option<Time>,
    /// The key that is to take its place.
    pub(in super::super) next_public_key: Option<String>,
    pub(in super::super) next_served_at: Option<Time>,
    pub(in super::super) next_shown_at: Option<Time>,
    pub(in super::super) next_only_at: Option<Time>,
}

pub(super) async fn get(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Option<Signing>> {
    sqlx::query_as(
        "select zone_id, public_key, served_at, shown_at, ds, ds_ttl, ds_checked_at, ds_seen_at, ds_gone_at, ds_error, off_asked_at,
                next_public_key, next_served_at, next_shown_at, next_only_at
           from dns_signing where zone_id = $1",
    )
    .bind(zone)
    .fetch_optional(conn)
    .await
}

/// The same, locked until the transaction ends. The zone is locked first.
pub(super) async fn lock(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Option<Signing>> {
    sqlx::query_as(
        "select zone_id, public_key, served_at, shown_at, ds, ds_ttl, ds_checked_at, ds_seen_at, ds_gone_at, ds_error, off_asked_at,
                next_public_key, next_served_at, next_shown_at, next_only_at
           from dns_signing where zone_id = $1 for update",
    )
    .bind(zone)
    .fetch_optional(conn)
    .await
}

/// False if the zone has a key.
pub(super) async fn insert(conn: &mut PgConnection, id: Uuid, zone: &Zone, public: &str, sealed: &[u8], now: Time) -> Result<bool> {
    let made = sqlx::query(
        "insert into dns_signing (id, tenant_id, zone_id, public_key, sealed_key, started_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (zone_id) do nothing",
    )
    .bind(id)
    .bind(zone.tenant_id)
    .bind(zone.id)
    .bind(public)
    .bind(sealed)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Both halves of a zone's key, and of the one that is to take its place; the private ones sealed.
#[derive(sqlx::FromRow)]
pub(super) struct SealedKeys {
    pub(super) public_key: String,
    pub(super) sealed_key: Vec<u8>,
    pub(super) next_public_key: Option<String>,
    pub(super) next_sealed_key: Option<Vec<u8>>,
}

pub(super) async fn sealed(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Option<SealedKeys>> {
    sqlx::query_as("select public_key, sealed_key, next_public_key, next_sealed_key from dns_signing where zone_id = $1")
        .bind(zone)
        .fetch_optional(conn)
        .await
}

pub(super) async fn ask_off(conn: &mut PgConnection, zone: DnsZoneId, at: Option<Time>) -> Result<()> {
    sqlx::query("update dns_signing set off_asked_at = $2 where zone_id = $1").bind(zone).bind(at).execute(conn).await?;
    Ok(())
}

/// Since when all name servers return the key; nothing while one does not. When they first did stays.
pub(super) async fn set_served(conn: &mut PgConnection, zone: DnsZoneId, at: Option<Time>) -> Result<()> {
    sqlx::query("update dns_signing set served_at = $2, shown_at = coalesce(shown_at, $2) where zone_id = $1")
        .bind(zone)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

/// What the parent was found to have, or why that is not known.
pub(super) async fn set_ds(conn: &mut PgConnection, before: &Signing, found: Result<&[DsRecord], &DnsUnavailable>, now: Time) -> Result<()> {
    let (ds, error) = match found {
        Ok(found) => (Some(super::texts(found)), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let ttl = found.unwrap_or_default().iter().map(|record| record.ttl).max().unwrap_or(0);
    sqlx::query(
        "update dns_signing
            set ds = coalesce($2, ds), ds_ttl = greatest(ds_ttl, $3), ds_error = left($4, 500), ds_checked_at = case when $4 is null then $5 else ds_checked_at end,
                ds_seen_at = case when cardinality($2) > 0 then $5 else ds_seen_at end,
                ds_gone_at = case when $2 is null then ds_gone_at when cardinality($2) > 0 or ds_seen_at is null then null else coalesce(ds_gone_at, $5) end
          where zone_id = $1",
    )
    .bind(before.zone_id)
    .bind(ds)
    .bind(i32::try_from(ttl).unwrap_or(i32::MAX))
    .bind(error)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a zone's keys. They stay among the last ones that name servers may drop: one may be away for long.
pub(super) async fn drop_key(conn: &mut PgConnection, zone: DnsZoneId) -> Result<()> {
    sqlx::query(
        "with gone as (delete from dns_signing where zone_id = $1 returning public_key, next_public_key)
         update dns_zones z set dropped_keys = (array_remove(array[gone.public_key, gone.next_public_key], null) || z.dropped_keys)[1:20]
           from gone where z.id = $1",
    )
    .bind(zone)
    .execute(conn)
    .await?;
    Ok(())
}

/// The public keys that name servers may drop.
pub(super) async fn dropped(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<String>> {
    let found: Option<Vec<String>> = sqlx::query_scalar("select dropped_keys from dns_zones where id = $1").bind(zone).fetch_optional(conn).await?;
    Ok(found.unwrap_or_default())
}

/// Signed zones behind `after`.
pub(super) async fn to_reconcile(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as("select zone_id as key, null::uuid as server from dns_signing where ($1::uuid is null or zone_id > $1) order by zone_id limit $2")
        .bind(after)
        .bind(OBJECTS_PER_PAGE)
        .fetch_all(conn)
        .await
}

/// Keys of zones, and the ones that replace them.
pub(super) struct SealedZones;

impl SealedTable for SealedZones {
    type Key = DnsZoneId;

    async fn rows(conn: &mut PgConnection, after: Option<DnsZoneId>) -> Result<Vec<SealedRow<DnsZoneId>>> {
        sqlx::query_as(
            "select zone_id, array[sealed_key, next_sealed_key] from dns_signing where ($1::uuid is null or zone_id > $1)
              order by zone_id limit 500 for update",
        )
        .bind(after)
        .fetch_all(conn)
        .await
    }

    async fn store(conn: &mut PgConnection, zone: &DnsZoneId, sealed: &[Option<Vec<u8>>]) -> Result<()> {
        sqlx::query("update dns_signing set sealed_key = ($2::bytea[])[1], next_sealed_key = ($2::bytea[])[2] where zone_id = $1")
            .bind(zone)
            .bind(sealed)
            .execute(conn)
            .await?;
        Ok(())
    }
}
