//! Reconciliations as the page calls them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::reconciliations::ReconciliationRow,
    page::{Page, PageRequest},
};

/// Lists everything that is checked again and again, newest first.
#[operation("/api/admin/provisioning/reconciliations", "list", platform(JobsRead))]
pub async fn list_reconciliations(request: PageRequest) -> Result<Page<ReconciliationRow>, AppError> {
    Ok(core_administration::reconciliations::list(&app_auth::services()?, &mut tx, &request).await?)
}
