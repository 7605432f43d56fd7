//! The dashboard as its page calls it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
use model::overview::dashboard::DashboardView;
#[cfg(feature = "ssr")]
use model::permission::DashboardRead;
use server_fn::codec::Json;

/// Everything the dashboard shows.
#[server(prefix = "/api/admin/overview", endpoint = "dashboard", input = Json)]
pub async fn read_dashboard() -> Result<DashboardView, AppError> {
    let mut tx = app_door::platform::<DashboardRead>().await?;
    Ok(mpanel_core::overview::dashboard::view(&app_door::services()?, &mut tx).await?)
}
