//! Statements of name servers, and of the list of zones.

use crate::domains::display;
use model::{
    Time,
    hosting::dns::{MIN_NAME_SERVERS, NameServerLoad, NameServerRow, ZoneRow, ZoneStatus},
    ids::{DnsZoneId, DomainId, ServerId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// A server that is to become a name server: its name, and whether it is in service with the DNS capability.
pub(super) async fn candidate(conn: &mut PgConnection, server: ServerId) -> Result<Option<(String, bool)>> {
    sqlx::query_as(
        "select s.name, s.status = 'ACTIVE' and exists (select from server_capabilities c where c.server_id = s.id and c.capability = 'DNS' and c.ready)
           from servers s where s.id = $1 for share",
    )
    .bind(server)
    .fetch_optional(conn)
    .await
}

/// Servers that could become one.
pub(super) async fn candidates(conn: &mut PgConnection) -> Result<Vec<(ServerId, String)>> {
    sqlx::query_as(
        "select s.id, s.name from servers s join server_capabilities c on c.server_id = s.id and c.capability = 'DNS' and c.ready
          where s.status = 'ACTIVE' and not exists (select from nameservers n where n.server_id = s.id) order by s.name limit 200",
    )
    .fetch_all(conn)
    .await
}

/// False if the server already is one.
pub(super) async fn add_name_server(conn: &mut PgConnection, server: ServerId, name: &str, now: Time) -> Result<bool> {
    let made = sqlx::query("insert into nameservers (server_id, name, created_at) values ($1, $2, $3) on conflict (server_id) do nothing")
        .bind(server)
        .bind(name)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(made.rows_affected() == 1)
}

/// Name servers are removed one after the other: each removal counts those that are left.
pub(super) async fn lock_name_servers(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.nameservers', 0))").execute(conn).await?;
    Ok(())
}

/// How many name servers there are, and whether any zone is served.
pub(super) async fn name_servers_in_use(conn: &mut PgConnection) -> Result<(i64, bool)> {
    sqlx::query_as("select (select count(*) from nameservers), exists (select from dns_zones where removed_at is null)").fetch_one(conn).await
}

/// Its name, if it was one.
pub(super) async fn remove_name_server(conn: &mut PgConnection, server: ServerId) -> Result<Option<String>> {
    sqlx::query_scalar("delete from nameservers where server_id = $1 returning name").bind(server).fetch_optional(conn).await
}

#[derive(sqlx::FromRow)]
struct NameServer {
    server_id: ServerId,
    server_name: String,
    name: String,
    address: String,
    in_sync: i64,
    behind: i64,
    queries_per_minute: Option<i64>,
    failures_per_minute: Option<i64>,
    latency_us: Option<i64>,
    counted_at: Option<Time>,
}

impl NameServer {
    fn load(&self) -> Option<NameServerLoad> {
        Some(NameServerLoad {
            queries_per_minute: self.queries_per_minute?,
            failures_per_minute: self.failures_per_minute?,
            latency_us: self.latency_us?,
            at: self.counted_at?,
        })
    }
}

pub(super) async fn name_server_rows(conn: &mut PgConnection) -> Result<Vec<NameServerRow>> {
    let rows: Vec<NameServer> = sqlx::query_as(
        "select n.server_id, s.name as server_name, n.name, s.site_address as address,
                count(h.id) filter (where h.is_right) as in_sync, count(h.id) filter (where not h.is_right) as behind,
                n.queries_per_minute, n.failures_per_minute, n.latency_us, n.counted_at
           from nameservers n join servers s on s.id = n.server_id
           left join lateral (
             select h.id, coalesce(h.behind_since is null and h.seen_serial = z.serial and h.seen_at > now() - interval '15 minutes', false) as is_right
               from dns_zone_servers h join dns_zones z on z.tenant_id = h.tenant_id and z.id = h.zone_id where h.server_id = n.server_id) h on true
          group by n.server_id, s.name, s.site_address order by n.name limit 50",
    )
    .fetch_all(conn)
    .await?;
    let view = |row: NameServer| NameServerRow {
        load: row.load(),
        server: row.server_id,
        server_name: row.server_name,
        name: row.name,
        address: row.address,
        in_sync: row.in_sync,
        behind: row.behind,
    };
    Ok(rows.into_iter().map(view).collect())
}

#[derive(sqlx::FromRow)]
struct Listed {
    id: DnsZoneId,
    domain_id: DomainId,
    name: String,
    tenant_id: TenantId,
    tenant_name: String,
    status: ZoneStatus,
    serial: i64,
    in_sync: i64,
    servers: i64,
    created_at: Time,
}

/// `range` is older than, newer than, and how many. `search` looks in the name.
pub(super) async fn zones(
    conn: &mut PgConnection,
    range: (Option<Uuid>, Option<Uuid>, i64),
    status: Option<&str>,
    search: Option<&str>,
) -> Result<Vec<ZoneRow>> {
    let rows: Vec<Listed> = sqlx::query_as(
        "with listed as (
           select z.id, z.domain_id, z.name, z.tenant_id, z.serial, z.created_at, h.in_sync, h.servers,
                  case when z.removed_at is not null then 'REMOVING' when h.in_sync < h.servers then 'BEHIND' when h.servers < $6 then 'TOO_FEW'
                       else 'IN_SYNC' end as status
             from dns_zones z cross join lateral (
               select count(*) as servers,
                      count(*) filter (where behind_since is null and seen_serial = z.serial and seen_at > now() - interval '15 minutes') as in_sync
                 from dns_zone_servers where zone_id = z.id) h
            where z.removed_at is null or h.servers > 0)
         select z.id, z.domain_id, z.name, z.tenant_id, t.name as tenant_name, z.status, z.serial, z.in_sync, z.servers, z.created_at
           from (
             (select * from listed where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4)
                and ($5::text is null or strpos(name, lower($5)) > 0) order by id desc limit $3)
             union all
             (select * from listed where id > $2 and ($4::text is null or status = $4)
                and ($5::text is null or strpos(name, lower($5)) > 0) order by id limit $3)
           ) z join tenants t on t.id = z.tenant_id order by z.id desc",
    )
    .bind(range.0)
    .bind(range.1)
    .bind(range.2)
    .bind(status)
    .bind(search)
    .bind(i64::try_from(MIN_NAME_SERVERS).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await?;
    let view = |row: Listed| ZoneRow {
        id: row.id,
        domain: row.domain_id,
        display_name: display(&row.name),
        tenant: row.tenant_id,
        tenant_name: row.tenant_name,
        status: row.status,
        serial: u32::try_from(row.serial).unwrap_or(u32::MAX),
        in_sync: row.in_sync,
        servers: row.servers,
        created_at: row.created_at,
    };
    Ok(rows.into_iter().map(view).collect())
}
