//! Statements of zones and name servers.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    hosting::{
        dns::{DnsRecord, RecordType, ZoneServer, ZoneVersionRow},
        domains::DomainStatus,
    },
    ids::{DnsZoneId, DomainId, ServerId, TenantId},
};
use sqlx::{PgConnection, Result, types::Json};
use uuid::Uuid;

/// A connected domain.
#[derive(sqlx::FromRow)]
pub(super) struct Domain {
    pub(super) id: DomainId,
    pub(super) tenant_id: TenantId,
    pub(super) name: String,
    pub(super) token: String,
    pub(super) status: DomainStatus,
}

/// A domain; of one account, if given.
pub(super) async fn domain(conn: &mut PgConnection, tenant: Option<TenantId>, id: DomainId) -> Result<Option<Domain>> {
    sqlx::query_as(
        "select id, tenant_id, name, token, status from domains where id = $1 and released_at is null and ($2::uuid is null or tenant_id = $2)",
    )
    .bind(id)
    .bind(tenant)
    .fetch_optional(conn)
    .await
}

/// As [`domain`], locked against changes until the transaction ends.
pub(super) async fn lock_domain(conn: &mut PgConnection, tenant: TenantId, id: DomainId) -> Result<Option<Domain>> {
    sqlx::query_as("select id, tenant_id, name, token, status from domains where id = $1 and tenant_id = $2 and released_at is null for share")
        .bind(id)
        .bind(tenant)
        .fetch_optional(conn)
        .await
}

/// A zone as it is stored.
#[derive(sqlx::FromRow)]
pub(super) struct Zone {
    pub(super) id: DnsZoneId,
    pub(super) tenant_id: TenantId,
    pub(super) name: String,
    pub(super) serial: i64,
    pub(super) version: i32,
    pub(super) name_servers: Vec<String>,
    pub(super) removed_at: Option<Time>,
    /// Whether its domain is verified and still belongs to this account.
    pub(super) is_owned: bool,
}

impl Zone {
    /// The desired serial.
    pub(super) fn serial(&self) -> u32 {
        u32::try_from(self.serial).unwrap_or(u32::MAX)
    }
}

/// The zone of a domain.
pub(super) async fn of_domain(conn: &mut PgConnection, domain: DomainId) -> Result<Option<Zone>> {
    sqlx::query_as(
        "select z.id, z.tenant_id, z.name, z.serial, z.version, z.name_servers, z.removed_at,
                exists (select from domains d where d.id = z.domain_id and d.status = 'VERIFIED' and d.released_at is null) as is_owned
           from dns_zones z where z.domain_id = $1 and z.removed_at is null",
    )
    .bind(domain)
    .fetch_optional(conn)
    .await
}

/// Whether a domain has a zone.
pub(super) async fn has_zone(conn: &mut PgConnection, domain: DomainId) -> Result<bool> {
    sqlx::query_scalar("select exists (select from dns_zones where domain_id = $1 and removed_at is null)").bind(domain).fetch_one(conn).await
}

