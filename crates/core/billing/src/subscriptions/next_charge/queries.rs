//! SQL of the next charge.

use crate::subscriptions::queries::Plan;
use model::ids::TenantId;
use sqlx::PgConnection;

/// The plans of an account whose next period is still to be invoiced: nothing of them is overdue, and they do not end before it.
pub(super) async fn plans_to_invoice(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<Plan>> {
    sqlx::query_as(
        "select s.id, s.tenant_id, coalesce((select r.name from domain_registrations r where r.subscription_id = s.id), p.name) as product_name,
                p.type as kind, s.status, s.billing_cycle, s.quantity, s.currency, s.anchor, s.period, s.period_start,
                s.renews_at, s.cancel_at, s.suspended_at
           from subscriptions s join products p on p.id = s.product_id
          where s.tenant_id = $1 and s.parent_id is null and s.status in ('TRIALING', 'ACTIVE')
            and (s.cancel_at is null or s.cancel_at > s.renews_at)
            and not exists (select from invoices i where i.subscription_id = s.id and i.period_start = s.renews_at and i.status <> 'VOID')
          order by s.renews_at, s.id limit 1000",
    )
    .bind(tenant)
    .fetch_all(conn)
    .await
}
