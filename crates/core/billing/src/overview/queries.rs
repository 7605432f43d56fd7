//! SQL of the billing overview.

use model::{
    Time,
    billing::{
        invoices::{InvoiceKind, InvoiceRow, InvoiceStatus},
        overview::{CreditEntry, CreditSource, DocumentRow},
    },
    ids::{InvoiceId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;

/// How many invoices of an account are open.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct OpenCounts {
    pub open: i64,
    pub overdue: i64,
}

pub(super) async fn open_counts(conn: &mut PgConnection, tenant: TenantId, now: Time) -> sqlx::Result<OpenCounts> {
    sqlx::query_as(
        "select count(*) as open, count(*) filter (where due_at <= $2) as overdue
           from invoices where tenant_id = $1 and kind = 'INVOICE' and status = 'OPEN'",
    )
    .bind(tenant)
    .bind(now)
    .fetch_one(conn)
    .await
}

/// Open invoices, the one that is due first on top.
pub(super) async fn open(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<InvoiceId>> {
    sqlx::query_scalar("select id from invoices where tenant_id = $1 and kind = 'INVOICE' and status = 'OPEN' order by due_at, id limit 10")
        .bind(tenant)
        .fetch_all(conn)
        .await
}

#[derive(sqlx::FromRow)]
pub(super) struct CreditRow {
    kind: CreditSource,
    currency: Currency,
    free: i64,
    created_at: Time,
    document_id: Option<InvoiceId>,
    document_number: Option<String>,
    reason: String,
}

impl CreditRow {
    pub fn view(self) -> CreditEntry {
        CreditEntry {
            at: self.created_at,
            amount: Money::new(self.free, self.currency),
            source: self.kind,
            document: self.document_id.zip(self.document_number),
            reason: self.reason,
        }
    }
}

/// Entries of the ledger that are not used up, the oldest first, with the document that each came from. The same entries as the account's credit is
/// the sum of.
pub(super) async fn credit(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<CreditRow>> {
    sqlx::query_as(
        "select e.kind, e.currency, e.free, e.created_at, document.id as document_id, document.number as document_number,
                case when document.kind = 'CREDIT_NOTE' then document.reason else '' end as reason
           from (select e.id, e.tenant_id, e.kind, e.currency, e.created_at, e.invoice_id, e.payment_id, e.refund_id,
                        -e.amount - coalesce((select sum(a.amount) from ledger_allocations a where a.entry_id = e.id), 0)::bigint as free
                   from ledger_entries e where e.tenant_id = $1 and e.amount < 0) e
           left join refunds r on r.tenant_id = e.tenant_id and r.id = e.refund_id
           left join payments p on p.tenant_id = e.tenant_id and p.id = e.payment_id
           left join invoices document on document.tenant_id = e.tenant_id and document.id = coalesce(e.invoice_id, r.credit_note_id, p.invoice_id)
          where e.free > 0 order by e.created_at, e.id limit 1000",
    )
    .bind(tenant)
    .fetch_all(conn)
    .await
}

#[derive(sqlx::FromRow)]
pub(super) struct Document {
    id: InvoiceId,
    number: String,
    tenant_id: TenantId,
    tenant_name: String,
    kind: InvoiceKind,
    status: InvoiceStatus,
    currency: Currency,
    net: i64,
    tax: i64,
    total: i64,
    open: i64,
    issued_at: Time,
    due_at: Time,
    paid_at: Option<Time>,
    declined: i64,
    is_overdue: bool,
}

impl Document {
    pub fn view(self) -> DocumentRow {
        let money = |minor| Money::new(minor, self.currency);
        DocumentRow {
            net: money(self.net),
            tax: money(self.tax),
            declined: self.declined,
            is_overdue: self.is_overdue,
            invoice: InvoiceRow {
                total: money(self.total),
                open: money(self.open),
                id: self.id,
                number: self.number,
                tenant: self.tenant_id,
                tenant_name: self.tenant_name,
                kind: self.kind,
                status: self.status,
                issued_at: self.issued_at,
                due_at: self.due_at,
                paid_at: self.paid_at,
            },
        }
    }
}

/// The newest invoices and credit notes of an account.
pub(super) async fn documents(conn: &mut PgConnection, tenant: TenantId, now: Time) -> sqlx::Result<Vec<Document>> {
    sqlx::query_as(
        "select i.id, i.number, i.tenant_id, t.name as tenant_name, i.kind, i.status, i.currency, i.net, i.tax, i.total, open_amount(i) as open,
                i.issued_at, i.due_at, i.paid_at,
                (select count(*) from payments p where p.tenant_id = i.tenant_id and p.invoice_id = i.id and p.status = 'FAILED') as declined,
                i.kind = 'INVOICE' and i.status = 'OPEN' and i.due_at <= $2 as is_overdue
           from invoices i join tenants t on t.id = i.tenant_id
          where i.tenant_id = $1 order by i.id desc limit 7",
    )
    .bind(tenant)
    .bind(now)
    .fetch_all(conn)
    .await
}
