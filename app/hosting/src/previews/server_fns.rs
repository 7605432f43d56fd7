//! Previews of branches, as the pages and the API have them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::previews::PreviewAccess,
    ids::{JobId, WebsiteId},
};

/// Creates a preview of a branch of a site, behind a password. The branch is deployed to it once it is made. It gets none of the site's environment
/// variables unless `copy_variables`. Returns the job.
#[operation("/api/tenant/hosting/previews", "create", tenant(WebsitesWrite))]
pub async fn create_preview(
    slug: String,
    site: WebsiteId,
    preview_branch: String,
    #[server(default)] copy_variables: bool,
) -> Result<JobId, AppError> {
    Ok(core_hosting::previews::create(&app_auth::services()?, tx, site, &preview_branch, copy_variables).await?)
}

/// Returns the name and the password with which a preview is seen.
#[operation("/api/tenant/hosting/previews", "access", tenant(WebsitesWrite))]
pub async fn show_preview_access(slug: String, id: WebsiteId) -> Result<PreviewAccess, AppError> {
    Ok(core_hosting::previews::access(&app_auth::services()?, tx, id).await?)
}

/// Deletes a preview. Returns the job.
#[operation("/api/tenant/hosting/previews", "delete", tenant(WebsitesWrite))]
pub async fn delete_preview(slug: String, id: WebsiteId) -> Result<JobId, AppError> {
    Ok(core_hosting::previews::delete(&app_auth::services()?, tx, id).await?)
}
