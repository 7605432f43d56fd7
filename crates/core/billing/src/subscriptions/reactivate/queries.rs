//! SQL of reactivations.

use model::{
    Time,
    ids::{SubscriptionId, TenantId},
};
use sqlx::PgConnection;

/// Whether this moment is covered by a paid invoice for the period that lasts until then: one that was not credited whole, of which nothing was
/// credited since the end of the subscription, and that the bank has not taken back. Not where another one for it is unpaid.
pub(super) async fn is_paid_for(conn: &mut PgConnection, subscription: SubscriptionId, at: Time, ended: Time, until: Time) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "with covering as (
           select i.tenant_id, i.id, i.status, i.net + (select coalesce(sum(c.net), 0) from invoices c where c.corrects_id = i.id) as left_net
             from invoices i
            where i.subscription_id = $1 and i.kind = 'INVOICE'
              and exists (select from invoice_lines l
                           where l.tenant_id = i.tenant_id and l.invoice_id = i.id and l.net > 0 and l.period_start <= $2 and l.period_end = $4))
         select exists (select from covering where status = 'PAID' and left_net > 0)
            and not exists (select from covering where status in ('OPEN', 'WRITTEN_OFF'))
            and not exists (select from covering i join invoices c on c.corrects_id = i.id where c.issued_at >= $3)
            and not exists (select from covering i
                              join payments p on p.tenant_id = i.tenant_id and p.invoice_id = i.id
                              join disputes d on d.tenant_id = p.tenant_id and d.payment_id = p.id and d.status <> 'WON')",
    )
    .bind(subscription)
    .bind(at)
    .bind(ended)
    .bind(until)
    .fetch_one(conn)
    .await
}

pub(super) async fn is_account_suspended(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select status = 'SUSPENDED' from tenants where id = $1").bind(tenant).fetch_one(conn).await
}
