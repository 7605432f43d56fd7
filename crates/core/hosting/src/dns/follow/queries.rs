//! Statements of the names of CloudPods in zones.

use super::super::queries::Zone;
use model::{
    Time,
    hosting::dns::RecordType,
    ids::{CloudPodId, DnsZoneId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// The zones that a CloudPod's account has of its names, each with one of the names, in the order of the zones; and the CloudPod's name.
pub(super) async fn zones_of_pod(conn: &mut PgConnection, pod: CloudPodId) -> Result<Vec<(DnsZoneId, String, String)>> {
    sqlx::query_as(
        "select z.id, d.domain, p.name
           from cloud_pods p
           join websites w on w.tenant_id = p.tenant_id and w.cloud_pod_id = p.id
           join site_domains d on d.tenant_id = w.tenant_id and d.website_id = w.id and d.released_at is null
           join dns_zones z on z.tenant_id = p.tenant_id and z.removed_at is null
                           and (d.domain = z.name or right(d.domain, length(z.name) + 1) = '.' || z.name)
          where p.id = $1 order by z.id, d.domain",
    )
    .bind(pod)
    .fetch_all(conn)
    .await
}

/// The zones that an account has of these names, each with one of the names, in the order of the zones.
pub(super) async fn zones_of_names(conn: &mut PgConnection, tenant: TenantId, names: &[String]) -> Result<Vec<(DnsZoneId, String)>> {
    sqlx::query_as(
        "select z.id, n.name
           from unnest($2::text[]) as n (name)
           join dns_zones z on z.tenant_id = $1 and z.removed_at is null and (n.name = z.name or right(n.name, length(z.name) + 1) = '.' || z.name)
          order by z.id, n.name",
    )
    .bind(tenant)
    .bind(names)
    .fetch_all(conn)
    .await
}

/// A set of addresses whose TTL was lowered.
#[derive(sqlx::FromRow)]
pub(super) struct Lowered {
    pub(super) zone_id: DnsZoneId,
    pub(super) name: String,
    #[sqlx(rename = "type")]
    pub(super) kind: RecordType,
    /// Before.
    pub(super) ttl: i32,
}

pub(super) async fn insert_lowered(
    conn: &mut PgConnection,
    zone: &Zone,
    pod: CloudPodId,
    (name, kind, ttl): (&str, RecordType, u32),
    now: Time,
) -> Result<()> {
    sqlx::query(
        "insert into dns_lowered_ttls (id, tenant_id, zone_id, cloud_pod_id, name, type, ttl, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (zone_id, name, type) do nothing",
    )
    .bind(Uuid::now_v7())
    .bind(zone.tenant_id)
    .bind(zone.id)
    .bind(pod)
    .bind(name)
    .bind(kind)
    .bind(i32::try_from(ttl).unwrap_or(i32::MAX))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The sets whose TTL was lowered for a CloudPod, in the order of the zones.
pub(super) async fn lowered(conn: &mut PgConnection, pod: CloudPodId) -> Result<Vec<Lowered>> {
    sqlx::query_as("select zone_id, name, type, ttl from dns_lowered_ttls where cloud_pod_id = $1 order by zone_id, name, type limit 5000")
        .bind(pod)
        .fetch_all(conn)
        .await
}

/// The same for all CloudPods in a zone.
pub(super) async fn lowered_in(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<Lowered>> {
    sqlx::query_as("select zone_id, name, type, ttl from dns_lowered_ttls where zone_id = $1 order by name, type limit 5000")
        .bind(zone)
        .fetch_all(conn)
        .await
}

pub(super) async fn delete_lowered(conn: &mut PgConnection, pod: CloudPodId) -> Result<()> {
    sqlx::query("delete from dns_lowered_ttls where cloud_pod_id = $1").bind(pod).execute(conn).await?;
    Ok(())
}

/// Whether every name server returns the present serial of each zone in which TTLs were lowered for a CloudPod.
pub(super) async fn is_served(conn: &mut PgConnection, pod: CloudPodId) -> Result<bool> {
    sqlx::query_scalar(
        "select not exists (
           select from dns_lowered_ttls l
             join dns_zones z on z.tenant_id = l.tenant_id and z.id = l.zone_id and z.removed_at is null
             join dns_zone_servers h on h.tenant_id = z.tenant_id and h.zone_id = z.id
            where l.cloud_pod_id = $1 and h.seen_serial is distinct from z.serial)",
    )
    .bind(pod)
    .fetch_one(conn)
    .await
}
