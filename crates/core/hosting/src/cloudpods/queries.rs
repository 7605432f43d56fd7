//! Statements of orders, jobs and reconcilers.

pub(super) use super::facts::{DatabaseFacts, PodFacts, ServerFacts, SiteFacts};
use super::spec::Parts;
use engine::secrets::{SealedRow, SealedTable};
use model::{
    Time,
    hosting::cloudpods::{DesiredState, Limits, ObservedState, PodObservation, PodStatus, Runtime, Stack},
    ids::{CloudPodId, ServerId, SubscriptionId, TenantId},
};
use sqlx::{PgConnection, types::Json};

/// A pod with all that its jobs need, secrets still sealed.
pub(super) async fn facts(conn: &mut PgConnection, pod: CloudPodId) -> Result<Option<PodFacts>, sqlx::Error> {
    sqlx::query_as(
        "select p.id, p.tenant_id, p.subscription_id, p.server_id, p.name, p.status, p.desired_state, p.region, p.primary_domain, p.stack,
                p.site_title, p.sealed_secrets, p.held_until, p.moving_to, p.drift_policy, q.cpu_millis, q.memory_mb, q.disk_mb, q.tasks, q.is_applied,
                q.sleep_after_minutes, q.sleep_is_optional, q.max_sites, q.network,
                p.names_pending, p.uid,
                (select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name, 'title', s.title, 'stack', s.stack, 'status', s.status, 'database', d.name,
                          'preview_of', s.preview_of,
                          'config', case when s.is_changing then s.next_config else s.config end
                            || coalesce((select jsonb_build_object('stopped', true) from websites m
                                          where m.tenant_id = s.tenant_id and m.id = s.preview_of
                                            and ((case when m.is_changing then m.next_config else m.config end) ->> 'stopped')::boolean), '{}'),
                          'environment', (select encode(e.sealed, 'hex') from site_environments e
                            where e.tenant_id = s.tenant_id and e.website_id = s.id
                              and e.id::text = (case when s.is_changing then s.next_config else s.config end) #>> '{environment,set}'),
                          'runtime_version', case when s.is_changing then coalesce(s.next_config ->> 'runtime', s.runtime_version) else s.runtime_version end,
                          'runtime', case when s.is_changing and s.next_config ->> 'runtime' is not null then s.next_runtime else s.runtime end, 'source', s.source, 'certificate',
                          (select jsonb_build_object('id', c.id, 'redirect', c.is_redirecting and redirects(c),
                                    'hsts', case when c.is_redirecting and redirects(c) then c.hsts_seconds end,
                                    'chain', case when c.is_installing then c.next_chain else c.chain end,
                                    'key', encode(case when c.is_installing then c.next_sealed_key else c.sealed_key end, 'hex'),
                                    'also_chain', case when c.is_installing then c.next_also_chain else c.also_chain end,
                                    'also_key', encode(case when c.is_installing then c.next_also_sealed_key else c.also_sealed_key end, 'hex'))
                             from ssl_certificates c
                            where c.tenant_id = s.tenant_id and c.website_id = s.id and (c.is_installing or c.chain is not null)), 'domains',
                          (select coalesce(jsonb_agg(sd.domain order by sd.position), '[]') from site_domains sd
                            where sd.tenant_id = s.tenant_id and sd.website_id = s.id and sd.released_at is null)) order by s.created_at, s.id), '[]')
                   from websites s left join databases d on d.tenant_id = s.tenant_id and d.id = s.database_id
                  where s.tenant_id = p.tenant_id and s.cloud_pod_id = p.id and s.status in ('CREATING', 'ACTIVE')) as sites,
                (select coalesce(jsonb_agg(jsonb_build_object('name', d.name, 'user', u.name) order by d.created_at, d.id), '[]')
                   from databases d join db_users u on u.tenant_id = d.tenant_id and u.database_id = d.id
                  where d.tenant_id = p.tenant_id and d.cloud_pod_id = p.id and d.removed_at is null
                    and not exists (select from websites s where s.tenant_id = d.tenant_id and s.database_id = d.id
                                                            and s.status not in ('CREATING', 'ACTIVE'))) as databases
           from cloud_pods p join cloud_pod_quotas q on q.tenant_id = p.tenant_id and q.cloud_pod_id = p.id
          where p.id = $1",
    )
    .bind(pod)
    .fetch_optional(conn)
    .await
}

/// Locks the pod's row against every other change until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, pod: CloudPodId) -> Result<(), sqlx::Error> {
    sqlx::query("select from cloud_pods where id = $1 for no key update").bind(pod).execute(conn).await?;
    Ok(())
}

