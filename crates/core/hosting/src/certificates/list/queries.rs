//! Statements of lists and pages.

use model::{
    Time,
    hosting::certificates::{CertificateRow, CertificateState, CertificateStatus, Hsts, Verification},
    ids::{CertificateId, CloudPodId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// A row of the list.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: CertificateId,
    tenant_id: TenantId,
    tenant_name: String,
    cloud_pod_id: CloudPodId,
    pod_name: String,
    #[sqlx(flatten)]
    state: CertificateState,
    is_redirecting: bool,
    hsts_seconds: Option<i32>,
    is_own: bool,
    is_platform: bool,
    wildcards: Vec<String>,
    csr: Option<String>,
    csr_at: Option<Time>,
    verification: Option<Verification>,
    owner_can_fix: bool,
    created_at: Time,
}

impl From<Row> for CertificateRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            tenant: row.tenant_id,
            tenant_name: row.tenant_name,
            cloud_pod: row.cloud_pod_id,
            pod_name: row.pod_name,
            state: row.state,
            verification: row.verification,
            is_redirecting: row.is_redirecting,
            hsts: row.hsts_seconds.map(Hsts::of_seconds),
            is_own: row.is_own,
            is_platform: row.is_platform,
            wildcards: row.wildcards,
            wildcard_choices: Vec::new(),
            csr: row.csr,
            csr_at: row.csr_at,
            owner_can_fix: row.owner_can_fix,
            created_at: row.created_at,
        }
    }
}

/// `range` is older than, newer than, and how many.
pub(super) async fn list(
    conn: &mut PgConnection,
    range: (Option<Uuid>, Option<Uuid>, i64),
    state: Option<CertificateStatus>,
    search: Option<&str>,
    now: Time,
) -> Result<Vec<Row>> {
    sqlx::query_as(
        "with seen as (
           select c.id, c.tenant_id, c.cloud_pod_id, c.names, c.covers, c.issuer, c.fingerprint, c.not_after, c.issued_at, c.verified_at,
                  c.is_redirecting, c.hsts_seconds, c.not_after is not null and c.authority is null as is_own, c.is_platform, c.wildcards, c.last_try_at, c.failures, c.failure,
                  c.remedy, c.owner_can_fix, null::text as csr, c.csr_at, certificate_verification(c.authority, c.by_dns) as verification, c.created_at,
                certificate_next_try(c.failure, c.next_try_at, c.renew_at) as next_try_at,
                  certificate_status(c.not_after, c.failure, $6) as status
             from ssl_certificates c)
         select page.*, t.name as tenant_name, p.name as pod_name from (
           (select * from seen where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4)
               and ($5::text is null or exists (select from unnest(names) as name where strpos(name, lower($5)) > 0)) order by id desc limit $3)
           union all
           (select * from seen where id > $2 and ($4::text is null or status = $4)
               and ($5::text is null or exists (select from unnest(names) as name where strpos(name, lower($5)) > 0)) order by id asc limit $3)
         ) page join tenants t on t.id = page.tenant_id join cloud_pods p on p.tenant_id = page.tenant_id and p.id = page.cloud_pod_id
         order by page.id desc",
    )
    .bind(range.0)
    .bind(range.1)
    .bind(range.2)
    .bind(state)
    .bind(search)
    .bind(now)
    .fetch_all(conn)
    .await
}

pub(super) async fn get(conn: &mut PgConnection, id: CertificateId, now: Time) -> Result<Option<Row>> {
    sqlx::query_as(
        "select t.name as tenant_name, p.name as pod_name,
                c.id, c.tenant_id, c.cloud_pod_id, c.names, c.covers, c.issuer, c.fingerprint, c.not_after, c.issued_at, c.verified_at,
                c.is_redirecting, c.hsts_seconds, c.not_after is not null and c.authority is null as is_own, c.is_platform, c.wildcards, c.last_try_at, c.failures, c.failure,
                c.remedy, c.owner_can_fix, c.csr, c.csr_at, certificate_verification(c.authority, c.by_dns) as verification, c.created_at,
                certificate_next_try(c.failure, c.next_try_at, c.renew_at) as next_try_at,
                certificate_status(c.not_after, c.failure, $2) as status
           from ssl_certificates c join tenants t on t.id = c.tenant_id join cloud_pods p on p.tenant_id = c.tenant_id and p.id = c.cloud_pod_id
          where c.id = $1",
    )
    .bind(id)
    .bind(now)
    .fetch_optional(conn)
    .await
}

/// Those of a pod's sites, the first site first.
pub(super) async fn of_pod(conn: &mut PgConnection, pod: CloudPodId, now: Time) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select t.name as tenant_name, p.name as pod_name,
                c.id, c.tenant_id, c.cloud_pod_id, c.names, c.covers, c.issuer, c.fingerprint, c.not_after, c.issued_at, c.verified_at,
                c.is_redirecting, c.hsts_seconds, c.not_after is not null and c.authority is null as is_own, c.is_platform, c.wildcards, c.last_try_at, c.failures, c.failure,
                c.remedy, c.owner_can_fix, null::text as csr, c.csr_at, certificate_verification(c.authority, c.by_dns) as verification, c.created_at,
                certificate_next_try(c.failure, c.next_try_at, c.renew_at) as next_try_at,
                certificate_status(c.not_after, c.failure, $2) as status
           from ssl_certificates c join tenants t on t.id = c.tenant_id join cloud_pods p on p.tenant_id = c.tenant_id and p.id = c.cloud_pod_id
          where c.cloud_pod_id = $1 order by c.created_at, c.id limit 100",
    )
    .bind(pod)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// Whether the caller can see this pod.
pub(super) async fn has_pod(conn: &mut PgConnection, pod: CloudPodId) -> Result<bool> {
    sqlx::query_scalar("select exists (select from cloud_pods where id = $1)").bind(pod).fetch_one(conn).await
}
