//! Sign-in rules as their page calls them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::security::policies::{PoliciesView, Policy};

/// All rules for signing in.
#[operation("/api/admin/security/policies", "list", platform(PoliciesRead))]
pub async fn list_policies() -> Result<PoliciesView, AppError> {
    Ok(mpanel_core::security::policies::policies(tx).await?)
}

/// Switches a rule on or off.
#[operation("/api/admin/security/policies", "set", platform(PoliciesManage))]
pub async fn set_policy(policy: Policy, enabled: bool) -> Result<(), AppError> {
    Ok(mpanel_core::security::policies::set_policy(&app_auth::services()?, tx, policy, enabled).await?)
}
