//! The dashboard as its page calls it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::overview::dashboard::DashboardView;

/// Returns the figures of the dashboard.
#[operation("/api/admin/overview", "dashboard", platform(DashboardRead))]
pub async fn read_dashboard() -> Result<DashboardView, AppError> {
    Ok(core_overview::dashboard::view(&app_auth::services()?, &mut tx).await?)
}
