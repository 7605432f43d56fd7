//! Statements of lists and pages. A tenant sees no servers, so it has statements of its own where they are joined.

use model::{
    Time,
    actor::Actor,
    hosting::cloudpods::{DesiredState, NetworkAccess, ObservedState, PodObservation, PodRow, PodStatus, Runtime, Stack},
    hosting::suspensions::{SuspensionReason, SuspensionView},
    ids::{CloudPodId, ServerId, SubscriptionId, TenantId},
};
use sqlx::{PgConnection, types::Json};

/// A row of a list.
#[derive(sqlx::FromRow)]
pub(super) struct PodRecord {
    id: CloudPodId,
    name: String,
    tenant_id: TenantId,
    tenant_name: String,
    server_id: Option<ServerId>,
    server_name: Option<String>,
    simulated: bool,
    status: PodStatus,
    observed_state: Option<ObservedState>,
    asleep_since: Option<Time>,
    stack: Stack,
    primary_domain: String,
    site_url: Option<String>,
    observed_at: Option<Time>,
    created_at: Time,
}

impl From<PodRecord> for PodRow {
    fn from(pod: PodRecord) -> Self {
        Self {
            id: pod.id,
            name: pod.name,
            tenant: pod.tenant_id,
            tenant_name: pod.tenant_name,
            server: pod.server_id,
            server_name: pod.server_name,
            simulated: pod.simulated,
            status: pod.status,
            observed_state: pod.observed_state,
            asleep_since: pod.asleep_since,
            stack: pod.stack,
            site_url: pod.site_url.unwrap_or_default(),
            domain: pod.primary_domain,
            observed_at: pod.observed_at,
            created_at: pod.created_at,
        }
    }
}

/// What a pod's page shows beside its row.
#[derive(sqlx::FromRow)]
pub(super) struct DetailRecord {
    pub(super) plan_code: String,
    pub(super) subscription_id: SubscriptionId,
    pub(super) cpu_millis: i32,
    pub(super) memory_mb: i32,
    pub(super) disk_mb: i32,
    pub(super) tasks: i32,
    pub(super) sleep_after_minutes: Option<i32>,
    pub(super) sleep_is_optional: bool,
    pub(super) max_sites: i32,
    pub(super) network: NetworkAccess,
    pub(super) site_title: Option<String>,
    pub(super) runtime: Option<Runtime>,
    pub(super) desired_state: DesiredState,
    pub(super) observed: Option<Json<PodObservation>>,
    pub(super) held_until: Option<Time>,
}

pub(super) async fn list(
    conn: &mut PgConnection,
    (before, after, limit): (Option<uuid::Uuid>, Option<uuid::Uuid>, i64),
    state: Option<PodStatus>,
    search: Option<&str>,
) -> Result<Vec<PodRecord>, sqlx::Error> {
    sqlx::query_as(
        "with page as (
           (select id from cloud_pods
             where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4)
               and ($5::text is null or position(lower($5) in lower(name)) > 0 or position(lower($5) in primary_domain) > 0)
             order by id desc limit $3)
           union all
           (select id from cloud_pods
             where id > $2 and ($4::text is null or status = $4)
               and ($5::text is null or position(lower($5) in lower(name)) > 0 or position(lower($5) in primary_domain) > 0)
             order by id limit $3))
         select p.id, p.name, p.tenant_id, t.name as tenant_name, p.server_id, s.name as server_name,
                coalesce(s.driver = 'SIMULATED', false) as simulated, p.status, p.observed_state,
                asleep_since(p.tenant_id, p.id), p.stack, p.primary_domain, p.site_url,
                p.observed_at, p.created_at
           from page join cloud_pods p using (id) join tenants t on t.id = p.tenant_id left join servers s on s.id = p.server_id
          order by p.id desc",
    )
    .bind(before)
    .bind(after)
    .bind(limit)
    .bind(state)
    .bind(search)
    .fetch_all(conn)
    .await
}

/// The same for a tenant, which shows no servers.
pub(super) async fn list_own(
    conn: &mut PgConnection,
    (before, after, limit): (Option<uuid::Uuid>, Option<uuid::Uuid>, i64),
    state: Option<PodStatus>,
    search: Option<&str>,
) -> Result<Vec<PodRecord>, sqlx::Error> {
    sqlx::query_as(
        "with page as (
           (select id from cloud_pods
             where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4)
               and ($5::text is null or position(lower($5) in lower(name)) > 0 or position(lower($5) in primary_domain) > 0)
             order by id desc limit $3)
           union all
           (select id from cloud_pods
             where id > $2 and ($4::text is null or status = $4)
               and ($5::text is null or position(lower($5) in lower(name)) > 0 or position(lower($5) in primary_domain) > 0)
             order by id limit $3))
         select p.id, p.name, p.tenant_id, t.name as tenant_name, null::uuid as server_id, null::text as server_name,
                false as simulated, p.status, p.observed_state,
                asleep_since(p.tenant_id, p.id), p.stack, p.primary_domain, p.site_url, p.observed_at, p.created_at
           from page join cloud_pods p using (id) join tenants t on t.id = p.tenant_id
          order by p.id desc",
    )
    .bind(before)
    .bind(after)
    .bind(limit)
    .bind(state)
    .bind(search)
    .fetch_all(conn)
    .await
}

