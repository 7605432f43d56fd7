//! Websites, as the pages and the API have them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::{
        cloudpods::{Runtime, Stack},
        cron_jobs::{CronJobInput, CronJobView},
        site_logs::{SiteLogKind, SiteLogPart},
        site_programs::VariableChange,
        websites::{SiteListRow, WebsiteRow, WebsiteView},
    },
    ids::{CloudPodId, JobId, WebsiteId},
    page::{Page, PageRequest},
};

/// Lists the sites of all customers, newest first. `search` looks in titles and domains, and for `customer:` and `server:`.
#[operation("/api/admin/hosting/websites", "list_all", platform(WebsitesRead))]
pub async fn list_all_websites(request: PageRequest) -> Result<Page<SiteListRow>, AppError> {
    Ok(core_hosting::websites::list_all(&app_auth::services()?, &mut tx, &request).await?)
}

/// Lists the sites of a tenant, newest first. `search` looks in titles and domains.
#[operation("/api/tenant/hosting/websites", "list_all", tenant(WebsitesRead))]
pub async fn list_all_own_websites(slug: String, request: PageRequest) -> Result<Page<SiteListRow>, AppError> {
    Ok(core_hosting::websites::list_all_own(&app_auth::services()?, &mut tx, &request).await?)
}

/// Lists the sites of a CloudPod, the oldest first.
#[operation("/api/admin/hosting/websites", "list", platform(WebsitesRead))]
pub async fn list_websites(pod: CloudPodId) -> Result<Vec<WebsiteRow>, AppError> {
    Ok(core_hosting::websites::list(&app_auth::services()?, &mut tx, pod).await?)
}

/// Returns one site.
#[operation("/api/admin/hosting/websites", "get", platform(WebsitesRead))]
pub async fn read_website(id: WebsiteId) -> Result<WebsiteView, AppError> {
    Ok(core_hosting::websites::get(&app_auth::services()?, &mut tx, id).await?)
}

/// Lists the sites of a tenant's CloudPod, the oldest first.
#[operation("/api/tenant/hosting/websites", "list", tenant(WebsitesRead))]
pub async fn list_own_websites(slug: String, pod: CloudPodId) -> Result<Vec<WebsiteRow>, AppError> {
    Ok(core_hosting::websites::list_own(&app_auth::services()?, &mut tx, pod).await?)
}

/// Returns one site of a tenant.
#[operation("/api/tenant/hosting/websites", "get", tenant(WebsitesRead))]
pub async fn read_own_website(slug: String, id: WebsiteId) -> Result<WebsiteView, AppError> {
    Ok(core_hosting::websites::get_own(&app_auth::services()?, &mut tx, id).await?)
}

/// Creates a site in a CloudPod. `domain` is a name at or below a verified domain; empty for one of the platform's. Returns the job.
#[operation("/api/tenant/hosting/websites", "create", tenant(WebsitesWrite))]
pub async fn create_website(
    slug: String,
    pod: CloudPodId,
    title: String,
    stack: Stack,
    runtime: Option<Runtime>,
    domain: String,
) -> Result<JobId, AppError> {
    let new = core_hosting::websites::NewSite { title, stack, runtime, domain };
    Ok(core_hosting::websites::create(&app_auth::services()?, tx, pod, new).await?)
}

/// Stops a site. Its programs end, and visitors get a neutral page with status 503. Returns the job.
#[operation("/api/tenant/hosting/websites", "stop", tenant(WebsitesWrite))]
pub async fn stop_website(slug: String, id: WebsiteId) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::set_stopped(&app_auth::services()?, tx, id, true).await?)
}

/// Starts a site that was stopped. Returns the job.
#[operation("/api/tenant/hosting/websites", "start", tenant(WebsitesWrite))]
pub async fn start_website(slug: String, id: WebsiteId) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::set_stopped(&app_auth::services()?, tx, id, false).await?)
}

/// Switches a site to another version of its language. The job puts the old one back when the site does not respond as it should. Returns the job.
#[operation("/api/tenant/hosting/websites", "set_runtime", tenant(WebsitesWrite))]
pub async fn set_website_runtime(slug: String, id: WebsiteId, runtime: Runtime) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::set_runtime(&app_auth::services()?, tx, id, runtime).await?)
}

/// Sets where the files of a site stand, and what answers for a folder. Returns the job.
#[operation("/api/tenant/hosting/websites", "set_files", tenant(WebsitesWrite))]
pub async fn set_website_files(
    slug: String,
    id: WebsiteId,
    document_root: String,
    index_files: String,
    spa_fallback: bool,
) -> Result<JobId, AppError> {
    let files = model::hosting::websites::FileSettings { document_root, index_files, spa_fallback };
    Ok(core_hosting::websites::set_files(&app_auth::services()?, tx, id, files).await?)
}

