//! Deploys, as the pages and the API have them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::{
        deploy_sources::SourceProposal,
        deploys::{DeploysView, RollbackPreview, SourceInput, WebhookSecret},
    },
    ids::{DeployId, JobId, WebsiteId},
};

/// Returns where a site is deployed from, its newest deploys and its previews.
#[operation("/api/admin/hosting/deploys", "get", platform(WebsitesRead))]
pub async fn read_site_deploys(id: WebsiteId) -> Result<DeploysView, AppError> {
    Ok(core_hosting::deploys::get(&app_auth::services()?, &mut tx, id).await?)
}

/// Returns where a tenant's site is deployed from, its newest deploys and its previews.
#[operation("/api/tenant/hosting/deploys", "get", tenant(WebsitesRead))]
pub async fn read_deploys(slug: String, id: WebsiteId) -> Result<DeploysView, AppError> {
    Ok(core_hosting::deploys::get_own(&app_auth::services()?, &mut tx, id).await?)
}

/// Sets where a site is deployed from and how it is built. The first time, the site gets a deploy key of its own.
#[operation("/api/tenant/hosting/deploys", "set_source", tenant(WebsitesWrite))]
pub async fn set_site_source(slug: String, id: WebsiteId, input: SourceInput) -> Result<(), AppError> {
    Ok(core_hosting::deploys::set_source(&app_auth::services()?, tx, id, input).await?)
}

/// Fetches what a site's repository has now and returns what it suggests for its build. Nothing is set or deployed.
#[operation("/api/tenant/hosting/deploys", "look", tenant(WebsitesWrite))]
pub async fn look_at_source(slug: String, id: WebsiteId) -> Result<SourceProposal, AppError> {
    Ok(core_hosting::deploys::look(&app_auth::services()?, tx, id).await?)
}

/// Sets how often a site's repository is checked for new commits: every 5, 15 or 60 minutes, or not at all without a number. A new commit is
/// deployed.
#[operation("/api/tenant/hosting/deploys", "set_poll", tenant(WebsitesWrite))]
pub async fn set_site_poll(slug: String, id: WebsiteId, minutes: Option<i32>) -> Result<(), AppError> {
    Ok(core_hosting::deploys::set_poll(&app_auth::services()?, tx, id, minutes).await?)
}

/// Deploys the newest commit of a site's branch. Returns the job.
#[operation("/api/tenant/hosting/deploys", "start", tenant(WebsitesWrite))]
pub async fn start_deploy(slug: String, id: WebsiteId) -> Result<JobId, AppError> {
    Ok(core_hosting::deploys::start(&app_auth::services()?, tx, id).await?)
}

/// Returns what of settings and environment variables a rollback to the release of an earlier deploy would change. Values are never returned.
#[operation("/api/tenant/hosting/deploys", "preview_rollback", tenant(WebsitesRead))]
pub async fn read_rollback(slug: String, id: DeployId) -> Result<RollbackPreview, AppError> {
    Ok(core_hosting::deploys::preview_rollback(&mut tx, id).await?)
}

/// Makes the release of an earlier deploy live again, with the settings and environment variables that it was live with; with `keep_settings` its
/// code alone. Nothing is built. Returns the job.
#[operation("/api/tenant/hosting/deploys", "roll_back", tenant(WebsitesWrite))]
pub async fn roll_back_deploy(slug: String, id: DeployId, #[server(default)] keep_settings: bool) -> Result<JobId, AppError> {
    Ok(core_hosting::deploys::roll_back(&app_auth::services()?, tx, id, keep_settings).await?)
}

/// Makes a secret for the push webhook of a site. The one before is void. It is returned this once.
#[operation("/api/tenant/hosting/deploys", "create_webhook", tenant(WebsitesWrite))]
pub async fn create_site_webhook(slug: String, id: WebsiteId) -> Result<WebhookSecret, AppError> {
    Ok(core_hosting::deploys::create_webhook(&app_auth::services()?, tx, id).await?)
}

/// Deletes the secret of a site's push webhook: pushes are no longer accepted.
#[operation("/api/tenant/hosting/deploys", "delete_webhook", tenant(WebsitesWrite))]
pub async fn delete_site_webhook(slug: String, id: WebsiteId) -> Result<(), AppError> {
    Ok(core_hosting::deploys::delete_webhook(&app_auth::services()?, tx, id).await?)
}

/// Replaces the deploy key of a site. The one before is deleted.
#[operation("/api/tenant/hosting/deploys", "rotate_key", tenant(WebsitesWrite))]
pub async fn rotate_site_deploy_key(slug: String, id: WebsiteId) -> Result<(), AppError> {
    Ok(core_hosting::deploys::rotate_key(&app_auth::services()?, tx, id).await?)
}

/// Disconnects the repository of a site: its deploy key, its webhook and its previews are deleted. The live release stays.
#[operation("/api/tenant/hosting/deploys", "disconnect", tenant(WebsitesWrite))]
pub async fn disconnect_site_source(slug: String, id: WebsiteId) -> Result<(), AppError> {
    Ok(core_hosting::deploys::disconnect(&app_auth::services()?, tx, id).await?)
}

/// Forgets the pinned host key of a site's repository: the next fetch pins the one that its server shows then.
#[operation("/api/tenant/hosting/deploys", "forget_host_key", tenant(WebsitesWrite))]
pub async fn forget_site_host_key(slug: String, id: WebsiteId) -> Result<(), AppError> {
    Ok(core_hosting::deploys::forget_host_keys(&app_auth::services()?, tx, id).await?)
}