pub(super) async fn row(conn: &mut PgConnection, pod: CloudPodId) -> Result<Option<PodRecord>, sqlx::Error> {
    sqlx::query_as(
        "select p.id, p.name, p.tenant_id, t.name as tenant_name, p.server_id, s.name as server_name,
                coalesce(s.driver = 'SIMULATED', false) as simulated, p.status, p.observed_state,
                asleep_since(p.tenant_id, p.id), p.stack, p.primary_domain, p.site_url,
                p.observed_at, p.created_at
           from cloud_pods p join tenants t on t.id = p.tenant_id left join servers s on s.id = p.server_id
          where p.id = $1",
    )
    .bind(pod)
    .fetch_optional(conn)
    .await
}

/// The same for a tenant.
pub(super) async fn own_row(conn: &mut PgConnection, pod: CloudPodId) -> Result<Option<PodRecord>, sqlx::Error> {
    sqlx::query_as(
        "select p.id, p.name, p.tenant_id, t.name as tenant_name, null::uuid as server_id, null::text as server_name,
                false as simulated, p.status, p.observed_state,
                asleep_since(p.tenant_id, p.id), p.stack, p.primary_domain, p.site_url, p.observed_at, p.created_at
           from cloud_pods p join tenants t on t.id = p.tenant_id
          where p.id = $1",
    )
    .bind(pod)
    .fetch_optional(conn)
    .await
}

/// Pods that stand on a server, newest first.
pub(super) async fn on_server(conn: &mut PgConnection, server: ServerId, limit: i64) -> Result<Vec<PodRecord>, sqlx::Error> {
    sqlx::query_as(
        "select p.id, p.name, p.tenant_id, t.name as tenant_name, p.server_id, s.name as server_name,
                s.driver = 'SIMULATED' as simulated, p.status, p.observed_state,
                asleep_since(p.tenant_id, p.id), p.stack, p.primary_domain, p.site_url, p.observed_at, p.created_at
           from cloud_pods p join tenants t on t.id = p.tenant_id join servers s on s.id = p.server_id
          where p.server_id = $1 and p.status <> 'DELETED' order by p.id desc limit $2",
    )
    .bind(server)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// Pods of a customer, newest first.
pub(super) async fn of_tenant(conn: &mut PgConnection, tenant: TenantId, limit: i64) -> Result<Vec<PodRecord>, sqlx::Error> {
    sqlx::query_as(
        "select p.id, p.name, p.tenant_id, t.name as tenant_name, p.server_id, s.name as server_name,
                coalesce(s.driver = 'SIMULATED', false) as simulated, p.status, p.observed_state,
                asleep_since(p.tenant_id, p.id), p.stack, p.primary_domain, p.site_url,
                p.observed_at, p.created_at
           from cloud_pods p join tenants t on t.id = p.tenant_id left join servers s on s.id = p.server_id
          where p.tenant_id = $1 order by p.id desc limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(conn)
    .await
}

pub(super) async fn detail(conn: &mut PgConnection, pod: CloudPodId) -> Result<DetailRecord, sqlx::Error> {
    sqlx::query_as(
        "select p.plan_code, p.subscription_id, q.cpu_millis, q.memory_mb, q.disk_mb, q.tasks, q.sleep_after_minutes, q.sleep_is_optional,
                q.max_sites, q.network, p.site_title, p.desired_state,
                p.observed, p.held_until,
                (select s.runtime_version from websites s where s.tenant_id = p.tenant_id and s.cloud_pod_id = p.id and s.status in ('CREATING', 'ACTIVE') order by s.created_at, s.id limit 1) as runtime
           from cloud_pods p join cloud_pod_quotas q on q.tenant_id = p.tenant_id and q.cloud_pod_id = p.id
          where p.id = $1",
    )
    .bind(pod)
    .fetch_one(conn)
    .await
}

/// A reason that is not lifted.
#[derive(sqlx::FromRow)]
pub(super) struct SuspensionRecord {
    reason: SuspensionReason,
    note: Option<String>,
    actor: Option<Json<Actor>>,
    created_at: Time,
}

impl From<SuspensionRecord> for SuspensionView {
    fn from(row: SuspensionRecord) -> Self {
        let note = row.note.filter(|note| !note.is_empty());
        Self { reason: row.reason, note, actor: row.actor.map(|actor| actor.0.to_string()), since: row.created_at }
    }
}

/// Why a pod is suspended.
pub(super) async fn suspensions(conn: &mut PgConnection, pod: CloudPodId) -> Result<Vec<SuspensionRecord>, sqlx::Error> {
    sqlx::query_as(
        "select reason, note, actor, created_at from pod_suspensions where cloud_pod_id = $1 and lifted_at is null order by created_at, id limit 10",
    )
    .bind(pod)
    .fetch_all(conn)
    .await
}

/// The same for a tenant: neither what staff noted nor who it was.
pub(super) async fn own_suspensions(conn: &mut PgConnection, pod: CloudPodId) -> Result<Vec<SuspensionRecord>, sqlx::Error> {
    sqlx::query_as(
        "select reason, null::text as note, null::jsonb as actor, created_at
           from pod_suspensions where cloud_pod_id = $1 and lifted_at is null order by created_at, id limit 10",
    )
    .bind(pod)
    .fetch_all(conn)
    .await
}
