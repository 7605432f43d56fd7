//! Domains, as the API has them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::domains::ReservationRow,
    page::{Page, PageRequest},
};

/// Domains that are served without a proof of who owns them, newest first.
#[operation("/api/admin/hosting/domains", "list", platform(DomainsRead))]
pub async fn list_reservations(request: PageRequest) -> Result<Page<ReservationRow>, AppError> {
    Ok(core_hosting::domains::list(&mut tx, &request).await?)
}

/// Releases a reserved domain, so that somebody else can order it. Its CloudPod has to be offline.
#[operation("/api/admin/hosting/domains", "release", platform(DomainsManage))]
pub async fn release_reservation(domain: String) -> Result<(), AppError> {
    Ok(core_hosting::domains::release(&app_auth::services()?, tx, &domain).await?)
}
