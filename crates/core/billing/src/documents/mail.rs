//! Invoices that go with mail.

use super::of_invoice;
use adapters::smtp::MailFile;
use async_trait::async_trait;
use core_administration::outbox::Attachments;
use engine::{Result, Services, mail::Attachment};
use model::ids::InvoiceId;
use uuid::Uuid;

/// The document of the invoice that a mail is about.
pub struct InvoiceAttachments;

#[async_trait]
impl Attachments for InvoiceAttachments {
    async fn fetch(&self, services: &Services, id: Uuid) -> Result<MailFile> {
        let file = of_invoice(services, InvoiceId(id)).await?;
        Ok(MailFile { name: file.name, content_type: "application/pdf", body: file.body })
    }
}

/// The document of an invoice, for a letter.
pub(crate) fn attachment(invoice: InvoiceId, number: &str) -> Attachment {
    Attachment { id: invoice.0, name: file_name(number) }
}

pub(super) fn file_name(number: &str) -> String {
    format!("{number}.pdf")
}
