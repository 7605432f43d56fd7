//! SQL of bank statements.

use super::read::Entry;
use crate::invoices::queries::Amount;
use chrono::NaiveDate;
use db::Keyset;
use model::{
    Time,
    billing::{
        bank_statements::{BankEntryRow, BankEntryStatus},
        invoices::InvoiceStatus,
    },
    ids::{BankEntryId, InvoiceId, PaymentId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Stores an entry; nothing when it is known.
pub(super) async fn insert(conn: &mut PgConnection, entry: &Entry, key: &str, format: &str, at: Time) -> sqlx::Result<Option<BankEntryId>> {
    sqlx::query_scalar(
        "insert into bank_entries (id, account, entry_key, format, booked_on, amount, currency, counterparty, remittance, imported_at, is_return)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (account, entry_key) do nothing returning id",
    )
    .bind(Uuid::now_v7())
    .bind(&entry.account)
    .bind(key)
    .bind(format)
    .bind(entry.booked_on)
    .bind(entry.amount.minor)
    .bind(entry.amount.currency)
    .bind(&entry.counterparty)
    .bind(&entry.text)
    .bind(at)
    .bind(entry.is_return)
    .fetch_optional(conn)
    .await
}

/// Entries that nobody has decided about, and of which it was not found out what they pay; the oldest first.
pub(super) async fn unmatched(conn: &mut PgConnection) -> sqlx::Result<Vec<BankEntryId>> {
    sqlx::query_scalar("select id from bank_entries where status = 'OPEN' and note is null order by id limit 10000").fetch_all(conn).await
}

/// An entry that something is decided about.
#[derive(sqlx::FromRow)]
pub(super) struct StoredEntry {
    pub id: BankEntryId,
    pub account: String,
    pub status: BankEntryStatus,
    pub counterparty: String,
    pub remittance: String,
    pub is_return: bool,
    pub suggested_payment_id: Option<PaymentId>,
    #[sqlx(flatten)]
    amount: Amount,
}

impl StoredEntry {
    pub fn money(&self) -> Money {
        self.amount.money()
    }
}

pub(super) async fn lock(conn: &mut PgConnection, id: BankEntryId) -> sqlx::Result<Option<StoredEntry>> {
    sqlx::query_as(
        "select id, account, status, counterparty, remittance, is_return, suggested_payment_id, amount, currency
           from bank_entries where id = $1 for update",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// Whether another import has brought one of the same account, day and amount that may be the same: entries of a CSV file carry no reference of
/// the bank's, and another choice of columns makes other ones of them.
pub(super) async fn has_twin(conn: &mut PgConnection, id: BankEntryId) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from bank_entries e
           join bank_entries o on o.account = e.account and o.booked_on = e.booked_on and o.amount = e.amount and o.currency = e.currency
                              and o.is_return = e.is_return and (o.format <> e.format or (e.format = 'CSV' and o.imported_at <> e.imported_at))
          where e.id = $1)",
    )
    .bind(id)
    .fetch_one(conn)
    .await
}

/// An invoice that is named by its number.
#[derive(sqlx::FromRow)]
pub(super) struct Named {
    pub id: InvoiceId,
    pub tenant_id: TenantId,
    pub number: String,
    pub currency: Currency,
    pub status: InvoiceStatus,
}

pub(super) async fn invoice(conn: &mut PgConnection, number: &str) -> sqlx::Result<Option<Named>> {
    sqlx::query_as("select id, tenant_id, number, currency, status from invoices where number = $1 and kind = 'INVOICE'")
        .bind(number)
        .fetch_optional(conn)
        .await
}

/// The account of this short name, or else those of this name; two are enough to know that it is not the only one.
pub(super) async fn accounts(conn: &mut PgConnection, name: &str) -> sqlx::Result<Vec<(TenantId, String)>> {
    sqlx::query_as(
        "select t.id, t.name from tenants t
          where t.slug = lower($1) or (lower(t.name) = lower($1) and not exists (select from tenants o where o.slug = lower($1)))
          order by t.id limit 2",
    )
    .bind(name)
    .fetch_all(conn)
    .await
}

/// A transfer that an entry may take back.
#[derive(sqlx::FromRow)]
pub(super) struct Transfer {
    pub id: PaymentId,
    pub tenant_id: TenantId,
    pub invoice_id: Option<InvoiceId>,
    pub invoice_number: Option<String>,
    pub counterparty: Option<String>,
}

/// Transfers of the amount of an entry that count, the newest first: those of the same bank account, and those that staff have typed in.
pub(super) async fn transfers(conn: &mut PgConnection, entry: &StoredEntry) -> sqlx::Result<Vec<Transfer>> {
    sqlx::query_as(
        "select p.id, p.tenant_id, p.invoice_id, i.number as invoice_number, b.counterparty
           from payments p
           left join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
           left join bank_entries b on b.payment_id = p.id and not b.is_return
          where p.provider = 'manual' and p.status = 'SUCCEEDED' and p.amount = $1 and p.currency = $2 and (b.id is null or b.account = $3)
          order by p.id desc limit 1000",
    )
    .bind(entry.money().minor)
    .bind(entry.money().currency)
    .bind(&entry.account)
    .fetch_all(conn)
    .await
}

/// Notes what is known of an entry that takes a payment back.
pub(super) async fn note_return(conn: &mut PgConnection, id: BankEntryId, note: &str, payment: Option<PaymentId>) -> sqlx::Result<()> {
    sqlx::query("update bank_entries set note = $2, suggested_payment_id = $3 where id = $1").bind(id).bind(note).bind(payment).execute(conn).await?;
    Ok(())
}

pub(super) async fn note(conn: &mut PgConnection, id: BankEntryId, note: &str) -> sqlx::Result<()> {
    sqlx::query("update bank_entries set note = $2 where id = $1").bind(id).bind(note).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_booked(
    conn: &mut PgConnection,
    id: BankEntryId,
    tenant: TenantId,
    invoice: Option<InvoiceId>,
    payment: PaymentId,
) -> sqlx::Result<()> {
    sqlx::query(
        "update bank_entries set status = 'BOOKED', note = null, suggested_payment_id = null, tenant_id = $2, invoice_id = $3, payment_id = $4
          where id = $1",
    )
    .bind(id)
    .bind(tenant)
    .bind(invoice)
    .bind(payment)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn set_ignored(conn: &mut PgConnection, id: BankEntryId, reason: &str) -> sqlx::Result<()> {
    sqlx::query("update bank_entries set status = 'IGNORED', note = $2 where id = $1").bind(id).bind(reason).execute(conn).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: BankEntryId,
    account: String,
    booked_on: NaiveDate,
    #[sqlx(flatten)]
    amount: Amount,
    counterparty: String,
    remittance: String,
    status: BankEntryStatus,
    note: Option<String>,
    is_return: bool,
    suggestion: Option<String>,
    tenant_id: Option<TenantId>,
    tenant_name: Option<String>,
    invoice_id: Option<InvoiceId>,
    invoice_number: Option<String>,
    imported_at: Time,
}

impl Row {
    pub fn view(self) -> BankEntryRow {
        let amount = self.amount.money();
        BankEntryRow {
            id: self.id,
            account: self.account,
            booked_on: self.booked_on,
            amount: if self.is_return { Money::new(-amount.minor, amount.currency) } else { amount },
            is_return: self.is_return,
            suggestion: self.suggestion,
            counterparty: self.counterparty,
            text: self.remittance,
            status: self.status,
            note: self.note,
            tenant: self.tenant_id,
            tenant_name: self.tenant_name,
            invoice: self.invoice_id,
            invoice_number: self.invoice_number,
            imported_at: self.imported_at,
        }
    }
}

pub(super) async fn page(conn: &mut PgConnection, keyset: &Keyset<Uuid>, status: Option<BankEntryStatus>) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "select e.id, e.account, e.booked_on, e.amount, e.currency, e.counterparty, e.remittance, e.status, e.note, e.tenant_id,
                t.name as tenant_name, e.invoice_id, i.number as invoice_number, e.imported_at, e.is_return,
                (select coalesce('invoice ' || paid.number, 'account ' || account.name)
                   from payments p join tenants account on account.id = p.tenant_id
                   left join invoices paid on paid.tenant_id = p.tenant_id and paid.id = p.invoice_id
                  where p.id = e.suggested_payment_id and p.status = 'SUCCEEDED') as suggestion
           from (
             (select * from bank_entries
               where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4) order by id desc limit $3)
             union all
             (select * from bank_entries where id > $2 and ($4::text is null or status = $4) order by id limit $3)
           ) e
           left join tenants t on t.id = e.tenant_id
           left join invoices i on i.tenant_id = e.tenant_id and i.id = e.invoice_id
          order by e.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(status)
    .fetch_all(conn)
    .await
}
