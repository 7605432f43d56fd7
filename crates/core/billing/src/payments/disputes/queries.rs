//! SQL of disputes.

use adapters::payments::Dispute;
use model::{
    Time,
    billing::payments::DisputeStatus,
    ids::{DisputeId, InvoiceId, PaymentId, TenantId},
    money::Currency,
};
use sqlx::PgConnection;

/// The payment that is disputed.
#[derive(sqlx::FromRow)]
pub(super) struct DisputedPayment {
    pub id: PaymentId,
    pub tenant_id: TenantId,
    pub invoice_id: InvoiceId,
    pub invoice_number: String,
}

pub(super) async fn disputed_payment(conn: &mut PgConnection, provider: &str, payment_ref: &str) -> sqlx::Result<Option<DisputedPayment>> {
    sqlx::query_as(
        "select p.id, p.tenant_id, p.invoice_id, i.number as invoice_number
           from payments p join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id where p.provider = $1 and p.provider_ref = $2",
    )
    .bind(provider)
    .bind(payment_ref)
    .fetch_optional(conn)
    .await
}

/// What was paid.
pub(super) async fn amount(conn: &mut PgConnection, payment: PaymentId) -> sqlx::Result<(i64, Currency)> {
    sqlx::query_as("select amount, currency from payments where id = $1").bind(payment).fetch_one(conn).await
}

pub(super) async fn dispute_status(conn: &mut PgConnection, provider: &str, provider_ref: &str) -> sqlx::Result<Option<DisputeStatus>> {
    sqlx::query_scalar("select status from disputes where provider = $1 and provider_ref = $2 for update")
        .bind(provider)
        .bind(provider_ref)
        .fetch_optional(conn)
        .await
}

/// Stores a dispute as it is now; one that was decided stays so.
pub(super) async fn upsert_dispute(
    conn: &mut PgConnection,
    id: DisputeId,
    payment: &DisputedPayment,
    provider: &str,
    dispute: &Dispute,
    respond_by: Option<Time>,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into disputes (id, tenant_id, payment_id, provider, provider_ref, amount, currency, reason, status, respond_by, created_at, settled_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when $9 <> 'OPEN' then $11::timestamptz end)
         on conflict (provider, provider_ref) do update set status = excluded.status, amount = excluded.amount, reason = excluded.reason,
           respond_by = excluded.respond_by, settled_at = excluded.settled_at
           where disputes.status = 'OPEN'",
    )
    .bind(id)
    .bind(payment.tenant_id)
    .bind(payment.id)
    .bind(provider)
    .bind(&dispute.provider_ref)
    .bind(dispute.amount.minor)
    .bind(dispute.amount.currency)
    .bind(&dispute.reason)
    .bind(dispute.status)
    .bind(respond_by)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}
