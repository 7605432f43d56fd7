//! SQL of refunds.

use crate::invoices::queries::Amount;
use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    billing::payments::{RefundStatus, RefundView},
    ids::{InvoiceId, PaymentId, RefundId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// A credit note.
#[derive(sqlx::FromRow)]
pub(super) struct Note {
    pub tenant_id: TenantId,
    pub number: String,
    pub corrects_id: InvoiceId,
    pub currency: Currency,
}

pub(super) async fn note(conn: &mut PgConnection, id: InvoiceId) -> sqlx::Result<Option<Note>> {
    sqlx::query_as("select tenant_id, number, corrects_id, currency from invoices where id = $1 and kind = 'CREDIT_NOTE'")
        .bind(id)
        .fetch_optional(conn)
        .await
}

/// A payment that something can be refunded of.
#[derive(sqlx::FromRow)]
pub(super) struct Paid {
    pub id: PaymentId,
    pub amount_left: i64,
}

/// The payment of an invoice through this provider of which most is not refunded, and which is not disputed.
pub(super) async fn refundable_payment(conn: &mut PgConnection, invoice: InvoiceId, provider: &str) -> sqlx::Result<Option<Paid>> {
    sqlx::query_as(
        "select p.id, p.amount - coalesce((select sum(r.amount) from refunds r
                                            where r.tenant_id = p.tenant_id and r.payment_id = p.id and r.status <> 'FAILED'), 0)::bigint as amount_left
           from payments p where p.invoice_id = $1 and p.provider = $2 and p.status = 'SUCCEEDED' and p.provider_ref is not null
            and not exists (select from disputes d where d.tenant_id = p.tenant_id and d.payment_id = p.id and d.status <> 'WON')
          order by amount_left desc, p.id limit 1",
    )
    .bind(invoice)
    .bind(provider)
    .fetch_optional(conn)
    .await
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    id: RefundId,
    tenant: TenantId,
    credit_note: InvoiceId,
    payment: PaymentId,
    amount: Money,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query("insert into refunds (id, tenant_id, credit_note_id, payment_id, amount, currency, created_at) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(id)
        .bind(tenant)
        .bind(credit_note)
        .bind(payment)
        .bind(amount.minor)
        .bind(amount.currency)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

/// A refund as its page shows it.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: RefundId,
    #[sqlx(flatten)]
    money: Amount,
    status: RefundStatus,
    failure_code: Option<String>,
    created_at: Time,
}

impl Row {
    pub fn view(self) -> RefundView {
        RefundView { id: self.id, amount: self.money.money(), status: self.status, failure_code: self.failure_code, created_at: self.created_at }
    }
}

pub(super) async fn of_note(conn: &mut PgConnection, credit_note: InvoiceId) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as("select id, amount, currency, status, failure_code, created_at from refunds where credit_note_id = $1 order by id desc limit 100")
        .bind(credit_note)
        .fetch_all(conn)
        .await
}

/// A refund that the provider is to carry out.
#[derive(sqlx::FromRow)]
pub(super) struct Pending {
    pub provider: String,
    pub payment_ref: String,
    pub provider_ref: Option<String>,
    pub created_at: Time,
    #[sqlx(flatten)]
    pub money: Amount,
}

pub(super) async fn pending(conn: &mut PgConnection, id: RefundId) -> sqlx::Result<Option<Pending>> {
    sqlx::query_as(
        "select p.provider, p.provider_ref as payment_ref, r.provider_ref, r.created_at, r.amount, r.currency
           from refunds r join payments p on p.tenant_id = r.tenant_id and p.id = r.payment_id where r.id = $1 and r.status = 'PENDING'",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// A refund, whatever became of it.
#[derive(sqlx::FromRow)]
pub(super) struct Known {
    pub tenant_id: TenantId,
    pub credit_note_id: InvoiceId,
    pub number: String,
    #[sqlx(flatten)]
    pub money: Amount,
}

pub(super) async fn known(conn: &mut PgConnection, id: RefundId) -> sqlx::Result<Option<Known>> {
    sqlx::query_as(
        "select r.tenant_id, r.credit_note_id, i.number, r.amount, r.currency
           from refunds r join invoices i on i.tenant_id = r.tenant_id and i.id = r.credit_note_id where r.id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

pub(super) async fn set_ref(conn: &mut PgConnection, id: RefundId, provider_ref: &str) -> sqlx::Result<()> {
    sqlx::query("update refunds set provider_ref = $2 where id = $1 and status = 'PENDING'").bind(id).bind(provider_ref).execute(conn).await?;
    Ok(())
}

/// Whether it was pending until now.
pub(super) async fn succeed(conn: &mut PgConnection, id: RefundId, provider_ref: &str, at: Time) -> sqlx::Result<bool> {
    let done = sqlx::query("update refunds set status = 'SUCCEEDED', provider_ref = $2, settled_at = $3 where id = $1 and status = 'PENDING'")
        .bind(id)
        .bind(provider_ref)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether it had not failed until now: what was refunded may come back days later.
pub(super) async fn fail(conn: &mut PgConnection, id: RefundId, code: &str, at: Time) -> sqlx::Result<bool> {
    let done = sqlx::query("update refunds set status = 'FAILED', failure_code = $2, settled_at = $3 where id = $1 and status <> 'FAILED'")
        .bind(id)
        .bind(code)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Every refund whose answer is still to come.
pub(super) async fn all_pending(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from refunds where status = 'PENDING' and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}
