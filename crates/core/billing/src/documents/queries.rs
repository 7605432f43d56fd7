//! SQL of documents.

use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    ids::{InvoiceId, TenantId},
};
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct Stored {
    pub number: String,
    pub body: Vec<u8>,
    pub sha256: Vec<u8>,
}

/// Number of an invoice of this tenant, or of any.
pub(super) async fn number(conn: &mut PgConnection, tenant: Option<TenantId>, invoice: InvoiceId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("select number from invoices where id = $1 and ($2::uuid is null or tenant_id = $2)")
        .bind(invoice)
        .bind(tenant)
        .fetch_optional(conn)
        .await
}

pub(super) async fn stored(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<Stored>> {
    sqlx::query_as(
        "select i.number, d.body, d.sha256 from invoice_documents d
           join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id where d.invoice_id = $1",
    )
    .bind(invoice)
    .fetch_optional(conn)
    .await
}

/// Keeps the one that was stored first.
pub(super) async fn insert(conn: &mut PgConnection, tenant: TenantId, invoice: InvoiceId, body: &[u8], sha256: &[u8], at: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into invoice_documents (invoice_id, tenant_id, body, sha256, made_at) values ($1, $2, $3, $4, $5)
         on conflict (invoice_id) do nothing",
    )
    .bind(invoice)
    .bind(tenant)
    .bind(body)
    .bind(sha256)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Invoices and credit notes without a document.
pub(super) async fn without(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select i.id as key, null::uuid as server from invoices i
          where ($1::uuid is null or i.id > $1) and not exists (select from invoice_documents d where d.invoice_id = i.id)
          order by i.id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}
