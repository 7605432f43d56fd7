//! Billing profiles as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::profiles::{BillingProfile, ProfileInput},
    ids::TenantId,
};

/// Returns the billing profile of a customer.
#[operation("/api/admin/billing/profiles", "get", platform(BillingRead))]
pub async fn read_billing_profile(id: TenantId) -> Result<BillingProfile, AppError> {
    Ok(core_billing::profiles::get(&app_auth::services()?, &mut tx, id).await?)
}

/// Changes the billing profile of a customer. It counts for documents that are issued from then on.
#[operation("/api/admin/billing/profiles", "update", platform(BillingManage))]
pub async fn update_billing_profile(id: TenantId, input: ProfileInput) -> Result<(), AppError> {
    Ok(core_billing::profiles::save(&app_auth::services()?, tx, id, &input).await?)
}

/// Returns the billing profile of a tenant.
#[operation("/api/tenant/billing/profile", "get", tenant(BillingRead))]
pub async fn read_own_billing_profile(slug: String) -> Result<BillingProfile, AppError> {
    Ok(core_billing::profiles::get_of_tenant(&app_auth::services()?, &mut tx).await?)
}

/// Changes the billing profile of a tenant. It counts for documents that are issued from then on.
#[operation("/api/tenant/billing/profile", "update", tenant(BillingManage))]
pub async fn update_own_billing_profile(slug: String, input: ProfileInput) -> Result<(), AppError> {
    Ok(core_billing::profiles::save_of_tenant(&app_auth::services()?, tx, &input).await?)
}
