//! SQL of one mismatch in full.

use super::super::queries::Row;
use model::{
    Time,
    hosting::cloudpods::PodObservation,
    ids::{CloudPodId, MismatchId},
};
use sqlx::{PgConnection, types::Json};

/// A mismatch that holds, as in the list.
pub(super) async fn one(conn: &mut PgConnection, id: MismatchId, now: Time) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        "select m.id, m.kind, m.subject, m.message, m.tenant_id, t.name as tenant_name, m.cloud_pod_id, m.subscription_id, m.invoice_id,
                s.status as subscription_status,
                exists (select from cloud_pods c where c.id = m.cloud_pod_id and c.status = 'RUNNING' and c.stack <> 'STATIC') as is_online,
                case when job.status in ('undone', 'stuck') then job.id end as failed_job,
                coalesce(job.status in ('queued', 'running', 'unwinding'), false) as is_busy,
                m.amount, m.currency, m.billing_cycle, m.since, m.found_at,
                case when m.accepted_until > $2 then m.accepted_until end as accepted_until,
                case when m.accepted_until > $2 then m.accepted_reason end as accepted_reason
           from mismatches m
           left join tenants t on t.id = m.tenant_id
           left join subscriptions s on s.tenant_id = m.tenant_id and s.id = m.subscription_id
           left join lateral (select j.id, j.status from jobs j
                               where j.subject_kind = 'cloud_pod' and j.subject_id = m.cloud_pod_id order by j.id desc limit 1) job on true
          where m.id = $1 and m.cleared_at is null and m.confirmed_at is not null",
    )
    .bind(id)
    .bind(now)
    .fetch_optional(conn)
    .await
}

/// When a mismatch was last found to hold, and what its payment was taken for.
pub(super) async fn checked(conn: &mut PgConnection, id: MismatchId) -> sqlx::Result<(Time, Option<String>)> {
    sqlx::query_as("select checked_at, purpose from mismatches where id = $1").bind(id).fetch_one(conn).await
}

/// Where a CloudPod is, and what was last measured of it.
#[derive(sqlx::FromRow)]
pub(super) struct Place {
    pub server_name: Option<String>,
    pub observed: Option<Json<PodObservation>>,
}

pub(super) async fn place(conn: &mut PgConnection, pod: CloudPodId) -> sqlx::Result<Place> {
    sqlx::query_as("select v.name as server_name, c.observed from cloud_pods c left join servers v on v.id = c.server_id where c.id = $1")
        .bind(pod)
        .fetch_one(conn)
        .await
}
