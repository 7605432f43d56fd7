//! SQL of invoices.

use super::NewInvoice;
use db::Keyset;
use model::{
    Time,
    billing::invoices::{InvoiceLine, InvoiceRow, InvoiceStatus, InvoiceView, Party},
    ids::{InvoiceId, TenantId},
    money::{Currency, Money},
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: InvoiceId,
    number: String,
    tenant_id: TenantId,
    tenant_name: String,
    status: InvoiceStatus,
    currency: Currency,
    total: i64,
    issued_at: Time,
    paid_at: Option<Time>,
}

impl Row {
    pub fn view(self) -> InvoiceRow {
        InvoiceRow {
            id: self.id,
            number: self.number,
            tenant: self.tenant_id,
            tenant_name: self.tenant_name,
            status: self.status,
            total: Money::new(self.total, self.currency),
            issued_at: self.issued_at,
            paid_at: self.paid_at,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct Whole {
    #[sqlx(flatten)]
    row: Row,
    net: i64,
    tax: i64,
    tax_rate_bp: i32,
    buyer: Json<Party>,
    seller: Json<Party>,
    due_at: Time,
}

impl Whole {
    pub fn view(self, lines: Vec<Line>) -> InvoiceView {
        let currency = self.row.currency;
        InvoiceView {
            invoice: self.row.view(),
            buyer: self.buyer.0,
            seller: self.seller.0,
            lines: lines.into_iter().map(|line| line.view(currency)).collect(),
            net: Money::new(self.net, currency),
            tax_rate_bp: self.tax_rate_bp,
            tax: Money::new(self.tax, currency),
            due_at: self.due_at,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct Line {
    description: String,
    quantity: i32,
    unit_price: i64,
    net: i64,
    period_start: Time,
    period_end: Time,
}

impl Line {
    fn view(self, currency: Currency) -> InvoiceLine {
        InvoiceLine {
            description: self.description,
            quantity: self.quantity,
            unit_price: Money::new(self.unit_price, currency),
            net: Money::new(self.net, currency),
            period_start: self.period_start,
            period_end: self.period_end,
        }
    }
}

pub(super) async fn next_number(conn: &mut PgConnection, series: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "insert into invoice_counters (series, last) values ($1, 1)
         on conflict (series) do update set last = invoice_counters.last + 1
         returning last",
    )
    .bind(series)
    .fetch_one(conn)
    .await
}

pub(super) async fn insert(conn: &mut PgConnection, id: InvoiceId, number: &str, new: &NewInvoice<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into invoices (id, tenant_id, subscription_id, checkout_session_id, number, status, currency, net, tax, tax_rate_bp, total,
                               buyer, seller, issued_at, due_at, paid_at)
         values ($1, $2, $3, $4, $5, 'PAID', $6, $7, $8, $9, $10, $11, $12, $13, $13, $13)",
    )
    .bind(id)
    .bind(new.tenant)
    .bind(new.subscription)
    .bind(new.checkout)
    .bind(number)
    .bind(new.quote.net.currency)
    .bind(new.quote.net.minor)
    .bind(new.quote.tax.minor)
    .bind(new.quote.tax_rate_bp)
    .bind(new.quote.total.minor)
    .bind(Json(new.buyer))
    .bind(Json(new.seller))
    .bind(new.at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_line(
    conn: &mut PgConnection,
    id: Uuid,
    tenant: TenantId,
    invoice: InvoiceId,
    position: i32,
    line: &InvoiceLine,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into invoice_lines (id, tenant_id, invoice_id, position, description, quantity, unit_price, net, period_start, period_end)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(tenant)
    .bind(invoice)
    .bind(position)
    .bind(&line.description)
    .bind(line.quantity)
    .bind(line.unit_price.minor)
    .bind(line.net.minor)
    .bind(line.period_start)
    .bind(line.period_end)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn page(
    conn: &mut PgConnection,
    keyset: &Keyset<Uuid>,
    tenant: Option<TenantId>,
    state: Option<InvoiceStatus>,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as::<_, Row>(
        "select i.id, i.number, i.tenant_id, (select t.name from tenants t where t.id = i.tenant_id) as tenant_name, i.status, i.currency, i.total,
                i.issued_at, i.paid_at
           from (
             (select * from invoices
               where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::uuid is null or tenant_id = $4)
                 and ($5::text is null or status = $5) order by id desc limit $3)
             union all
             (select * from invoices
               where id > $2 and ($4::uuid is null or tenant_id = $4) and ($5::text is null or status = $5) order by id limit $3)
           ) i
          order by i.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(tenant)
    .bind(state)
    .fetch_all(conn)
    .await
}

pub(super) async fn one(conn: &mut PgConnection, tenant: Option<TenantId>, id: InvoiceId) -> sqlx::Result<Option<Whole>> {
    sqlx::query_as::<_, Whole>(
        "select i.id, i.number, i.tenant_id, t.name as tenant_name, i.status, i.currency, i.total, i.issued_at, i.paid_at,
                i.net, i.tax, i.tax_rate_bp, i.buyer, i.seller, i.due_at
           from invoices i join tenants t on t.id = i.tenant_id
          where i.id = $1 and ($2::uuid is null or i.tenant_id = $2)",
    )
    .bind(id)
    .bind(tenant)
    .fetch_optional(conn)
    .await
}

pub(super) async fn lines(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as::<_, Line>(
        "select description, quantity, unit_price, net, period_start, period_end
           from invoice_lines where invoice_id = $1 order by position limit 200",
    )
    .bind(invoice)
    .fetch_all(conn)
    .await
}
