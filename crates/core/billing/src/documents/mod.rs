//! Invoices and credit notes as files: PDF/A-3 with the invoice as XML in it (Factur-X, profile EN 16931).
//!
//! - A file is made from what was issued and nothing else: the same bytes whenever it is made.
//! - It is made when it is first wanted, or by the reconciler soon after the invoice; it is stored with its SHA-256 and never changes.
//! - No transaction is open while it is made.

mod cii;
mod mail;
mod queries;
mod reconcile;
mod render;
#[cfg(test)]
mod tests;
mod xml;

pub use mail::InvoiceAttachments;
pub(crate) use mail::attachment;

use crate::invoices;
use db::{PlatformTx, TenantTx};
use engine::{Error, Result, Services};
use model::{
    billing::invoices::{BankDetails, InvoiceKind, InvoiceView},
    ids::{InvoiceId, TenantId},
    money::Money,
    permission::BillingRead,
};
use sha2::{Digest, Sha256};

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::StoredDocuments>();
}

/// A document to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFile {
    /// Its name: the number of the invoice.
    pub name: String,
    /// The PDF.
    pub body: Vec<u8>,
}

/// The document of an invoice, for staff.
///
/// # Errors
/// Not found.
pub async fn get(services: &Services, mut tx: PlatformTx<BillingRead>, invoice: InvoiceId) -> Result<DocumentFile> {
    queries::number(tx.conn(), None, invoice).await?.ok_or_else(|| Error::not_found("Invoice"))?;
    tx.finish().await?;
    of_invoice(services, invoice).await
}

/// The document of an invoice of the open tenant.
///
/// # Errors
/// Not found, also when it is somebody else's.
pub async fn get_of_tenant(services: &Services, mut tx: TenantTx<BillingRead>, invoice: InvoiceId) -> Result<DocumentFile> {
    let tenant = tx.tenant();
    queries::number(tx.conn(), Some(tenant), invoice).await?.ok_or_else(|| Error::not_found("Invoice"))?;
    tx.finish().await?;
    of_invoice(services, invoice).await
}

/// The document as it is stored; it is made and stored where there is none yet. Two that make it at once make the same.
pub(crate) async fn of_invoice(services: &Services, invoice: InvoiceId) -> Result<DocumentFile> {
    let mut tx = services.db.system_read("documents").await?;
    if let Some(stored) = queries::stored(tx.conn(), invoice).await? {
        return intact(stored);
    }
    let view = invoices::as_issued(tx.conn(), invoice).await?;
    tx.finish().await?;
    let tenant = view.invoice.tenant;
    let body = tokio::task::spawn_blocking(move || make(&view)).await.map_err(anyhow::Error::from)??;
    store(services, tenant, invoice, &body).await?;
    let mut tx = services.db.system_read("documents").await?;
    intact(queries::stored(tx.conn(), invoice).await?.ok_or_else(|| anyhow::anyhow!("the document of an invoice was not stored"))?)
}

async fn store(services: &Services, tenant: TenantId, invoice: InvoiceId, body: &[u8]) -> Result<()> {
    let mut tx = services.db.system("documents").await?;
    queries::insert(tx.conn(), tenant, invoice, body, &Sha256::digest(body), services.now()).await?;
    Ok(tx.commit_progress().await?)
}

/// Refuses a file that is not the one that was made.
fn intact(stored: queries::Stored) -> Result<DocumentFile> {
    if Sha256::digest(&stored.body)[..] != stored.sha256[..] {
        return Err(anyhow::anyhow!("the stored document of {} is not the one that was made", stored.number).into());
    }
    Ok(DocumentFile { name: mail::file_name(&stored.number), body: stored.body })
}

/// Where the document says that it can be paid by bank transfer: on an invoice that is due later than it was issued. One that is due at once was
/// paid with the order. What has become of it since is no part of the document.
fn transfer_to(view: &InvoiceView) -> Option<&BankDetails> {
    let is_for_later = view.invoice.kind == InvoiceKind::Invoice && view.invoice.due_at > view.invoice.issued_at && view.invoice.total.minor > 0;
    view.seller.bank.as_ref().filter(|_| is_for_later)
}

/// The file of an invoice or credit note.
fn make(view: &InvoiceView) -> Result<Vec<u8>> {
    let zero = Money::new(0, view.net.currency);
    let lines = view.lines.iter().try_fold(zero, |sum, line| sum.plus(line.net));
    if lines != Some(view.net) || view.net.plus(view.tax) != Some(view.invoice.total) {
        return Err(anyhow::anyhow!("the lines of {} do not add up", view.invoice.number).into());
    }
    Ok(render::pdf(view, &cii::invoice(view))?)
}
