//! The outbox as the pages call it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use model::permission::OutboxRead;
use model::{
    administration::outbox::{MailRow, MailView},
    ids::MailId,
    page::{Page, PageRequest},
};
use server_fn::codec::Json;

/// Mails, newest first.
#[server(prefix = "/api/admin/outbox", endpoint = "list", input = Json)]
pub async fn list_mails(request: PageRequest) -> Result<Page<MailRow>, AppError> {
    Ok(mpanel_core::administration::outbox::list(&mut app_door::platform::<OutboxRead>().await?, &request).await?)
}

/// One mail with its text.
#[server(prefix = "/api/admin/outbox", endpoint = "get", input = Json)]
pub async fn read_mail(id: MailId) -> Result<MailView, AppError> {
    Ok(mpanel_core::administration::outbox::get(&mut app_door::platform::<OutboxRead>().await?, id).await?)
}
