//! Sign-in rules as their page calls them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::security::policies::{PoliciesView, Policy};

/// Lists the security policies.
#[operation("/api/admin/security/policies", "list", platform(PoliciesRead))]
pub async fn list_policies() -> Result<PoliciesView, AppError> {
    Ok(core_security::policies::policies(tx).await?)
}

/// Enables or disables a policy.
#[operation("/api/admin/security/policies", "set", platform(PoliciesManage))]
pub async fn set_policy(policy: Policy, enabled: bool) -> Result<(), AppError> {
    Ok(core_security::policies::set_policy(&app_auth::services()?, tx, policy, enabled).await?)
}
