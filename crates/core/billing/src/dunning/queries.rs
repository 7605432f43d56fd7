//! SQL of dunning.

use model::{
    Time,
    billing::dunning::DunningNotice,
    ids::{InvoiceId, TenantId},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Whether the notice is new.
pub(super) async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    tenant: TenantId,
    invoice: InvoiceId,
    notice: DunningNotice,
    at: Time,
) -> sqlx::Result<bool> {
    let added = sqlx::query(
        "insert into dunning_notices (id, tenant_id, invoice_id, notice, created_at) values ($1, $2, $3, $4, $5)
         on conflict on constraint dunning_notices_notice_key do nothing",
    )
    .bind(id)
    .bind(tenant)
    .bind(invoice)
    .bind(notice)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(added.rows_affected() > 0)
}
