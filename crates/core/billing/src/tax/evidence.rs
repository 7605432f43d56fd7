//! Evidence of the customer's place: the country of the address, that of the card where the provider says it, that of the buyer's network address
//! where a trusted proxy says it, and for reverse charge what VIES has confirmed.

use super::queries;
use engine::Result;
use model::{
    Time,
    billing::tax::{EvidenceKind, TaxEvidence, TaxTreatment},
    ids::{InvoiceId, TenantId},
};
use sqlx::PgConnection;

/// Keeps what is known when an invoice is issued to a customer in this country.
pub(crate) async fn keep(
    conn: &mut PgConnection,
    tenant: TenantId,
    invoice: InvoiceId,
    country: &str,
    treatment: TaxTreatment,
    at: Time,
) -> Result<()> {
    queries::insert_places(&mut *conn, tenant, invoice, country, at).await?;
    if treatment == TaxTreatment::ReverseCharge
        && let Some((number, consultation, checked_at)) = queries::confirmation(&mut *conn, tenant, invoice).await?
    {
        let reference = format!("{number} {consultation}").trim_end().to_owned();
        let evidence = TaxEvidence { kind: EvidenceKind::VatNumber, country: country.to_owned(), reference, observed_at: checked_at };
        queries::insert(conn, tenant, invoice, &evidence).await?;
    }
    Ok(())
}

/// Keeps the country of the card that an invoice was paid with, once it is known.
pub(crate) async fn keep_card(conn: &mut PgConnection, tenant: TenantId, invoice: InvoiceId, country: &str, at: Time) -> Result<()> {
    let evidence = TaxEvidence { kind: EvidenceKind::Card, country: country.to_owned(), reference: String::new(), observed_at: at };
    Ok(queries::insert(conn, tenant, invoice, &evidence).await?)
}

/// Evidence of an invoice.
pub(crate) async fn of_invoice(conn: &mut PgConnection, invoice: InvoiceId) -> Result<Vec<TaxEvidence>> {
    Ok(queries::of_invoice(conn, invoice).await?)
}
