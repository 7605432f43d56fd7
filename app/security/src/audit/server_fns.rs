//! The audit log as its page calls it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    page::{Page, PageRequest},
    security::audit::AuditRow,
};

/// Lists audit events, newest first.
#[operation("/api/admin/security/audit", "list", platform(AuditRead))]
pub async fn list_events(request: PageRequest) -> Result<Page<AuditRow>, AppError> {
    Ok(core_security::audit::list(&mut tx, &request).await?)
}
