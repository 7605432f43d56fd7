//! Websites: the sites of CloudPods.

use super::{
    cloudpods::{Runtime, SleepRule, Stack},
    cron_jobs::CronJob,
    deploys::SiteRelease,
    previews::PreviewOf,
    site_programs::Environment,
};
use crate::{
    Time,
    ids::{CloudPodId, JobId, ServerId, TenantId, WebsiteId},
};
use serde::{Deserialize, Serialize};

/// Most sites that a plan can give a CloudPod, beside the previews of their branches. A plan that names no number gives as many.
pub const MAX_SITES_WITHOUT_PREVIEWS: i32 = 20;

crate::module! {
    ids {
        /// A site of a CloudPod.
        WebsiteId,
    }
    permissions {
        /// View websites.
        WebsitesRead "websites:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER, TENANT_USER];
        /// Create and change websites, stop and start them.
        WebsitesWrite "websites:write" write covers WebsitesRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER];
        /// Delete websites with their files and databases.
        WebsitesDelete "websites:delete" step_up covers WebsitesRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
    }
    audit {
        /// A site was made in a CloudPod; it responds.
        SiteCreated = "SITE_CREATED",
        /// A site was changed, stopped or started; it was seen to be so.
        SiteUpdated = "SITE_UPDATED",
        /// A scheduled job of a site was started by hand.
        SiteCronJobStarted = "SITE_JOB_STARTED",
        /// Answers that were kept of a site for its next visitors were thrown away.
        SiteCachePurged = "SITE_CACHE_PURGED",
        /// A site was deleted with its files and its database.
        SiteDeleted = "SITE_DELETED",
    }
}

crate::text_enum! {
    /// How far a site is.
    SiteStatus {
        /// Its job has not begun; nothing of it is on the server.
        Requested = "REQUESTED",
        /// Its job makes it.
        Creating = "CREATING",
        /// It was seen to respond; it may be stopped since.
        Active = "ACTIVE",
        /// It could not be made, and nothing of it is on the server.
        Failed = "FAILED",
        /// Its job removes it.
        Deleting = "DELETING",
        /// Nothing of it is left.
        Deleted = "DELETED",
    }
}

/// What a site is set to, beside what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct SiteConfig {
    /// Stopped by itself: nothing of it runs, and visitors get a neutral page.
    pub stopped: bool,
    /// It does not sleep, where its CloudPod leaves that to its owner.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub always_on: bool,
    /// Visitors of its other names are sent to its main one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub redirect_to_main: bool,
    /// The version of its language that it is to be switched to; nothing where it stays on the one that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// Where its files stand.
    pub files: FileSettings,
    /// What PHP allows.
    pub php: PhpSettings,
    /// The release that it serves; nothing where it serves the files of its own folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<SiteRelease>,
    /// What the web server answers by itself.
    #[serde(rename = "answers", skip_serializing_if = "HttpRules::is_empty")]
    pub http_rules: HttpRules,
    /// Who has to say a password before the site is shown; nothing where everybody sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<SiteProtection>,
    /// Pages of its own for what went wrong.
    #[serde(skip_serializing_if = "ErrorPages::is_empty")]
    pub error_pages: ErrorPages,
    /// How long what PHP answers everybody is kept for the next visitor, in seconds: 1, 10 or 60; nothing where it is not. Of PHP and WordPress
    /// sites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_cache_seconds: Option<u32>,
    /// Environment variables of its programs, without their values.
    #[serde(skip_serializing_if = "Environment::is_empty")]
    pub environment: Environment,
    /// What is run at times.
    #[serde(rename = "jobs", skip_serializing_if = "Vec::is_empty")]
    pub cron_jobs: Vec<CronJob>,
}

/// Where the files of a site stand, and what answers for a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct FileSettings {
    /// The folder below the public one that is served; empty for that one. Of static and PHP sites.
    pub document_root: String,
    /// Files that stand for a folder, with spaces between them; empty for `index.html index.htm`. Of static sites.
    pub index_files: String,
    /// What is not there is answered with the front page. Of static sites.
    pub spa_fallback: bool,
}

/// What the web server answers by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct HttpRules {
    /// Redirects, a line each: `/from /to 301`, or `/from/* /to 301` for everything below. The status is 301, 302, 307 or 308; 301 where none is
    /// written.
    pub redirects: String,
    /// Headers of every response, a line each: `X-Frame-Options: DENY`.
    pub headers: String,
}

/// The password of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SiteProtection {
    /// Name that visitors enter.
    pub user: String,
    /// What the password is compared with. Never shown: empty wherever a site is read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub password_hash: String,
}

/// Pages of a site's own for what went wrong: paths below what it serves, as `/404.html`; empty for the web server's. Of static and PHP sites.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ErrorPages {
    /// What is asked for is not there: 404.
    pub not_found: String,
    /// PHP has failed or does not respond: 500, 502 and 504.
    pub failed: String,
}