pub(super) async fn server(conn: &mut PgConnection, server: ServerId) -> Result<ServerFacts, sqlx::Error> {
    sqlx::query_as("select id, name, status, driver, address, site_address, host_key from servers where id = $1").bind(server).fetch_one(conn).await
}

/// One request at a time chooses this name, until its transaction ends.
pub(super) async fn lock_name(conn: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('cloud_pod:' || $1, 0))").bind(name).execute(conn).await?;
    Ok(())
}

/// Whether a pod has, or ever had, this name: what was written about an old pod must not read as a new one's.
pub(super) async fn name_taken(conn: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from cloud_pods where name = $1)").bind(name).fetch_one(conn).await
}

/// Secrets of pods.
pub(super) struct SealedPods;

impl SealedTable for SealedPods {
    type Key = CloudPodId;

    async fn rows(conn: &mut PgConnection, after: Option<CloudPodId>) -> Result<Vec<SealedRow<CloudPodId>>, sqlx::Error> {
        sqlx::query_as(
            "select id, array[sealed_secrets] from cloud_pods where ($1::uuid is null or id > $1) and sealed_secrets is not null
              order by id limit 500 for update",
        )
        .bind(after)
        .fetch_all(conn)
        .await
    }

    async fn store(conn: &mut PgConnection, pod: &CloudPodId, sealed: &[Option<Vec<u8>>]) -> Result<(), sqlx::Error> {
        sqlx::query("update cloud_pods set sealed_secrets = ($2::bytea[])[1] where id = $1").bind(pod).bind(sealed).execute(conn).await?;
        Ok(())
    }
}

/// A pod that is ordered.
pub(super) struct Order<'a> {
    pub(super) id: CloudPodId,
    pub(super) tenant: TenantId,
    pub(super) subscription: SubscriptionId,
    pub(super) name: &'a str,
    pub(super) plan_code: &'a str,
    pub(super) region: &'a str,
    pub(super) domain: &'a str,
    pub(super) stack: Stack,
    pub(super) runtime: Option<Runtime>,
    pub(super) site_title: &'a str,
    pub(super) site_url: &'a str,
    pub(super) sealed_secrets: &'a [u8],
    pub(super) created_at: Time,
}

