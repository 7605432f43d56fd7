//! Statements of answers to authorities.

use super::super::queries::Zone;
use model::{
    Time,
    ids::{DnsZoneId, DomainId, JobId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// The zone of this name that an account keeps here and whose domain it has proved.
pub(super) async fn zone_named(conn: &mut PgConnection, tenant: TenantId, name: &str) -> Result<Option<DnsZoneId>> {
    sqlx::query_scalar(
        "select z.id from dns_zones z join domains d on d.tenant_id = z.tenant_id and d.id = z.domain_id
          where z.tenant_id = $1 and z.name = $2 and z.removed_at is null and d.status = 'VERIFIED' and d.released_at is null",
    )
    .bind(tenant)
    .bind(name)
    .fetch_optional(conn)
    .await
}

/// The domain of this name that an account has proved.
pub(super) async fn domain_of(conn: &mut PgConnection, tenant: TenantId, name: &str) -> Result<Option<DomainId>> {
    sqlx::query_scalar("select id from domains where tenant_id = $1 and name = $2 and status = 'VERIFIED' and released_at is null")
        .bind(tenant)
        .bind(name)
        .fetch_optional(conn)
        .await
}

/// False when it was there before.
pub(super) async fn insert(conn: &mut PgConnection, zone: &Zone, job: JobId, name: &str, value: &str, now: Time) -> Result<bool> {
    let made = sqlx::query(
        "insert into dns_challenges (id, tenant_id, zone_id, job_id, name, value, created_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (zone_id, job_id, name, value) do nothing",
    )
    .bind(Uuid::now_v7())
    .bind(zone.tenant_id)
    .bind(zone.id)
    .bind(job)
    .bind(name)
    .bind(value)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Zones that have answers of a job, always in the same order.
pub(super) async fn zones_of(conn: &mut PgConnection, job: JobId) -> Result<Vec<DnsZoneId>> {
    sqlx::query_scalar("select distinct zone_id from dns_challenges where job_id = $1 order by zone_id").bind(job).fetch_all(conn).await
}

/// Names and texts of a job's answers in a zone.
pub(super) async fn of_job(conn: &mut PgConnection, zone: DnsZoneId, job: JobId) -> Result<Vec<(String, String)>> {
    sqlx::query_as("select name, value from dns_challenges where zone_id = $1 and job_id = $2 order by name, value limit 500")
        .bind(zone)
        .bind(job)
        .fetch_all(conn)
        .await
}

/// Names and texts of all answers in a zone.
pub(super) async fn of_zone(conn: &mut PgConnection, zone: DnsZoneId) -> Result<Vec<(String, String)>> {
    sqlx::query_as("select distinct name, value from dns_challenges where zone_id = $1 order by name, value limit 500")
        .bind(zone)
        .fetch_all(conn)
        .await
}

/// Whether there was any.
pub(super) async fn delete(conn: &mut PgConnection, zone: DnsZoneId, job: JobId) -> Result<bool> {
    let done = sqlx::query("delete from dns_challenges where zone_id = $1 and job_id = $2").bind(zone).bind(job).execute(conn).await?;
    Ok(done.rows_affected() > 0)
}

/// Takes away from a zone what jobs have left that have ended. Whether there was any.
pub(super) async fn delete_ended(conn: &mut PgConnection, zone: DnsZoneId) -> Result<bool> {
    let done = sqlx::query(
        "delete from dns_challenges c where c.zone_id = $1
            and not exists (select from jobs j where j.id = c.job_id and j.status in ('queued', 'running', 'unwinding'))",
    )
    .bind(zone)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}