/// Sets what PHP allows a site. What is left out is as the size of the CloudPod has it. Returns the job.
#[operation("/api/tenant/hosting/websites", "set_php", tenant(WebsitesWrite))]
pub async fn set_website_php(
    slug: String,
    id: WebsiteId,
    memory_limit_mb: String,
    max_upload_mb: String,
    max_execution_seconds: String,
    display_errors: bool,
) -> Result<JobId, AppError> {
    let php = model::hosting::websites::PhpInput { memory_limit_mb, max_upload_mb, max_execution_seconds, display_errors };
    Ok(core_hosting::websites::set_php(&app_auth::services()?, tx, id, &php).await?)
}

/// Sets redirects and response headers of a site, a line each: `/old /new 301`, `/old/* /new 301`, `X-Frame-Options: DENY`. Returns the job, which puts
/// the old ones back when the site does not respond as it should.
#[operation("/api/tenant/hosting/websites", "set_answers", tenant(WebsitesWrite))]
pub async fn set_website_http_rules(slug: String, id: WebsiteId, redirects: String, headers: String) -> Result<JobId, AppError> {
    let typed = model::hosting::websites::HttpRules { redirects, headers };
    Ok(core_hosting::websites::set_http_rules(&app_auth::services()?, tx, id, &typed).await?)
}

/// Has visitors of a site enter a password, or lets everybody see it if `user_name` is empty. An empty `site_password` keeps the one that is set.
/// Returns the job, which puts the old setting back when the site does not respond as it should.
#[operation("/api/tenant/hosting/websites", "set_protection", tenant(WebsitesWrite))]
pub async fn set_website_protection(slug: String, id: WebsiteId, user_name: String, site_password: String) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::set_protection(&app_auth::services()?, tx, id, &user_name, &site_password).await?)
}

/// Sets a site's own error pages: paths below its document root, as `/404.html`, for 404 and for 500, 502 and 504. Empty for the web server's.
/// Returns the job.
#[operation("/api/tenant/hosting/websites", "set_error_pages", tenant(WebsitesWrite))]
pub async fn set_website_error_pages(slug: String, id: WebsiteId, not_found: String, failed: String) -> Result<JobId, AppError> {
    let typed = model::hosting::websites::ErrorPages { not_found, failed };
    Ok(core_hosting::websites::set_error_pages(&app_auth::services()?, tx, id, &typed).await?)
}

/// Sets for how many seconds PHP's responses are kept for other visitors: 1, 10 or 60; not at all without a number. Returns the job.
#[operation("/api/tenant/hosting/websites", "set_micro_cache", tenant(WebsitesWrite))]
pub async fn set_website_micro_cache(slug: String, id: WebsiteId, micro_cache_seconds: Option<u32>) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::set_micro_cache(&app_auth::services()?, tx, id, micro_cache_seconds).await?)
}

/// Purges the micro-cache of a site. Returns how many responses were in it.
#[operation("/api/tenant/hosting/websites", "purge_cache", tenant(WebsitesWrite))]
pub async fn purge_website_cache(slug: String, id: WebsiteId) -> Result<u32, AppError> {
    Ok(core_hosting::websites::purge_cache(&app_auth::services()?, tx, id).await?)
}

/// Checks an environment variable before it is among the changes to apply. Returns its name.
#[operation("/api/tenant/hosting/websites", "check_variable", tenant(WebsitesWrite))]
pub async fn check_website_variable(slug: String, id: WebsiteId, variable: String, value: String) -> Result<String, AppError> {
    Ok(core_hosting::websites::check_variable(&mut tx, id, &variable, &value).await?)
}

/// Sets and deletes environment variables of a site, all at once. Returns the job, which puts the old ones back when the site does not respond as it
/// should.
#[operation("/api/tenant/hosting/websites", "set_variables", tenant(WebsitesWrite))]
pub async fn set_website_variables(slug: String, id: WebsiteId, #[server(default)] changes: Vec<VariableChange>) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::set_environment(&app_auth::services()?, tx, id, &changes).await?)
}

/// Lists the scheduled jobs of a site, with their next and last runs.
#[operation("/api/admin/hosting/websites", "jobs", platform(WebsitesRead))]
pub async fn list_website_cron_jobs(id: WebsiteId) -> Result<Vec<CronJobView>, AppError> {
    Ok(core_hosting::websites::cron_jobs(&app_auth::services()?, &mut tx, id).await?)
}

/// Lists the scheduled jobs of a tenant's site, with their next and last runs.
#[operation("/api/tenant/hosting/websites", "jobs", tenant(WebsitesRead))]
pub async fn list_own_website_cron_jobs(slug: String, id: WebsiteId) -> Result<Vec<CronJobView>, AppError> {
    Ok(core_hosting::websites::own_cron_jobs(&app_auth::services()?, &mut tx, id).await?)
}