pub(super) async fn insert(conn: &mut PgConnection, pod: &Order<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into cloud_pods (id, tenant_id, subscription_id, name, plan_code, status, region, primary_domain, stack, site_title,
                                 site_url, sealed_secrets, created_at)
         values ($1, $2, $3, $4, $5, 'REQUESTED', $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(pod.id)
    .bind(pod.tenant)
    .bind(pod.subscription)
    .bind(pod.name)
    .bind(pod.plan_code)
    .bind(pod.region)
    .bind(pod.domain)
    .bind(pod.stack)
    .bind(pod.site_title)
    .bind(pod.site_url)
    .bind(pod.sealed_secrets)
    .bind(pod.created_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The pod's database and its only user; answers with the database's id.
pub(super) async fn insert_database(
    conn: &mut PgConnection,
    tenant: TenantId,
    pod: CloudPodId,
    name: &str,
    at: Time,
) -> Result<uuid::Uuid, sqlx::Error> {
    let (database, user) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
    sqlx::query(
        "with made as (insert into databases (id, tenant_id, cloud_pod_id, name, created_at) values ($1, $3, $4, $5, $6))
         insert into db_users (id, tenant_id, database_id, name, created_at) values ($2, $3, $1, $5, $6)",
    )
    .bind(database)
    .bind(user)
    .bind(tenant)
    .bind(pod)
    .bind(name)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(database)
}

/// The site of a pod that is ordered, with its name.
pub(super) async fn insert_site(conn: &mut PgConnection, pod: &Order<'_>, name: &str, database: Option<uuid::Uuid>) -> Result<(), sqlx::Error> {
    let site = uuid::Uuid::now_v7();
    sqlx::query(
        "insert into websites (id, tenant_id, cloud_pod_id, name, stack, runtime_version, database_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(site)
    .bind(pod.tenant)
    .bind(pod.id)
    .bind(name)
    .bind(pod.stack)
    .bind(pod.runtime)
    .bind(database)
    .bind(pod.created_at)
    .execute(&mut *conn)
    .await?;
    sqlx::query("insert into site_domains (id, tenant_id, website_id, domain, position, created_at) values ($1, $2, $3, $4, 0, $5)")
        .bind(uuid::Uuid::now_v7())
        .bind(pod.tenant)
        .bind(site)
        .bind(pod.domain)
        .bind(pod.created_at)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn insert_quota(conn: &mut PgConnection, tenant: TenantId, pod: CloudPodId, limits: Limits) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into cloud_pod_quotas (tenant_id, cloud_pod_id, cpu_millis, memory_mb, disk_mb, tasks, sleep_after_minutes, sleep_is_optional,
                                       max_sites, network)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tenant)
    .bind(pod)
    .bind(limits.cpu_millis)
    .bind(limits.memory_mb)
    .bind(limits.disk_mb)
    .bind(limits.tasks)
    .bind(limits.sleep.map(|rule| rule.after_minutes))
    .bind(limits.sleep.is_some_and(|rule| rule.is_optional))
    .bind(limits.sites)
    .bind(limits.network)
    .execute(conn)
    .await?;
    Ok(())
}

/// How far the pod is, and what it should be.
pub(super) async fn set_status_and_desired(
    conn: &mut PgConnection,
    pod: CloudPodId,
    status: PodStatus,
    desired: DesiredState,
) -> Result<(), sqlx::Error> {
    sqlx::query("update cloud_pods set status = $2, desired_state = $3 where id = $1").bind(pod).bind(status).bind(desired).execute(conn).await?;
    Ok(())
}

/// How far the pod is; what it should be stays.
pub(super) async fn set_status(conn: &mut PgConnection, pod: CloudPodId, status: PodStatus) -> Result<(), sqlx::Error> {
    sqlx::query("update cloud_pods set status = $2 where id = $1").bind(pod).bind(status).execute(conn).await?;
    Ok(())
}

/// What the pod should be; how far it is stays.
pub(super) async fn set_desired_state(conn: &mut PgConnection, pod: CloudPodId, desired: DesiredState) -> Result<(), sqlx::Error> {
    sqlx::query("update cloud_pods set desired_state = $2 where id = $1").bind(pod).bind(desired).execute(conn).await?;
    Ok(())
}

/// It was seen to be closed. Answers whether that is news.
pub(super) async fn set_suspended(conn: &mut PgConnection, pod: CloudPodId, at: Time) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "update cloud_pods set status = 'SUSPENDED', observed_state = 'SUSPENDED', observed_at = $2 where id = $1 and status = 'SUSPENDING'",
    )
    .bind(pod)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// It was seen to respond again. Answers whether that is news.
pub(super) async fn set_unsuspended(conn: &mut PgConnection, pod: CloudPodId, observed: &PodObservation, at: Time) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "update cloud_pods set status = 'RUNNING', observed_state = 'RUNNING', observed = $2, observed_at = $3 where id = $1 and status = 'UNSUSPENDING'",
    )
    .bind(pod)
    .bind(Json(observed))
    .bind(at)
    .execute(conn)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// What the pod's sites run on, once they were made with it.
pub(super) async fn set_parts(conn: &mut PgConnection, pod: CloudPodId, parts: &Parts) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update websites s
            set runtime = case when s.is_changing and s.next_config ->> 'runtime' is not null then s.runtime else part.runtime end,
                next_runtime = case when s.is_changing and s.next_config ->> 'runtime' is not null then part.runtime else s.next_runtime end,
                source = part.app
           from jsonb_to_recordset($2) as part (site uuid, runtime jsonb, app jsonb)
          where s.cloud_pod_id = $1 and s.status <> 'DELETED' and (part.site = s.id or part.site is null)",
    )
    .bind(pod)
    .bind(Json(parts.rows()))
    .execute(conn)
    .await?;
    Ok(())
}

/// Its page has answered.
/// Answers what the pod was before.
pub(super) async fn set_running(
    conn: &mut PgConnection,
    pod: CloudPodId,
    observed: &PodObservation,
    at: Time,
) -> Result<Option<PodStatus>, sqlx::Error> {
    sqlx::query_scalar(
        "with before as (select id, status from cloud_pods where id = $1 for no key update)
         update cloud_pods pod
            set status = 'RUNNING', held_until = null, observed = $2, observed_at = $3, observed_state = 'RUNNING'
           from before where pod.id = before.id returning before.status",
    )
    .bind(pod)
    .bind(Json(observed))
    .bind(at)
    .fetch_optional(conn)
    .await
}

