//! Statements of keys that take the place of others.

use super::super::super::queries::Zone;
use model::{Time, ids::DnsZoneId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Gives a signed zone its next key. False if it has one, or is not signed.
pub(super) async fn start(conn: &mut PgConnection, zone: DnsZoneId, public: &str, sealed: &[u8], now: Time) -> Result<bool> {
    let made = sqlx::query(
        "update dns_signing set next_public_key = $2, next_sealed_key = $3, next_started_at = $4 where zone_id = $1 and next_public_key is null",
    )
    .bind(zone)
    .bind(public)
    .bind(sealed)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Since when all name servers return both keys; nothing while one does not. When they first did stays.
pub(super) async fn set_served(conn: &mut PgConnection, zone: DnsZoneId, at: Option<Time>) -> Result<()> {
    sqlx::query(
        "update dns_signing set next_served_at = $2, next_shown_at = coalesce(next_shown_at, $2) where zone_id = $1 and next_public_key is not null",
    )
    .bind(zone)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Since when the parent has only the next key's DS record of the two; nothing while it has not.
pub(super) async fn set_only(conn: &mut PgConnection, zone: DnsZoneId, at: Option<Time>) -> Result<()> {
    sqlx::query("update dns_signing set next_only_at = $2 where zone_id = $1 and next_public_key is not null")
        .bind(zone)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

/// The next key is the zone's only one from now on; name servers may drop the one before.
pub(super) async fn finish(conn: &mut PgConnection, zone: DnsZoneId) -> Result<()> {
    sqlx::query(
        "with old as (select zone_id, public_key from dns_signing where zone_id = $1 and next_public_key is not null),
              moved as (
                update dns_signing s
                   set public_key = s.next_public_key, sealed_key = s.next_sealed_key, started_at = s.next_started_at,
                       served_at = s.next_served_at, shown_at = s.next_shown_at,
                       next_public_key = null, next_sealed_key = null, next_started_at = null, next_served_at = null, next_shown_at = null,
                       next_only_at = null
                  from old where s.zone_id = old.zone_id)
         update dns_zones z set dropped_keys = (array[old.public_key] || z.dropped_keys)[1:20] from old where z.id = old.zone_id",
    )
    .bind(zone)
    .execute(conn)
    .await?;
    Ok(())
}

/// The next key is none any more; name servers may drop it.
pub(super) async fn cancel(conn: &mut PgConnection, zone: DnsZoneId) -> Result<()> {
    sqlx::query(
        "with gone as (select zone_id, next_public_key from dns_signing where zone_id = $1 and next_public_key is not null),
              ended as (
                update dns_signing s
                   set next_public_key = null, next_sealed_key = null, next_started_at = null, next_served_at = null, next_shown_at = null,
                       next_only_at = null
                  from gone where s.zone_id = gone.zone_id)
         update dns_zones z set dropped_keys = (array[gone.next_public_key] || z.dropped_keys)[1:20] from gone where z.id = gone.zone_id",
    )
    .bind(zone)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives the keys of a zone to the one that takes its place, sealed for that one, with what is known of the parent.
pub(in super::super) async fn hand_over(
    conn: &mut PgConnection,
    id: Uuid,
    (from, to): (DnsZoneId, &Zone),
    sealed: &[u8],
    next: Option<&[u8]>,
) -> Result<()> {
    sqlx::query(
        "insert into dns_signing (id, tenant_id, zone_id, public_key, sealed_key, started_at, served_at, shown_at, ds, ds_ttl, ds_checked_at,
                                  ds_seen_at, ds_gone_at, ds_error, off_asked_at, next_public_key, next_sealed_key, next_started_at,
                                  next_served_at, next_shown_at, next_only_at)
         select $1, $2, $3, public_key, $5, started_at, served_at, shown_at, ds, ds_ttl, ds_checked_at, ds_seen_at, ds_gone_at, ds_error,
                off_asked_at, next_public_key, $6, next_started_at, next_served_at, next_shown_at, next_only_at
           from dns_signing where zone_id = $4",
    )
    .bind(id)
    .bind(to.tenant_id)
    .bind(to.id)
    .bind(from)
    .bind(sealed)
    .bind(next)
    .execute(conn)
    .await?;
    Ok(())
}

/// The zone that takes the place of another one may have its servers drop the same keys.
pub(in super::super) async fn hand_over_drops(conn: &mut PgConnection, from: DnsZoneId, to: DnsZoneId) -> Result<()> {
    sqlx::query("update dns_zones set dropped_keys = (select dropped_keys from dns_zones where id = $1) where id = $2")
        .bind(from)
        .bind(to)
        .execute(conn)
        .await?;
    Ok(())
}
