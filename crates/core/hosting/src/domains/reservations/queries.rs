//! Statements of reservations.

use model::{
    Time,
    hosting::{cloudpods::PodStatus, domains::ReservationRow},
    ids::{CloudPodId, DomainReservationId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// A row of the list.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: DomainReservationId,
    domain: String,
    tenant_id: TenantId,
    tenant_name: String,
    cloud_pod_id: CloudPodId,
    pod_name: String,
    reserved_at: Time,
}

impl Row {
    /// As the list shows it.
    pub(super) fn view(self) -> ReservationRow {
        ReservationRow {
            id: self.id,
            domain: self.domain,
            tenant: self.tenant_id,
            tenant_name: self.tenant_name,
            cloud_pod: self.cloud_pod_id,
            pod_name: self.pod_name,
            reserved_at: self.reserved_at,
        }
    }
}

/// A reservation that is to be released.
#[derive(sqlx::FromRow)]
pub(super) struct Locked {
    pub(super) id: DomainReservationId,
    pub(super) tenant_id: TenantId,
    pub(super) cloud_pod_id: CloudPodId,
    pub(super) pod_name: String,
    pub(super) pod_status: PodStatus,
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    id: DomainReservationId,
    tenant: TenantId,
    pod: CloudPodId,
    domain: &str,
    now: Time,
) -> Result<()> {
    sqlx::query("insert into domain_reservations (id, tenant_id, cloud_pod_id, domain, reserved_at) values ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(tenant)
        .bind(pod)
        .bind(domain)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends what a CloudPod that is no more has left.
pub(super) async fn release_deleted(conn: &mut PgConnection, domain: &str, now: Time) -> Result<()> {
    sqlx::query(
        "update domain_reservations r set released_at = $2 from cloud_pods p
          where r.domain = $1 and r.released_at is null and p.id = r.cloud_pod_id and p.status = 'DELETED'",
    )
    .bind(domain)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The open reservation of this domain and its CloudPod, both locked until commit.
pub(super) async fn lock(conn: &mut PgConnection, domain: &str) -> Result<Option<Locked>> {
    sqlx::query_as(
        "select r.id, r.tenant_id, r.cloud_pod_id, p.name as pod_name, p.status as pod_status
           from domain_reservations r join cloud_pods p on p.id = r.cloud_pod_id
          where r.domain = $1 and r.released_at is null and p.status <> 'DELETED' for no key update",
    )
    .bind(domain)
    .fetch_optional(conn)
    .await
}

pub(super) async fn release(conn: &mut PgConnection, id: DomainReservationId, now: Time) -> Result<()> {
    sqlx::query("update domain_reservations set released_at = $2 where id = $1").bind(id).bind(now).execute(conn).await?;
    Ok(())
}

/// Ends the reservations of a domain and of names below it: somebody has proved to own it.
pub(in crate::domains) async fn release_proved(conn: &mut PgConnection, domain: &str, now: Time) -> Result<()> {
    sqlx::query(
        "update domain_reservations set released_at = $2
          where released_at is null and (domain = $1 or right(domain, length($1) + 1) = '.' || $1)",
    )
    .bind(domain)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// `range` is older than, newer than, and how many.
pub(super) async fn list(conn: &mut PgConnection, range: (Option<Uuid>, Option<Uuid>, i64), search: Option<&str>) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select page.id, page.domain, page.tenant_id, t.name as tenant_name, page.cloud_pod_id, page.pod_name, page.reserved_at from (
           (select r.*, p.name as pod_name from domain_reservations r join cloud_pods p on p.id = r.cloud_pod_id
             where $2::uuid is null and ($1::uuid is null or r.id < $1) and r.released_at is null and p.status <> 'DELETED'
               and ($4::text is null or strpos(r.domain, lower($4)) > 0) order by r.id desc limit $3)
           union all
           (select r.*, p.name as pod_name from domain_reservations r join cloud_pods p on p.id = r.cloud_pod_id
             where r.id > $2 and r.released_at is null and p.status <> 'DELETED'
               and ($4::text is null or strpos(r.domain, lower($4)) > 0) order by r.id asc limit $3)
         ) page join tenants t on t.id = page.tenant_id order by page.id desc",
    )
    .bind(range.0)
    .bind(range.1)
    .bind(range.2)
    .bind(search)
    .fetch_all(conn)
    .await
}
