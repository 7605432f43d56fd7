//! SQL of invoices.

use super::{NewInvoice, OpenInvoice, issue::Document};
use db::Keyset;
use model::{
    Time,
    billing::{
        invoices::{InvoiceKind, InvoiceLine, InvoiceRow, InvoiceStatus, InvoiceView, Party, WriteOff},
        payments::{PaymentStatus, PaymentView},
        tax::TaxTreatment,
    },
    ids::{InvoiceId, PaymentId, SubscriptionId, TenantId},
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
    kind: InvoiceKind,
    status: InvoiceStatus,
    currency: Currency,
    total: i64,
    open: i64,
    issued_at: Time,
    due_at: Time,
    paid_at: Option<Time>,
}

impl Row {
    pub fn view(self) -> InvoiceRow {
        InvoiceRow {
            id: self.id,
            number: self.number,
            tenant: self.tenant_id,
            tenant_name: self.tenant_name,
            kind: self.kind,
            status: self.status,
            total: Money::new(self.total, self.currency),
            open: Money::new(self.open, self.currency),
            issued_at: self.issued_at,
            due_at: self.due_at,
            paid_at: self.paid_at,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct DetailRow {
    #[sqlx(flatten)]
    row: Row,
    net: i64,
    tax: i64,
    tax_rate_bp: i32,
    tax_treatment: TaxTreatment,
    tax_note: String,
    buyer: Json<Party>,
    seller: Json<Party>,
    corrects_id: Option<InvoiceId>,
    corrects_number: Option<String>,
    reason: String,
}

impl DetailRow {
    pub fn view(
        self,
        lines: Vec<Line>,
        credit_notes: Vec<(InvoiceId, String, i64)>,
        payments: Vec<PaymentView>,
        credit_used: i64,
        write_off: Option<WriteOff>,
    ) -> InvoiceView {
        let currency = self.row.currency;
        InvoiceView {
            invoice: self.row.view(),
            buyer: self.buyer.0,
            seller: self.seller.0,
            lines: lines.into_iter().map(|line| line.view(currency)).collect(),
            net: Money::new(self.net, currency),
            tax_rate_bp: self.tax_rate_bp,
            tax: Money::new(self.tax, currency),
            tax_treatment: self.tax_treatment,
            tax_note: self.tax_note,
            tax_evidence: Vec::new(),
            credit_used: Money::new(credit_used, currency),
            payments,
            write_off,
            corrects: self.corrects_id.zip(self.corrects_number),
            reason: self.reason,
            credit_notes: credit_notes.into_iter().map(|(id, number, minor)| (id, number, Money::new(minor, currency))).collect(),
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

pub(super) async fn insert(conn: &mut PgConnection, id: InvoiceId, document: &Document<'_>, new: &NewInvoice<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into invoices (id, tenant_id, subscription_id, checkout_session_id, number, kind, status, corrects_id, reason, period_start,
                               currency, net, tax, tax_rate_bp, total, buyer, seller, issued_at, due_at, paid_at,
                               tax_treatment, tax_note)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
    )
    .bind(id)
    .bind(new.tenant)
    .bind(new.subscription)
    .bind(new.checkout)
    .bind(document.number)
    .bind(document.kind)
    .bind(document.status)
    .bind(document.corrects)
    .bind(document.reason)
    .bind(new.period_start)
    .bind(new.currency)
    .bind(document.sums.net.minor)
    .bind(document.sums.tax.minor)
    .bind(new.tax.rate_bp)
    .bind(document.sums.total.minor)
    .bind(Json(new.buyer))
    .bind(Json(new.seller))
    .bind(new.at)
    .bind(new.due_at)
    .bind((document.status == InvoiceStatus::Paid).then_some(new.at))
    .bind(new.tax.treatment)
    .bind(&new.tax.note)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lines in their order, as one statement: every other invoice of this year waits for the commit.
pub(super) async fn insert_lines(conn: &mut PgConnection, tenant: TenantId, invoice: InvoiceId, lines: &[InvoiceLine]) -> sqlx::Result<()> {
    sqlx::query(
        "insert into invoice_lines (id, tenant_id, invoice_id, position, description, quantity, unit_price, net, period_start, period_end)
         select line.id, $1, $2, line.position, line.description, line.quantity, line.unit_price, line.net, line.period_start, line.period_end
           from unnest($3::uuid[], $4::text[], $5::int4[], $6::int8[], $7::int8[], $8::timestamptz[], $9::timestamptz[])
                with ordinality line (id, description, quantity, unit_price, net, period_start, period_end, position)",
    )
    .bind(tenant)
    .bind(invoice)
    .bind(lines.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.description.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.quantity).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.unit_price.minor).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.net.minor).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.period_start).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.period_end).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn page(
    conn: &mut PgConnection,
    keyset: &Keyset<Uuid>,
    tenant: Option<TenantId>,
    kind: Option<InvoiceKind>,
    status: Option<InvoiceStatus>,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as::<_, Row>(
        "select i.id, i.number, i.tenant_id, (select t.name from tenants t where t.id = i.tenant_id) as tenant_name, i.kind, i.status, i.currency,
                i.total, i.issued_at, i.due_at, i.paid_at, (select open_amount(o) from invoices o where o.id = i.id) as open
           from (
             (select * from invoices
               where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::uuid is null or tenant_id = $4)
                 and ($5::text is null or status = $5) and ($6::text is null or kind = $6) order by id desc limit $3)
             union all
             (select * from invoices
               where id > $2 and ($4::uuid is null or tenant_id = $4) and ($5::text is null or status = $5)
                 and ($6::text is null or kind = $6) order by id limit $3)
           ) i
          order by i.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(tenant)
    .bind(status)
    .bind(kind)
    .fetch_all(conn)
    .await
}

pub(super) async fn one(conn: &mut PgConnection, tenant: Option<TenantId>, id: InvoiceId) -> sqlx::Result<Option<DetailRow>> {
    sqlx::query_as::<_, DetailRow>(
        "select i.id, i.number, i.tenant_id, t.name as tenant_name, i.kind, i.status, i.currency, i.total, i.issued_at, i.due_at, i.paid_at,
                open_amount(i) as open, i.net, i.tax, i.tax_rate_bp, i.tax_treatment, i.tax_note, i.buyer, i.seller,
                i.corrects_id, c.number as corrects_number, i.reason
           from invoices i
           join tenants t on t.id = i.tenant_id
           left join invoices c on c.tenant_id = i.tenant_id and c.id = i.corrects_id
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
           from invoice_lines where invoice_id = $1 order by position limit 1000",
    )
    .bind(invoice)
    .fetch_all(conn)
    .await
}

/// The newest documents of a subscription.
pub(super) async fn of_subscription(conn: &mut PgConnection, subscription: SubscriptionId) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as::<_, Row>(
        "select i.id, i.number, i.tenant_id, t.name as tenant_name, i.kind, i.status, i.currency, i.total, i.issued_at, i.due_at, i.paid_at,
                open_amount(i) as open
           from invoices i join tenants t on t.id = i.tenant_id
          where i.subscription_id = $1 order by i.id desc limit 50",
    )
    .bind(subscription)
    .fetch_all(conn)
    .await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Amount {
    amount: i64,
    currency: Currency,
}

impl Amount {
    pub fn money(self) -> Money {
        Money::new(self.amount, self.currency)
    }
}

/// What an invoice has open; nothing for one that is not open.
pub(crate) async fn open(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<Amount>> {
    sqlx::query_as("select i.currency, open_amount(i) as amount from invoices i where i.id = $1 and i.kind = 'INVOICE' and i.status = 'OPEN'")
        .bind(invoice)
        .fetch_optional(conn)
        .await
}

pub(super) async fn open_of(conn: &mut PgConnection, subscription: SubscriptionId) -> sqlx::Result<Vec<OpenInvoice>> {
    sqlx::query_as(
        "select i.id, i.number, i.issued_at, i.due_at, i.currency, open_amount(i) as amount
           from invoices i where i.subscription_id = $1 and i.kind = 'INVOICE' and i.status = 'OPEN'
          order by i.due_at, i.id limit 60",
    )
    .bind(subscription)
    .fetch_all(conn)
    .await
}

pub(super) async fn due_of_account(conn: &mut PgConnection, tenant: TenantId, currency: Currency, now: Time) -> sqlx::Result<Vec<InvoiceId>> {
    sqlx::query_scalar(
        "select id from invoices where tenant_id = $1 and currency = $2 and kind = 'INVOICE' and status = 'OPEN' and due_at <= $3
          order by due_at, id limit 60",
    )
    .bind(tenant)
    .bind(currency)
    .bind(now)
    .fetch_all(conn)
    .await
}

pub(super) async fn of_period(
    conn: &mut PgConnection,
    subscription: SubscriptionId,
    start: Time,
) -> sqlx::Result<Option<(InvoiceId, InvoiceStatus)>> {
    sqlx::query_as("select id, status from invoices where subscription_id = $1 and period_start = $2 and status <> 'VOID'")
        .bind(subscription)
        .bind(start)
        .fetch_optional(conn)
        .await
}

/// Account and number of an invoice that was open until now.
pub(super) async fn set_paid(conn: &mut PgConnection, invoice: InvoiceId, at: Time) -> sqlx::Result<Option<(TenantId, String)>> {
    sqlx::query_as("update invoices set status = 'PAID', paid_at = $2 where id = $1 and status = 'OPEN' returning tenant_id, number")
        .bind(invoice)
        .bind(at)
        .fetch_optional(conn)
        .await
}

/// Credited in full before it was paid.
pub(super) async fn set_void(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<()> {
    sqlx::query("update invoices set status = 'VOID' where id = $1 and status = 'OPEN'").bind(invoice).execute(conn).await?;
    Ok(())
}

pub(crate) async fn tenant_of(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<TenantId>> {
    sqlx::query_scalar("select tenant_id from invoices where id = $1").bind(invoice).fetch_optional(conn).await
}

/// The plan's subscription that an invoice is for.
pub(crate) async fn subscription_of(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<SubscriptionId>> {
    sqlx::query_scalar("select subscription_id from invoices where id = $1 and subscription_id is not null").bind(invoice).fetch_optional(conn).await
}

/// Subscriptions of an account that have an invoice due.
pub(super) async fn overdue_subscriptions(conn: &mut PgConnection, tenant: TenantId, now: Time) -> sqlx::Result<Vec<SubscriptionId>> {
    sqlx::query_scalar(
        "select distinct subscription_id from invoices
          where tenant_id = $1 and kind = 'INVOICE' and status = 'OPEN' and due_at <= $2 and subscription_id is not null order by 1 limit 60",
    )
    .bind(tenant)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// An invoice, and what of it was credited already.
#[derive(sqlx::FromRow)]
pub(super) struct Creditable {
    pub id: InvoiceId,
    pub tenant_id: TenantId,
    pub subscription_id: Option<SubscriptionId>,
    pub number: String,
    pub status: InvoiceStatus,
    pub period_start: Option<Time>,
    pub currency: Currency,
    pub tax_rate_bp: i32,
    pub tax_treatment: TaxTreatment,
    pub tax_note: String,
    pub buyer: Json<Party>,
    net: i64,
    tax: i64,
    credited_net: i64,
    credited_tax: i64,
}

impl Creditable {
    /// Net amount that is not credited.
    pub fn net_left(&self) -> Money {
        Money::new(self.net + self.credited_net, self.currency)
    }

    /// Tax that is not credited.
    pub fn tax_left(&self) -> Money {
        Money::new(self.tax + self.credited_tax, self.currency)
    }
}

pub(super) async fn creditable(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<Creditable>> {
    sqlx::query_as(
        "select i.id, i.tenant_id, i.subscription_id, i.number, i.status, i.period_start, i.currency, i.tax_rate_bp, i.tax_treatment, i.tax_note, i.buyer, i.net, i.tax,
                (select coalesce(sum(c.net), 0)::bigint from invoices c where c.corrects_id = i.id) as credited_net,
                (select coalesce(sum(c.tax), 0)::bigint from invoices c where c.corrects_id = i.id) as credited_tax
           from invoices i where i.id = $1 and i.kind = 'INVOICE' for update of i",
    )
    .bind(invoice)
    .fetch_optional(conn)
    .await
}

#[derive(sqlx::FromRow)]
pub(super) struct PaymentRow {
    id: PaymentId,
    amount: i64,
    currency: Currency,
    status: PaymentStatus,
    is_transfer: bool,
    card: Option<String>,
    decline_code: Option<String>,
    created_at: Time,
}

impl PaymentRow {
    pub fn view(self) -> PaymentView {
        let method = match self.card {
            Some(card) => card,
            None if self.is_transfer => "Bank transfer".to_owned(),
            None => "Payment page".to_owned(),
        };
        PaymentView {
            id: self.id,
            amount: Money::new(self.amount, self.currency),
            status: self.status,
            method,
            decline_code: self.decline_code,
            created_at: self.created_at,
        }
    }
}

pub(super) async fn payments(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Vec<PaymentRow>> {
    sqlx::query_as(
        "select p.id, p.amount, p.currency, p.status, p.provider = 'manual' as is_transfer, m.brand || ' ending ' || m.last4 as card, p.decline_code,
                p.created_at
           from payments p left join payment_methods m on m.tenant_id = p.tenant_id and m.id = p.method_id
          where p.invoice_id = $1 order by p.created_at desc, p.id desc limit 100",
    )
    .bind(invoice)
    .fetch_all(conn)
    .await
}

pub(super) async fn credit_notes(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Vec<(InvoiceId, String, i64)>> {
    sqlx::query_as("select id, number, total from invoices where corrects_id = $1 order by id limit 100").bind(invoice).fetch_all(conn).await
}

/// Account credit that was used for an invoice; a credit note of its own is no such credit.
pub(super) async fn credit_used(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select coalesce(sum(a.amount), 0)::bigint from ledger_allocations a
           join ledger_entries e on e.tenant_id = a.tenant_id and e.id = a.entry_id
           left join invoices note on note.tenant_id = e.tenant_id and note.id = e.invoice_id
           left join payments p on p.tenant_id = e.tenant_id and p.id = e.payment_id
          where a.invoice_id = $1 and e.kind <> 'WRITE_OFF' and coalesce(note.corrects_id, p.invoice_id) is distinct from $1",
    )
    .bind(invoice)
    .fetch_one(conn)
    .await
}

/// The invoice of a subscription that was paid last, since then.
pub(crate) async fn paid_since(
    conn: &mut PgConnection,
    subscription: SubscriptionId,
    since: Time,
) -> sqlx::Result<Option<(InvoiceId, String, i64, Currency)>> {
    sqlx::query_as(
        "select id, number, total, currency from invoices
          where subscription_id = $1 and kind = 'INVOICE' and status = 'PAID' and paid_at >= $2 order by paid_at desc, id desc limit 1",
    )
    .bind(subscription)
    .bind(since)
    .fetch_optional(conn)
    .await
}

pub(crate) async fn status(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<InvoiceStatus> {
    sqlx::query_scalar("select status from invoices where id = $1").bind(invoice).fetch_one(conn).await
}
