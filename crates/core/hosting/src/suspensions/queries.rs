//! SQL of suspensions.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    actor::Actor,
    hosting::suspensions::SuspensionReason,
    ids::{CloudPodId, SuspensionId, TenantId},
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

#[allow(clippy::too_many_arguments, reason = "one for each column")]
pub(super) async fn insert(
    conn: &mut PgConnection,
    id: SuspensionId,
    tenant: TenantId,
    pod: CloudPodId,
    reason: SuspensionReason,
    note: &str,
    actor: &Actor,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query("insert into pod_suspensions (id, tenant_id, cloud_pod_id, reason, note, actor, created_at) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(id)
        .bind(tenant)
        .bind(pod)
        .bind(reason)
        .bind(note)
        .bind(Json(actor))
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether there was such a reason, given by this actor where one is named.
pub(super) async fn lift(
    conn: &mut PgConnection,
    pod: CloudPodId,
    reason: SuspensionReason,
    given_by: Option<&Actor>,
    actor: &Actor,
    at: Time,
) -> sqlx::Result<bool> {
    let lifted = sqlx::query(
        "update pod_suspensions set lifted_at = $3, lifted_by = $4
          where cloud_pod_id = $1 and reason = $2 and lifted_at is null and ($5::jsonb is null or actor = $5)",
    )
    .bind(pod)
    .bind(reason)
    .bind(at)
    .bind(Json(actor))
    .bind(given_by.map(Json))
    .execute(conn)
    .await?;
    Ok(lifted.rows_affected() > 0)
}

/// Whether the pod has such a reason.
pub(super) async fn has(conn: &mut PgConnection, pod: CloudPodId, reason: SuspensionReason) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from pod_suspensions where cloud_pod_id = $1 and reason = $2 and lifted_at is null)")
        .bind(pod)
        .bind(reason)
        .fetch_one(conn)
        .await
}

/// Reasons that are left.
pub(super) async fn count(conn: &mut PgConnection, pod: CloudPodId) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from pod_suspensions where cloud_pod_id = $1 and lifted_at is null").bind(pod).fetch_one(conn).await
}

pub(super) async fn billing_email(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<String> {
    sqlx::query_scalar("select billing_email from tenants where id = $1").bind(tenant).fetch_one(conn).await
}

pub(super) async fn slug(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<String> {
    sqlx::query_scalar("select slug from tenants where id = $1").bind(tenant).fetch_one(conn).await
}

/// Suspended accounts, a page of them.
pub(super) async fn suspended_accounts(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from tenants where status = 'SUSPENDED' and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}
