//! The audit log as its page calls it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use model::permission::AuditRead;
use model::{
    page::{Page, PageRequest},
    security::audit::AuditRow,
};
use server_fn::codec::Json;

/// Events, newest first.
#[server(prefix = "/api/admin/security/audit", endpoint = "list", input = Json)]
pub async fn list_events(request: PageRequest) -> Result<Page<AuditRow>, AppError> {
    Ok(mpanel_core::security::audit::list(&mut app_door::platform::<AuditRead>().await?, &request).await?)
}