/// A zone that is to be served.
pub(super) async fn get(conn: &mut PgConnection, id: DnsZoneId) -> Result<Option<Zone>> {
    sqlx::query_as(
        "select z.id, z.tenant_id, z.name, z.serial, z.version, z.name_servers, z.removed_at,
                exists (select from domains d where d.id = z.domain_id and d.status = 'VERIFIED' and d.released_at is null) as is_owned
           from dns_zones z where z.id = $1 and z.removed_at is null",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// A zone, locked until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, id: DnsZoneId) -> Result<Option<Zone>> {
    sqlx::query_as(
        "select z.id, z.tenant_id, z.name, z.serial, z.version, z.name_servers, z.removed_at,
                exists (select from domains d where d.id = z.domain_id and d.status = 'VERIFIED' and d.released_at is null) as is_owned
           from dns_zones z where z.id = $1 for no key update of z",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// The highest serial that a zone of this name has ever had.
pub(super) async fn last_serial(conn: &mut PgConnection, name: &str) -> Result<u32> {
    let found: Option<i64> = sqlx::query_scalar("select max(serial) from dns_zones where name = $1").bind(name).fetch_one(conn).await?;
    Ok(found.and_then(|serial| u32::try_from(serial).ok()).unwrap_or(0))
}

/// False if the name already has a zone.
pub(super) async fn insert(conn: &mut PgConnection, id: DnsZoneId, domain: &Domain, serial: u32, name_servers: &[String], now: Time) -> Result<bool> {
    let made = sqlx::query(
        "insert into dns_zones (id, tenant_id, domain_id, name, serial, version, name_servers, created_at) values ($1, $2, $3, $4, $5, 1, $6, $7)
         on conflict (name) where removed_at is null do nothing",
    )
    .bind(id)
    .bind(domain.tenant_id)
    .bind(domain.id)
    .bind(&domain.name)
    .bind(i64::from(serial))
    .bind(name_servers)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(made.rows_affected() == 1)
}

pub(super) async fn set_version(conn: &mut PgConnection, id: DnsZoneId, serial: u32, version: i32) -> Result<()> {
    sqlx::query("update dns_zones set serial = $2, version = $3 where id = $1").bind(id).bind(i64::from(serial)).bind(version).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_published(conn: &mut PgConnection, id: DnsZoneId, serial: u32, name_servers: &[String]) -> Result<()> {
    sqlx::query("update dns_zones set serial = $2, name_servers = $3 where id = $1")
        .bind(id)
        .bind(i64::from(serial))
        .bind(name_servers)
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes a zone with its records, versions and key. Its row stays: the next zone of the name goes on after its serial.
pub(super) async fn set_removed(conn: &mut PgConnection, id: DnsZoneId, now: Time) -> Result<()> {
    sqlx::query(
        "with records as (delete from dns_records r using dns_zones z where z.id = $1 and r.tenant_id = z.tenant_id and r.zone_id = z.id),
              versions as (delete from dns_zone_versions v using dns_zones z where z.id = $1 and v.tenant_id = z.tenant_id and v.zone_id = z.id),
              keys as (delete from dns_signing s using dns_zones z where z.id = $1 and s.tenant_id = z.tenant_id and s.zone_id = z.id)
         update dns_zones set removed_at = $2 where id = $1",
    )
    .bind(id)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many zones of an account were created since then, removed ones too.
pub(super) async fn count_since(conn: &mut PgConnection, tenant: TenantId, since: Time) -> Result<i64> {
    sqlx::query_scalar("select count(*) from dns_zones where tenant_id = $1 and created_at > $2").bind(tenant).bind(since).fetch_one(conn).await
}

/// Locks the CloudPods that names at or below a domain lead to, so that none is given another server until the transaction ends.
pub(super) async fn lock_pods(conn: &mut PgConnection, tenant: TenantId, domain: &str) -> Result<()> {
    sqlx::query(
        "select from cloud_pods p
          where p.tenant_id = $1 and exists (
                  select from websites w join site_domains d on d.tenant_id = w.tenant_id and d.website_id = w.id and d.released_at is null
                   where w.tenant_id = p.tenant_id and w.cloud_pod_id = p.id and (d.domain = $2 or right(d.domain, length($2) + 1) = '.' || $2))
          order by p.id for share of p",
    )
    .bind(tenant)
    .bind(domain)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether any server has or should have a zone.
pub(super) async fn has_servers(conn: &mut PgConnection, zone: DnsZoneId) -> Result<bool> {
    sqlx::query_scalar("select exists (select from dns_zone_servers where zone_id = $1)").bind(zone).fetch_one(conn).await
}

#[derive(sqlx::FromRow)]
struct RecordRow {
    name: String,
    r#type: RecordType,
    ttl: i32,
    value: String,
}

/// The records of a zone, sorted.
pub(super) async fn records(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<DnsRecord>> {
    let rows: Vec<RecordRow> =
        sqlx::query_as("select name, type, ttl, value from dns_records where zone_id = $1 limit 5000").bind(zone).fetch_all(conn).await?;
    let record = |row: RecordRow| DnsRecord { name: row.name, kind: row.r#type, ttl: row.ttl.unsigned_abs(), value: row.value };
    let mut records: Vec<DnsRecord> = rows.into_iter().map(record).collect();
    records.sort();
    Ok(records)
}

/// Replaces all records of a zone.
pub(super) async fn replace_records(conn: &mut PgConnection, zone: &Zone, records: &[DnsRecord]) -> Result<()> {
    sqlx::query("delete from dns_records where zone_id = $1").bind(zone.id).execute(&mut *conn).await?;
    let ids: Vec<Uuid> = records.iter().map(|_| Uuid::now_v7()).collect();
    let names: Vec<&str> = records.iter().map(|record| record.name.as_str()).collect();
    let kinds: Vec<&str> = records.iter().map(|record| record.kind.as_str()).collect();
    let ttls: Vec<i32> = records.iter().map(|record| i32::try_from(record.ttl).unwrap_or(i32::MAX)).collect();
    let values: Vec<&str> = records.iter().map(|record| record.value.as_str()).collect();
    sqlx::query(
        "insert into dns_records (id, tenant_id, zone_id, name, type, ttl, value)
         select r.id, $1, $2, r.name, r.type, r.ttl, r.value
           from unnest($3::uuid[], $4::text[], $5::text[], $6::integer[], $7::text[]) as r (id, name, type, ttl, value)",
    )
    .bind(zone.tenant_id)
    .bind(zone.id)
    .bind(&ids)
    .bind(&names)
    .bind(&kinds)
    .bind(&ttls)
    .bind(&values)
    .execute(conn)
    .await?;
    Ok(())
}

/// A new version for the history.
pub(super) struct Version<'a> {
    pub(super) version: i32,
    pub(super) serial: u32,
    pub(super) records: &'a [DnsRecord],
    pub(super) summary: &'a str,
    pub(super) made_by: &'a str,
}

pub(super) async fn insert_version(conn: &mut PgConnection, zone: &Zone, version: Version<'_>, now: Time) -> Result<()> {
    sqlx::query(
        "insert into dns_zone_versions (id, tenant_id, zone_id, version, serial, records, summary, made_by, created_at)
         values ($1, $2, $3, $4, $5, $6, left($7, 200), left($8, 400), $9)",
    )
    .bind(Uuid::now_v7())
    .bind(zone.tenant_id)
    .bind(zone.id)
    .bind(version.version)
    .bind(i64::from(version.serial))
    .bind(Json(version.records))
    .bind(version.summary)
    .bind(version.made_by)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes all but the latest `kept` versions of a zone; `version` is its current one.
pub(super) async fn forget_old_versions(conn: &mut PgConnection, zone: DnsZoneId, version: i32, kept: i32) -> Result<()> {
    sqlx::query("delete from dns_zone_versions where zone_id = $1 and version <= $2::integer - $3::integer")
        .bind(zone)
        .bind(version)
        .bind(kept)
        .execute(conn)
        .await?;
    Ok(())
}

/// The records of an earlier version.
pub(super) async fn version_records(conn: &mut PgConnection, zone: DnsZoneId, version: i32) -> Result<Option<Vec<DnsRecord>>> {
    let found: Option<Json<Vec<DnsRecord>>> = sqlx::query_scalar("select records from dns_zone_versions where zone_id = $1 and version = $2")
        .bind(zone)
        .bind(version)
        .fetch_optional(conn)
        .await?;
    Ok(found.map(|Json(records)| records))
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    id: Uuid,
    version: i32,
    serial: i64,
    summary: String,
    made_by: String,
    created_at: Time,
    records: i64,
    is_current: bool,
}

/// `range` is older than, newer than, and how many.
pub(super) async fn versions(conn: &mut PgConnection, zone: DnsZoneId, range: (Option<Uuid>, Option<Uuid>, i64)) -> Result<Vec<ZoneVersionRow>> {
    let rows: Vec<VersionRow> = sqlx::query_as(
        "select v.id, v.version, v.serial, v.summary, v.made_by, v.created_at, jsonb_array_length(v.records)::bigint as records,
                v.version = z.version as is_current
           from (
             (select * from dns_zone_versions where $2::uuid is null and ($1::uuid is null or id < $1) and zone_id = $4 order by id desc limit $3)
             union all
             (select * from dns_zone_versions where id > $2 and zone_id = $4 order by id limit $3)
           ) v join dns_zones z on z.tenant_id = v.tenant_id and z.id = v.zone_id order by v.id desc",
    )
    .bind(range.0)
    .bind(range.1)
    .bind(range.2)
    .bind(zone)
    .fetch_all(conn)
    .await?;
    let view = |row: VersionRow| ZoneVersionRow {
        id: row.id,
        version: row.version,
        serial: u32::try_from(row.serial).unwrap_or(u32::MAX),
        summary: row.summary,
        made_by: row.made_by,
        at: row.created_at,
        records: row.records,
        is_current: row.is_current,
    };
    Ok(rows.into_iter().map(view).collect())
}

#[derive(sqlx::FromRow)]
struct ServerRow {
    name: String,
    seen_serial: Option<i64>,
    seen_at: Option<Time>,
    behind_since: Option<Time>,
    error: Option<String>,
    is_stale: bool,
}

/// What is said of a name server that nobody has asked for a while.
pub(super) const STALE: &str = "Not checked for more than 15 minutes.";

/// What the name servers of a zone serve, by name. What was seen long ago does not count: then it is behind.
pub(super) async fn servers(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<ZoneServer>> {
    let rows: Vec<ServerRow> = sqlx::query_as(
        "select name, seen_serial, seen_at, behind_since, error, coalesce(seen_at < now() - interval '15 minutes', false) as is_stale
               from dns_zone_servers where zone_id = $1 order by name limit 50",
    )
    .bind(zone)
    .fetch_all(conn)
    .await?;
    let view = |row: ServerRow| ZoneServer {
        name: row.name,
        seen_serial: row.seen_serial.and_then(|serial| u32::try_from(serial).ok()),
        seen_at: row.seen_at,
        behind_since: row.behind_since,
        error: row.error.or_else(|| row.is_stale.then(|| STALE.to_owned())),
    };
    Ok(rows.into_iter().map(view).collect())
}

/// A server that has or should have a zone, with what it needs of the zone.
#[derive(sqlx::FromRow)]
pub(super) struct Holder {
    pub(super) server_id: ServerId,
    /// Its name as a name server.
    pub(super) name: String,
    /// The address it serves DNS on.
    pub(super) site_address: String,
    /// When the server last responded to the panel.
    pub(super) last_seen_at: Option<Time>,
    pub(super) behind_since: Option<Time>,
    pub(super) applied_at: Option<Time>,
    /// When the server's agent last failed about any zone while the server was silent over the network.
    pub(super) agent_failed_at: Option<Time>,
    /// Whether it is still a name server.
    pub(super) is_name_server: bool,
    /// Whether the server is retired.
    pub(super) is_retired: bool,
    pub(super) zone_id: DnsZoneId,
    /// Name of the zone.
    pub(super) zone: String,
    serial: i64,
    pub(super) name_servers: Vec<String>,
    is_removed: bool,
    /// A newer zone has its name: what name servers have belongs to that one.
    pub(super) has_successor: bool,
}

impl Holder {
    /// The desired serial.
    pub(super) fn serial(&self) -> u32 {
        u32::try_from(self.serial).unwrap_or(u32::MAX)
    }

    /// Whether the zone is to be deleted from the server.
    pub(super) fn goes(&self) -> bool {
        self.is_removed || !self.is_name_server
    }
}

pub(super) async fn holder(conn: &mut PgConnection, id: Uuid) -> Result<Option<Holder>> {
    sqlx::query_as(
        "select h.server_id, h.name, s.site_address, s.last_seen_at, h.behind_since, h.applied_at, s.status = 'RETIRED' as is_retired,
                (select max(o.agent_failed_at) from dns_zone_servers o where o.server_id = h.server_id) as agent_failed_at,
                exists (select from nameservers n where n.server_id = h.server_id) as is_name_server,
                z.id as zone_id, z.name as zone, z.serial, z.name_servers, z.removed_at is not null as is_removed,
                z.removed_at is not null and exists (select from dns_zones o where o.name = z.name and o.removed_at is null) as has_successor
           from dns_zone_servers h join servers s on s.id = h.server_id join dns_zones z on z.tenant_id = h.tenant_id and z.id = h.zone_id
          where h.id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// Adds a row for each name server that has none for the zone. Whether any is new.
pub(super) async fn ensure_holders(conn: &mut PgConnection, zone: &Zone, now: Time) -> Result<bool> {
    let made: Vec<bool> = sqlx::query_scalar(
        "insert into dns_zone_servers (id, tenant_id, zone_id, server_id, name, behind_since)
         select gen_random_uuid(), $1, $2, server_id, name, $3 from nameservers
         on conflict (zone_id, server_id) do update set name = excluded.name where dns_zone_servers.name <> excluded.name
         returning true",
    )
    .bind(zone.tenant_id)
    .bind(zone.id)
    .bind(now)
    .fetch_all(conn)
    .await?;
    Ok(!made.is_empty())
}

/// The servers that have or should have a zone.
pub(super) async fn holders_of(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<Object>> {
    sqlx::query_as("select id as key, server_id as server from dns_zone_servers where zone_id = $1 order by id limit 50")
        .bind(zone)
        .fetch_all(conn)
        .await
}

/// What was observed of a zone on a server.
#[derive(Default)]
pub(super) struct Seen {
    /// The server's response, if any: its serial, if it has the zone.
    pub(super) answer: Option<Option<u32>>,
    pub(super) behind_since: Option<Time>,
    /// Whether its full content was compared.
    pub(super) is_applied: bool,
    /// Whether its agent failed.
    pub(super) has_agent_failed: bool,
    /// The newer serial that its agent reports.
    pub(super) later: Option<u32>,
    pub(super) error: Option<String>,
}

pub(super) async fn set_seen(conn: &mut PgConnection, holder: Uuid, seen: &Seen, now: Time) -> Result<()> {
    sqlx::query(
        "update dns_zone_servers
            set seen_serial = case when $2 then $3 else seen_serial end, seen_at = case when $2 then $7 else seen_at end,
                behind_since = $4, applied_at = case when $5 then $7 else applied_at end, error = left($6, 500),
                agent_failed_at = case when $8 and not $2 then $7 else agent_failed_at end
          where id = $1",
    )
    .bind(holder)
    .bind(seen.answer.is_some())
    .bind(seen.answer.flatten().map(i64::from))
    .bind(seen.behind_since)
    .bind(seen.is_applied)
    .bind(seen.error.as_deref())
    .bind(now)
    .bind(seen.has_agent_failed)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn forget_holder(conn: &mut PgConnection, holder: Uuid) -> Result<()> {
    sqlx::query("delete from dns_zone_servers where id = $1").bind(holder).execute(conn).await?;
    Ok(())
}

/// All zones on all servers, after this key.
pub(super) async fn holders_to_reconcile(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as("select id as key, server_id as server from dns_zone_servers where ($1::uuid is null or id > $1) order by id limit $2")
        .bind(after)
        .bind(OBJECTS_PER_PAGE)
        .fetch_all(conn)
        .await
}

/// Zones to be served, and those that a server may still have, after this key.
pub(super) async fn to_reconcile(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select z.id as key, null::uuid as server from dns_zones z
          where (z.removed_at is null or exists (select from dns_zone_servers h where h.zone_id = z.id)) and ($1::uuid is null or z.id > $1)
          order by z.id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// Names of all name servers, sorted. Customers see them: they enter them at their registrars.
pub(super) async fn name_servers(conn: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar("select unnest(name_server_names())").fetch_all(conn).await
}