/// Returns a part of a log of a site, the oldest line first: the last lines, or those before a place that another part has named, and of these those
/// that contain a text.
#[operation("/api/admin/hosting/websites", "log", platform(WebsitesRead))]
pub async fn read_website_log(id: WebsiteId, log: SiteLogKind, search: Option<String>, before: Option<String>) -> Result<SiteLogPart, AppError> {
    let query = core_hosting::websites::LogQuery { log, search, place: core_hosting::websites::LogPlace::before(before) };
    Ok(core_hosting::websites::log(&app_auth::services()?, tx, id, &query).await?)
}

/// Returns a part of a log of a tenant's site, the oldest line first: the last lines, or those before a place that another part has named, and of these
/// those that contain a text.
#[operation("/api/tenant/hosting/websites", "log", tenant(WebsitesRead))]
pub async fn read_own_website_log(
    slug: String,
    id: WebsiteId,
    log: SiteLogKind,
    search: Option<String>,
    before: Option<String>,
) -> Result<SiteLogPart, AppError> {
    let query = core_hosting::websites::LogQuery { log, search, place: core_hosting::websites::LogPlace::before(before) };
    Ok(core_hosting::websites::own_log(&app_auth::services()?, tx, id, &query).await?)
}

/// Adds a scheduled job to a site, or changes the one with this key. Returns the job that brings it to the server.
#[operation("/api/tenant/hosting/websites", "save_job", tenant(WebsitesWrite))]
pub async fn save_website_cron_job(slug: String, id: WebsiteId, key: Option<String>, input: CronJobInput) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::save_cron_job(&app_auth::services()?, tx, id, key.as_deref(), &input).await?)
}

/// Removes a scheduled job from a site. Returns the job that removes it from the server.
#[operation("/api/tenant/hosting/websites", "delete_job", tenant(WebsitesWrite))]
pub async fn delete_website_cron_job(slug: String, id: WebsiteId, key: String) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::delete_cron_job(&app_auth::services()?, tx, id, &key).await?)
}

/// Starts a scheduled job of a site now, whatever its schedule says.
#[operation("/api/tenant/hosting/websites", "run_job", tenant(WebsitesWrite))]
pub async fn run_website_cron_job(slug: String, id: WebsiteId, key: String) -> Result<(), AppError> {
    Ok(core_hosting::websites::run_cron_job(&app_auth::services()?, tx, id, &key).await?)
}

/// Lets a name lead to a site: one at or below a verified domain, or one of another site of the same CloudPod. Returns the job, if the CloudPod is
/// free for one.
#[operation("/api/tenant/hosting/websites", "add_name", tenant(WebsitesWrite))]
pub async fn add_website_name(slug: String, id: WebsiteId, domain: String) -> Result<Option<JobId>, AppError> {
    Ok(core_hosting::websites::add_name(&app_auth::services()?, tx, id, &domain).await?)
}

/// Makes a name of a site its main one. Returns the job, if the CloudPod is free for one.
#[operation("/api/tenant/hosting/websites", "set_main", tenant(WebsitesWrite))]
pub async fn set_main_domain(slug: String, id: WebsiteId, name: String) -> Result<Option<JobId>, AppError> {
    Ok(core_hosting::websites::set_main(&app_auth::services()?, tx, id, &name).await?)
}

/// Has visitors of the other names of a site sent to its main one, or each name show the site. Returns the job.
#[operation("/api/tenant/hosting/websites", "set_redirect_to_main", tenant(WebsitesWrite))]
pub async fn set_website_redirect(slug: String, id: WebsiteId, redirect_to_main: bool) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::set_redirect_to_main(&app_auth::services()?, tx, id, redirect_to_main).await?)
}

/// Keeps a site always on, or lets it sleep while nobody visits it, where its plan leaves that to its owner. Returns the job, which wakes the site.
#[operation("/api/tenant/hosting/websites", "set_always_on", tenant(WebsitesWrite))]
pub async fn set_website_always_on(slug: String, id: WebsiteId, always_on: bool) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::set_always_on(&app_auth::services()?, tx, id, always_on).await?)
}

/// Deletes a site with its files and its database. `confirm_name` must match its main name. Returns the job.
#[operation("/api/tenant/hosting/websites", "delete", tenant(WebsitesDelete))]
pub async fn delete_website(slug: String, id: WebsiteId, confirm_name: String) -> Result<JobId, AppError> {
    Ok(core_hosting::websites::delete(&app_auth::services()?, tx, id, &confirm_name).await?)
}
