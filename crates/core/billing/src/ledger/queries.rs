//! SQL of the ledger.

use model::{
    Time,
    ids::{InvoiceId, PaymentId, RefundId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;
use uuid::Uuid;

pub(super) async fn lock(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.ledger ' || $1::uuid, 0))").bind(tenant).execute(conn).await?;
    Ok(())
}

#[allow(clippy::too_many_arguments, reason = "one for each column")]
pub(super) async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    tenant: TenantId,
    kind: &str,
    amount: Money,
    invoice: Option<InvoiceId>,
    payment: Option<PaymentId>,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into ledger_entries (id, tenant_id, kind, amount, currency, invoice_id, payment_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(tenant)
    .bind(kind)
    .bind(amount.minor)
    .bind(amount.currency)
    .bind(invoice)
    .bind(payment)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_write_off(
    conn: &mut PgConnection,
    id: Uuid,
    tenant: TenantId,
    invoice: InvoiceId,
    amount: Money,
    reason: &str,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into ledger_entries (id, tenant_id, kind, amount, currency, invoice_id, reason, created_at)
         values ($1, $2, 'WRITE_OFF', $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(tenant)
    .bind(amount.minor)
    .bind(amount.currency)
    .bind(invoice)
    .bind(reason)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_allocation(
    conn: &mut PgConnection,
    id: Uuid,
    tenant: TenantId,
    entry: Uuid,
    invoice: InvoiceId,
    amount: i64,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query("insert into ledger_allocations (id, tenant_id, entry_id, invoice_id, amount, created_at) values ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(tenant)
        .bind(entry)
        .bind(invoice)
        .bind(amount)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

/// The entry by which a payment was received.
pub(super) async fn payment_entry(conn: &mut PgConnection, payment: PaymentId) -> sqlx::Result<Uuid> {
    sqlx::query_scalar("select id from ledger_entries where payment_id = $1 and kind = 'PAYMENT'").bind(payment).fetch_one(conn).await
}

/// The invoices that an entry pays, and how much of each.
pub(super) async fn allocated(conn: &mut PgConnection, entry: Uuid) -> sqlx::Result<Vec<(InvoiceId, i64)>> {
    sqlx::query_as(
        "select invoice_id, sum(amount)::bigint from ledger_allocations
          where entry_id = $1 and invoice_id is not null group by invoice_id having sum(amount) > 0 order by invoice_id limit 1000",
    )
    .bind(entry)
    .fetch_all(conn)
    .await
}

pub(super) async fn allocate_to_return(
    conn: &mut PgConnection,
    id: Uuid,
    tenant: TenantId,
    entry: Uuid,
    back: Uuid,
    amount: i64,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query("insert into ledger_allocations (id, tenant_id, entry_id, return_id, amount, created_at) values ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(tenant)
        .bind(entry)
        .bind(back)
        .bind(amount)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn open_amount(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<i64> {
    sqlx::query_scalar("select open_amount(i) from invoices i where i.id = $1").bind(invoice).fetch_one(conn).await
}

pub(super) async fn unallocated(conn: &mut PgConnection, entry: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select -e.amount - (select coalesce(sum(a.amount), 0)::bigint from ledger_allocations a where a.entry_id = e.id)
           from ledger_entries e where e.id = $1",
    )
    .bind(entry)
    .fetch_one(conn)
    .await
}

/// Payments and credits that are not used up, the oldest first.
pub(super) async fn entries_with_credit(conn: &mut PgConnection, tenant: TenantId, currency: Currency) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "select e.id from ledger_entries e
          where e.tenant_id = $1 and e.currency = $2 and e.amount < 0
            and -e.amount > (select coalesce(sum(a.amount), 0) from ledger_allocations a where a.entry_id = e.id)
          order by e.created_at, e.id limit 200",
    )
    .bind(tenant)
    .bind(currency)
    .fetch_all(conn)
    .await
}

pub(super) async fn credit_of(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<(Currency, i64)>> {
    sqlx::query_as(
        "select currency, sum(free)::bigint from (
           select e.currency, -e.amount - coalesce((select sum(a.amount) from ledger_allocations a
                                                    where a.entry_id = e.id), 0) as free
             from ledger_entries e where e.tenant_id = $1 and e.amount < 0) entry
          where free > 0 group by currency order by currency limit 20",
    )
    .bind(tenant)
    .fetch_all(conn)
    .await
}

/// Entries of a credit note that are not used up, the oldest first, with what is left: its credit, and what its failed refunds have given back.
pub(super) async fn credit_left(conn: &mut PgConnection, credit_note: InvoiceId) -> sqlx::Result<Vec<(Uuid, i64)>> {
    sqlx::query_as(
        "select id, free from (
           select e.id, e.created_at, -e.amount - coalesce((select sum(a.amount) from ledger_allocations a where a.entry_id = e.id), 0)::bigint as free
             from (select * from ledger_entries where invoice_id = $1 and kind = 'CREDIT'
                   union all
                   select back.* from refunds r join ledger_entries back on back.tenant_id = r.tenant_id and back.refund_id = r.id and back.amount < 0
                    where r.credit_note_id = $1) e) entry
          where free > 0 order by created_at, id limit 200",
    )
    .bind(credit_note)
    .fetch_all(conn)
    .await
}

pub(super) async fn insert_refund(
    conn: &mut PgConnection,
    id: Uuid,
    tenant: TenantId,
    refund: RefundId,
    amount: Money,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into ledger_entries (id, tenant_id, kind, amount, currency, refund_id, created_at) values ($1, $2, 'REFUND', $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(tenant)
    .bind(amount.minor)
    .bind(amount.currency)
    .bind(refund)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn allocate_to_refund(
    conn: &mut PgConnection,
    id: Uuid,
    tenant: TenantId,
    entry: Uuid,
    refund: RefundId,
    amount: i64,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query("insert into ledger_allocations (id, tenant_id, entry_id, refund_id, amount, created_at) values ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(tenant)
        .bind(entry)
        .bind(refund)
        .bind(amount)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}