impl ErrorPages {
    /// There are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl HttpRules {
    /// There are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What PHP allows. What is left out is as the size of the CloudPod has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct PhpSettings {
    /// Memory of a request in MiB, 32 to 2048.
    pub memory_limit_mb: Option<u32>,
    /// Largest file that a visitor can send, in MiB, 1 to 1024.
    pub max_upload_mb: Option<u32>,
    /// Longest that PHP may compute for a request, in seconds, 5 to 600. Whatever it does, a request ends after this or 120 seconds, whichever is
    /// longer.
    pub max_execution_seconds: Option<u32>,
    /// Visitors are shown errors.
    pub display_errors: bool,
}

/// The same as it is typed: whole numbers, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PhpInput {
    /// Memory of a request in MiB.
    pub memory_limit_mb: String,
    /// Largest file that a visitor can send, in MiB.
    pub max_upload_mb: String,
    /// Longest that a request may take, in seconds.
    pub max_execution_seconds: String,
    /// Visitors are shown errors.
    pub display_errors: bool,
}

/// A site in the list of its CloudPod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebsiteRow {
    /// The site.
    pub id: WebsiteId,
    /// Its main name.
    pub domain: String,
    /// Where it is reached.
    pub url: String,
    /// Its title.
    pub title: String,
    /// What runs in it.
    pub stack: Stack,
    /// The version that it runs on; none for static files.
    pub runtime: Option<Runtime>,
    /// Whether that version gets no security updates any more.
    pub is_end_of_life: bool,
    /// How far it is.
    pub status: SiteStatus,
    /// Stopped by itself.
    pub is_stopped: bool,
    /// Whether its CloudPod is running: only then the site is served, and can be changed.
    pub is_pod_running: bool,
    /// What its server last got from it; nothing before the first look.
    pub observed: Option<SiteAnswer>,
    /// Since when its server sees it asleep: its programs are stopped because nobody visits it, and start with the next visit.
    pub asleep_since: Option<Time>,
    /// The site whose branch it is a preview of; nothing for a site of its own.
    pub preview_of: Option<WebsiteId>,
    /// When it was asked for.
    pub created_at: Time,
}

crate::text_enum! {
    /// What lists of sites can be narrowed down to.
    SiteFilter {
        /// It is served: neither it nor its CloudPod is stopped.
        Running = "RUNNING",
        /// It is stopped by itself.
        Stopped = "STOPPED",
        /// Its CloudPod is not running.
        Offline = "OFFLINE",
        /// Its job makes it, or is about to.
        Creating = "CREATING",
        /// It could not be made.
        Failed = "FAILED",
        /// Its job removes it.
        Deleting = "DELETING",
        /// It is the preview of a branch.
        Preview = "PREVIEW",
    }
}

/// A site in the list of all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SiteListRow {
    /// The same data as in the list of its CloudPod.
    pub site: WebsiteRow,
    /// The CloudPod that it is in.
    pub cloud_pod: CloudPodId,
    /// Name of that CloudPod.
    pub pod_name: String,
    /// The customer it belongs to.
    pub tenant: TenantId,
    /// Name of the customer.
    pub tenant_name: String,
    /// The server that its CloudPod is on. Customers are not told.
    pub server: Option<ServerId>,
    /// Name of that server.
    pub server_name: Option<String>,
}

/// A site as its server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SiteAnswer {
    /// HTTP status of its front page; nothing where it did not answer.
    pub http_status: Option<u16>,
    /// When its server looked.
    pub observed_at: Time,
}

/// A name that leads to a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebsiteName {
    /// The name.
    pub name: String,
    /// The first one, by which the site is known.
    pub is_main: bool,
    /// Whether it is the main domain of the CloudPod, which stays with its site.
    pub is_pod_main: bool,
}

/// A site in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebsiteView {
    /// The same data as in the list.
    pub site: WebsiteRow,
    /// The CloudPod that it is in.
    pub cloud_pod: CloudPodId,
    /// Name of that CloudPod.
    pub pod_name: String,
    /// Whether that CloudPod was deleted, and with it everything that its server had of the site.
    pub is_pod_deleted: bool,
    /// Its latest job, if it is still known.
    pub job: Option<JobId>,
    /// The customer it belongs to.
    pub tenant: TenantId,
    /// Name of the customer.
    pub tenant_name: String,
    /// What it is set to.
    pub config: SiteConfig,
    /// Versions of its language that it can be switched to: those that get security updates.
    pub offered: Vec<Runtime>,
    /// When the sites of its CloudPod sleep; nothing where they never do, and for a site without programs.
    pub sleep: Option<SleepRule>,
    /// Names that lead to it, the main one first.
    pub names: Vec<WebsiteName>,
    /// Whether it is the only site of its CloudPod.
    pub is_last: bool,
    /// What it is a preview of; nothing for a site of its own.
    pub preview: Option<PreviewOf>,
}
