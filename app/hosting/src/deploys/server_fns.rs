//! Deploys, as the pages and the API have them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::deploys::{DeploysView, SourceInput, WebhookSecret},
    ids::{DeployId, JobId, WebsiteId},
};

/// Returns where a site is deployed from, and its newest deploys.
#[operation("/api/tenant/hosting/deploys", "get", tenant(WebsitesRead))]
pub async fn read_deploys(slug: String, id: WebsiteId) -> Result<DeploysView, AppError> {
    Ok(core_hosting::deploys::get_own(&app_auth::services()?, &mut tx, id).await?)
}

/// Sets where a site is deployed from and how it is built. The first time, the site gets a deploy key of its own.
#[operation("/api/tenant/hosting/deploys", "set_source", tenant(WebsitesWrite))]
pub async fn set_site_source(slug: String, id: WebsiteId, input: SourceInput) -> Result<(), AppError> {
    Ok(core_hosting::deploys::set_source(&app_auth::services()?, tx, id, input).await?)
}

/// Deploys the newest commit of a site's branch. Returns the job.
#[operation("/api/tenant/hosting/deploys", "start", tenant(WebsitesWrite))]
pub async fn start_deploy(slug: String, id: WebsiteId) -> Result<JobId, AppError> {
    Ok(core_hosting::deploys::start(&app_auth::services()?, tx, id).await?)
}

/// Makes the release of an earlier deploy live again. Nothing is built. Returns the job.
#[operation("/api/tenant/hosting/deploys", "roll_back", tenant(WebsitesWrite))]
pub async fn roll_back_deploy(slug: String, id: DeployId) -> Result<JobId, AppError> {
    Ok(core_hosting::deploys::roll_back(&app_auth::services()?, tx, id).await?)
}

/// Makes a secret for the push webhook of a site. The one before is void. It is returned this once.
#[operation("/api/tenant/hosting/deploys", "create_webhook", tenant(WebsitesWrite))]
pub async fn create_site_webhook(slug: String, id: WebsiteId) -> Result<WebhookSecret, AppError> {
    Ok(core_hosting::deploys::create_webhook(&app_auth::services()?, tx, id).await?)
}

/// Forgets the pinned host key of a site's repository: the next fetch pins the one that its server shows then.
#[operation("/api/tenant/hosting/deploys", "forget_host_key", tenant(WebsitesWrite))]
pub async fn forget_site_host_key(slug: String, id: WebsiteId) -> Result<(), AppError> {
    Ok(core_hosting::deploys::forget_host_keys(&app_auth::services()?, tx, id).await?)
}