/// It was seen to be offline.
pub(super) async fn set_held(conn: &mut PgConnection, pod: CloudPodId, until: Time, at: Time) -> Result<(), sqlx::Error> {
    sqlx::query("update cloud_pods set status = 'HELD', held_until = $2, observed_state = 'HELD', observed_at = $3 where id = $1")
        .bind(pod)
        .bind(until)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Its deletion was taken back: what it is again, and what was seen of it.
pub(super) async fn set_back(
    conn: &mut PgConnection,
    pod: CloudPodId,
    (status, desired): (PodStatus, DesiredState),
    seen: Option<(ObservedState, Option<&PodObservation>)>,
    at: Time,
) -> Result<(), sqlx::Error> {
    let (state, observed) = seen.map_or((None, None), |(state, observed)| (Some(state), observed));
    sqlx::query(
        "update cloud_pods
            set status = $2, desired_state = $3, held_until = null, observed_state = $4, observed = coalesce($5, observed),
                observed_at = case when $4::text is null then observed_at else $6 end
          where id = $1",
    )
    .bind(pod)
    .bind(status)
    .bind(desired)
    .bind(state)
    .bind(observed.map(Json))
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a reason to suspend the pod is left.
pub(super) async fn has_suspension(conn: &mut PgConnection, pod: CloudPodId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from pod_suspensions where cloud_pod_id = $1 and lifted_at is null)").bind(pod).fetch_one(conn).await
}

pub(super) async fn set_deleted(conn: &mut PgConnection, pod: CloudPodId, at: Time) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with released as (update site_domains d set released_at = $2 from websites s
                            where s.cloud_pod_id = $1 and d.tenant_id = s.tenant_id and d.website_id = s.id and d.released_at is null),
              variables as (delete from site_environments e using websites s
                             where s.cloud_pod_id = $1 and e.tenant_id = s.tenant_id and e.website_id = s.id),
              runs as (delete from site_job_runs r using websites s where s.cloud_pod_id = $1 and r.tenant_id = s.tenant_id and r.website_id = s.id)
         update cloud_pods
            set status = 'DELETED', desired_state = 'ABSENT', observed_state = 'ABSENT', observed_at = $2, deleted_at = $2, held_until = null, sealed_secrets = null
          where id = $1",
    )
    .bind(pod)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many pods a subscription has ever had, and how many of them are not deleted.
pub(super) async fn count_of_subscription(conn: &mut PgConnection, subscription: SubscriptionId) -> Result<(i64, i64, i64), sqlx::Error> {
    sqlx::query_as(
        "select count(*), count(*) filter (where status <> 'DELETED'), count(*) filter (where status not in ('DELETED', 'HELD', 'DELETING', 'FAILED'))
           from cloud_pods where subscription_id = $1",
    )
    .bind(subscription)
    .fetch_one(conn)
    .await
}

/// The pods of a subscription that are not deleted, locked.
pub(super) async fn lock_of_subscription(
    conn: &mut PgConnection,
    subscription: SubscriptionId,
) -> Result<Vec<(CloudPodId, TenantId, String, PodStatus)>, sqlx::Error> {
    sqlx::query_as(
        "select id, tenant_id, name, status from cloud_pods
          where subscription_id = $1 and status <> 'DELETED' order by id limit 1000 for no key update",
    )
    .bind(subscription)
    .fetch_all(conn)
    .await
}

/// The pods of a subscription that are not deleted, as they are: id, name, status, and until when their data is kept.
pub(super) async fn left_of_subscription(
    conn: &mut PgConnection,
    subscription: SubscriptionId,
) -> Result<Vec<(CloudPodId, String, PodStatus, Option<Time>)>, sqlx::Error> {
    sqlx::query_as("select id, name, status, held_until from cloud_pods where subscription_id = $1 and status <> 'DELETED' order by id limit 1000")
        .bind(subscription)
        .fetch_all(conn)
        .await
}

/// Until when all pods of a subscription that are offline with their data are kept.
pub(super) async fn held_until(conn: &mut PgConnection, subscription: SubscriptionId, now: Time) -> Result<Option<Time>, sqlx::Error> {
    sqlx::query_scalar("select min(held_until) from cloud_pods where subscription_id = $1 and status = 'HELD' and held_until > $2")
        .bind(subscription)
        .bind(now)
        .fetch_one(conn)
        .await
}

/// Keeps the data of pods that are kept at this moment at least until then.
pub(super) async fn keep_held(conn: &mut PgConnection, subscription: SubscriptionId, until: Time, now: Time) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update cloud_pods set held_until = $2
          where subscription_id = $1 and status = 'HELD' and held_until > $3 and held_until < $2",
    )
    .bind(subscription)
    .bind(until)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The pods of an account that are not deleted, locked.
pub(super) async fn lock_of_tenant(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<(CloudPodId, TenantId, String, PodStatus)>, sqlx::Error> {
    sqlx::query_as(
        "select id, tenant_id, name, status from cloud_pods
          where tenant_id = $1 and status <> 'DELETED' order by id limit 5000 for no key update",
    )
    .bind(tenant)
    .fetch_all(conn)
    .await
}
