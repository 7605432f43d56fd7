//! SQL of tax.

use model::{
    Time,
    billing::tax::{EvidenceKind, TaxEvidence},
    ids::{InvoiceId, TenantId},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Adds what is known of the customer's place when an invoice is issued: the country of the address, that of the card that is charged first, and
/// that of the network address that it was ordered from. One statement: every other invoice of this year waits for the commit.
pub(super) async fn insert_places(conn: &mut PgConnection, tenant: TenantId, invoice: InvoiceId, address: &str, at: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into tax_evidence (id, tenant_id, invoice_id, kind, country, observed_at)
         select found.id, $2, $3, found.kind, found.country, found.observed_at from (
           select ($1::uuid[])[1] as id, 'ADDRESS' as kind, $4::text as country, $5::timestamptz as observed_at
           union all
           select ($1::uuid[])[2], 'CARD', card.country, $5::timestamptz
             from (select country from payment_methods where tenant_id = $2 and status = 'ACTIVE' order by preferred_at desc, id desc limit 1) card
            where card.country is not null
           union all
           select ($1::uuid[])[3], 'NETWORK', s.network_country, s.created_at
             from invoices i join checkout_sessions s on s.id = i.checkout_session_id
            where i.tenant_id = $2 and i.id = $3 and s.network_country is not null
         ) found on conflict (invoice_id, kind, country) do nothing",
    )
    .bind(vec![Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()])
    .bind(tenant)
    .bind(invoice)
    .bind(address)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// VAT number, consultation number and time of VIES' confirmation: of the order that an invoice is for, otherwise of the account.
pub(super) async fn confirmation(conn: &mut PgConnection, tenant: TenantId, invoice: InvoiceId) -> sqlx::Result<Option<(String, String, Time)>> {
    sqlx::query_as(
        "select vat_number, vat_consultation, vat_checked_at from (
           select s.vat_number, s.vat_consultation, s.vat_checked_at, 1 as place
             from invoices i join checkout_sessions s on s.id = i.checkout_session_id
            where i.tenant_id = $1 and i.id = $2 and s.vat_status = 'CONFIRMED'
           union all
           select vat_number, vat_consultation, vat_checked_at, 2 from billing_profiles where tenant_id = $1 and vat_status = 'CONFIRMED'
         ) found order by place limit 1",
    )
    .bind(tenant)
    .bind(invoice)
    .fetch_optional(conn)
    .await
}

/// Adds a piece of evidence; nothing happens when it is there.
pub(super) async fn insert(conn: &mut PgConnection, tenant: TenantId, invoice: InvoiceId, evidence: &TaxEvidence) -> sqlx::Result<()> {
    sqlx::query(
        "insert into tax_evidence (id, tenant_id, invoice_id, kind, country, reference, observed_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (invoice_id, kind, country) do nothing",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(invoice)
    .bind(evidence.kind)
    .bind(&evidence.country)
    .bind(&evidence.reference)
    .bind(evidence.observed_at)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: EvidenceKind,
    country: String,
    reference: String,
    observed_at: Time,
}

/// Evidence of an invoice.
pub(super) async fn of_invoice(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Vec<TaxEvidence>> {
    let rows: Vec<Row> =
        sqlx::query_as("select kind, country, reference, observed_at from tax_evidence where invoice_id = $1 order by kind, country limit 20")
            .bind(invoice)
            .fetch_all(conn)
            .await?;
    let view = |row: Row| TaxEvidence { kind: row.kind, country: row.country, reference: row.reference, observed_at: row.observed_at };
    Ok(rows.into_iter().map(view).collect())
}
