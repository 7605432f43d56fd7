//! Statements of the ACME zone.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{Time, ids::ServerId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// The zone as it is stored.
#[derive(sqlx::FromRow)]
pub(super) struct Zone {
    pub(super) name: String,
    pub(super) serial: i64,
    pub(super) name_servers: Vec<String>,
    pub(super) removed_at: Option<Time>,
}

impl Zone {
    /// The desired serial.
    pub(super) fn serial(&self) -> u32 {
        u32::try_from(self.serial).unwrap_or(u32::MAX)
    }
}

/// A zone of this name, locked until the transaction ends; made where there is none, and brought back where it was removed.
pub(super) async fn ensure(conn: &mut PgConnection, name: &str, serial: u32, name_servers: &[String], now: Time) -> Result<Zone> {
    sqlx::query_as(
        "insert into proof_zones (name, serial, name_servers, created_at) values ($1, $2, $3, $4)
         on conflict (name) do update set removed_at = null
         returning name, serial, name_servers, removed_at",
    )
    .bind(name)
    .bind(i64::from(serial))
    .bind(name_servers)
    .bind(now)
    .fetch_one(conn)
    .await
}

/// A zone, locked until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, name: &str) -> Result<Option<Zone>> {
    sqlx::query_as("select name, serial, name_servers, removed_at from proof_zones where name = $1 for no key update")
        .bind(name)
        .fetch_optional(conn)
        .await
}

pub(super) async fn set_published(conn: &mut PgConnection, name: &str, serial: u32, name_servers: &[String]) -> Result<()> {
    sqlx::query("update proof_zones set serial = $2, name_servers = $3 where name = $1")
        .bind(name)
        .bind(i64::from(serial))
        .bind(name_servers)
        .execute(conn)
        .await?;
    Ok(())
}

/// Zones of another base domain are removed. Whether there was any.
pub(super) async fn remove_others(conn: &mut PgConnection, name: &str, now: Time) -> Result<bool> {
    let done =
        sqlx::query("update proof_zones set removed_at = $2 where name <> $1 and removed_at is null").bind(name).bind(now).execute(conn).await?;
    Ok(done.rows_affected() > 0)
}

/// Adds a row for each name server that has none for the zone. Whether any is new.
pub(super) async fn ensure_servers(conn: &mut PgConnection, name: &str) -> Result<bool> {
    let made: Vec<bool> = sqlx::query_scalar(
        "insert into proof_zone_servers (id, zone, server_id) select gen_random_uuid(), $1, server_id from nameservers
         on conflict (zone, server_id) do nothing returning true",
    )
    .bind(name)
    .fetch_all(conn)
    .await?;
    Ok(!made.is_empty())
}

/// Every server that has an ACME zone, or is to have it.
pub(super) async fn servers(conn: &mut PgConnection) -> Result<Vec<Object>> {
    sqlx::query_as("select id as key, server_id as server from proof_zone_servers order by id limit 50").fetch_all(conn).await
}

/// The same, a page at a time.
pub(super) async fn to_reconcile(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as("select id as key, server_id as server from proof_zone_servers where $1::uuid is null or id > $1 order by id limit $2")
        .bind(after)
        .bind(OBJECTS_PER_PAGE)
        .fetch_all(conn)
        .await
}

/// A zone on a server.
#[derive(sqlx::FromRow)]
pub(super) struct Holder {
    pub(super) server_id: ServerId,
    /// The server's name as a name server; nothing where it is none any more.
    pub(super) name: Option<String>,
    pub(super) site_address: String,
    pub(super) is_retired: bool,
    pub(super) applied_at: Option<Time>,
    pub(super) zone: String,
    pub(super) serial: i64,
    pub(super) name_servers: Vec<String>,
    pub(super) is_removed: bool,
}

impl Holder {
    /// Whether the server is not to have the zone any more.
    pub(super) fn goes(&self) -> bool {
        self.is_removed || self.name.is_none() || self.is_retired
    }

    /// The desired serial.
    pub(super) fn serial(&self) -> u32 {
        u32::try_from(self.serial).unwrap_or(u32::MAX)
    }
}

pub(super) async fn holder(conn: &mut PgConnection, id: Uuid) -> Result<Option<Holder>> {
    sqlx::query_as(
        "select h.server_id, n.name, s.site_address, s.status = 'RETIRED' as is_retired, h.applied_at, z.name as zone, z.serial, z.name_servers,
                z.removed_at is not null as is_removed
           from proof_zone_servers h join servers s on s.id = h.server_id join proof_zones z on z.name = h.zone
           left join nameservers n on n.server_id = h.server_id
          where h.id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

pub(super) async fn set_applied(conn: &mut PgConnection, id: Uuid, now: Time) -> Result<()> {
    sqlx::query("update proof_zone_servers set applied_at = $2 where id = $1").bind(id).bind(now).execute(conn).await?;
    Ok(())
}

/// The server has the zone no longer.
pub(super) async fn forget(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query("delete from proof_zone_servers where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// False when it was there before.
pub(super) async fn insert(conn: &mut PgConnection, owner: Uuid, name: &str, value: &str, now: Time) -> Result<bool> {
    let made = sqlx::query("insert into proof_records (owner, name, value, created_at) values ($1, $2, $3, $4) on conflict do nothing")
        .bind(owner)
        .bind(name)
        .bind(value)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(made.rows_affected() == 1)
}

/// Whether there was any.
pub(super) async fn delete(conn: &mut PgConnection, owner: Uuid) -> Result<bool> {
    let done = sqlx::query("delete from proof_records where owner = $1").bind(owner).execute(conn).await?;
    Ok(done.rows_affected() > 0)
}

/// Takes away what jobs have left that have ended, and what belongs to nobody. Whether there was any.
pub(super) async fn delete_ended(conn: &mut PgConnection) -> Result<bool> {
    let done = sqlx::query(
        "delete from proof_records r
          where not exists (select from jobs j where j.id = r.owner and j.status in ('queued', 'running', 'unwinding'))
            and not exists (select from platform_certificates c where c.id = r.owner)",
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Names and texts of an owner's records.
pub(super) async fn of_owner(conn: &mut PgConnection, owner: Uuid) -> Result<Vec<(String, String)>> {
    sqlx::query_as("select name, value from proof_records where owner = $1 order by name, value limit 500").bind(owner).fetch_all(conn).await
}

/// Names and texts of all records at or below a name.
pub(super) async fn all(conn: &mut PgConnection, zone: &str) -> Result<Vec<(String, String)>> {
    sqlx::query_as(
        "select distinct name, value from proof_records where name = $1 or right(name, length($1) + 1) = '.' || $1 order by name, value limit 4000",
    )
    .bind(zone)
    .fetch_all(conn)
    .await
}
