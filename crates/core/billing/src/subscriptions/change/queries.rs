//! SQL of changes of plan.

use super::AgreedChange;
use crate::subscriptions::queries::Plan;
use model::{
    Time,
    ids::{InvoiceId, SubscriptionId},
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

/// A change that is being paid for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Pending {
    pub id: Uuid,
    pub invoice_id: InvoiceId,
    pub agreed: Json<AgreedChange>,
    pub created_at: Time,
}

/// Stores a change: pending while its invoice is being paid, applied where there is none.
pub(in crate::subscriptions) async fn insert(
    conn: &mut PgConnection,
    plan: &Plan,
    agreed: &AgreedChange,
    invoice: Option<InvoiceId>,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into subscription_changes (id, tenant_id, subscription_id, invoice_id, status, agreed, created_at, settled_at)
         values ($1, $2, $3, $4, case when $4::uuid is null then 'APPLIED' else 'PENDING' end, $5, $6, case when $4::uuid is null then $6::timestamptz end)",
    )
    .bind(Uuid::now_v7())
    .bind(plan.tenant_id)
    .bind(plan.id)
    .bind(invoice)
    .bind(Json(agreed))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn pending(conn: &mut PgConnection, subscription: SubscriptionId) -> sqlx::Result<Option<Pending>> {
    sqlx::query_as("select id, invoice_id, agreed, created_at from subscription_changes where subscription_id = $1 and status = 'PENDING'")
        .bind(subscription)
        .fetch_optional(conn)
        .await
}

/// How many changes of a subscription have failed since then.
pub(super) async fn failed_since(conn: &mut PgConnection, subscription: SubscriptionId, since: Time) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from subscription_changes where subscription_id = $1 and status = 'FAILED' and settled_at > $2")
        .bind(subscription)
        .bind(since)
        .fetch_one(conn)
        .await
}

/// Ends a change: applied, or failed for this reason.
pub(super) async fn settle(conn: &mut PgConnection, id: Uuid, reason: Option<&str>, at: Time) -> sqlx::Result<()> {
    sqlx::query(
        "update subscription_changes set status = case when $2::text is null then 'APPLIED' else 'FAILED' end, reason = $2, settled_at = $3
          where id = $1",
    )
    .bind(id)
    .bind(reason)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// When the last change of a subscription was made, or given up.
pub(in crate::subscriptions) async fn last_change(conn: &mut PgConnection, subscription: SubscriptionId) -> sqlx::Result<Option<Time>> {
    sqlx::query_scalar("select max(coalesce(settled_at, created_at)) from subscription_changes where subscription_id = $1")
        .bind(subscription)
        .fetch_one(conn)
        .await
}

/// Stores a change that is made when the next period begins.
pub(super) async fn insert_scheduled(conn: &mut PgConnection, plan: &Plan, agreed: &AgreedChange, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into subscription_changes (id, tenant_id, subscription_id, status, agreed, created_at) values ($1, $2, $3, 'SCHEDULED', $4, $5)",
    )
    .bind(Uuid::now_v7())
    .bind(plan.tenant_id)
    .bind(plan.id)
    .bind(Json(agreed))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn scheduled(conn: &mut PgConnection, plan: SubscriptionId) -> sqlx::Result<Option<(Uuid, Json<AgreedChange>)>> {
    sqlx::query_as("select id, agreed from subscription_changes where subscription_id = $1 and status = 'SCHEDULED'")
        .bind(plan)
        .fetch_optional(conn)
        .await
}

/// What further pods of a subscription are made like.
#[derive(sqlx::FromRow)]
pub(super) struct FirstPod {
    pub site_title: String,
    pub region: String,
    pub admin_email: String,
}

pub(super) async fn first_pod(conn: &mut PgConnection, plan: SubscriptionId) -> sqlx::Result<FirstPod> {
    sqlx::query_as(
        "select coalesce(c.site_title, '') as site_title, coalesce(c.region, 'any') as region, t.billing_email as admin_email
           from subscriptions s join tenants t on t.id = s.tenant_id
           left join lateral (select site_title, region from cloud_pods c
                               where c.tenant_id = s.tenant_id and c.subscription_id = s.id and c.status <> 'DELETED' order by c.id limit 1) c on true
          where s.id = $1",
    )
    .bind(plan)
    .fetch_one(conn)
    .await
}

/// Whether there was one.
pub(super) async fn drop_scheduled(conn: &mut PgConnection, plan: SubscriptionId, now: Time) -> sqlx::Result<bool> {
    let done = sqlx::query("update subscription_changes set status = 'DROPPED', settled_at = $2 where subscription_id = $1 and status = 'SCHEDULED'")
        .bind(plan)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}
