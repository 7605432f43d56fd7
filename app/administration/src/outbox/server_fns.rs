//! The outbox as the pages call it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::outbox::{MailRow, MailView},
    ids::MailId,
    page::{Page, PageRequest},
};

/// Lists outgoing emails, newest first.
#[operation("/api/admin/outbox", "list", platform(OutboxRead))]
pub async fn list_mails(request: PageRequest) -> Result<Page<MailRow>, AppError> {
    Ok(core_administration::outbox::list(&mut tx, &request).await?)
}

/// Returns one email with its text.
#[operation("/api/admin/outbox", "get", platform(OutboxRead))]
pub async fn read_mail(id: MailId) -> Result<MailView, AppError> {
    Ok(core_administration::outbox::get(&mut tx, id).await?)
}
