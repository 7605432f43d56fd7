//! Coupons as the admin's pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::coupons::{CouponDetail, CouponInput, CouponView},
    ids::CouponId,
    page::{Page, PageRequest},
};

/// Lists coupons, newest first.
#[operation("/api/admin/billing/coupons", "list", platform(CouponsRead))]
pub async fn list_coupons(request: PageRequest) -> Result<Page<CouponView>, AppError> {
    Ok(core_billing::coupons::list(&app_auth::services()?, &mut tx, &request).await?)
}

/// Returns one coupon with its newest redemptions.
#[operation("/api/admin/billing/coupons", "get", platform(CouponsRead))]
pub async fn read_coupon(id: CouponId) -> Result<CouponDetail, AppError> {
    Ok(core_billing::coupons::get(&app_auth::services()?, &mut tx, id).await?)
}

/// Creates a coupon.
#[operation("/api/admin/billing/coupons", "create", platform(CouponsWrite))]
pub async fn create_coupon(input: CouponInput) -> Result<CouponView, AppError> {
    Ok(core_billing::coupons::create(&app_auth::services()?, tx, input).await?)
}

/// Deactivates a coupon. Subscriptions that have it keep it.
#[operation("/api/admin/billing/coupons", "deactivate", platform(CouponsWrite))]
pub async fn deactivate_coupon(id: CouponId) -> Result<(), AppError> {
    Ok(core_billing::coupons::deactivate(tx, id).await?)
}
