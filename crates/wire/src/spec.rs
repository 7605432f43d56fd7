//! What a pod should be: the one description that `plan`, `apply` and `observe` share.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::certificate::SiteCertificate;
use crate::cron::{self, CronJob};
use crate::deploy::Release;
use crate::environment::{self, Variable};
use crate::settings::{PhpSettings, SiteSettings};
use crate::{ArtifactName, DbName, DomainName, Email, InvalidText, LoginName, PodName, PodUid, Secret, Sha256, SiteName, SiteUrl, Title};

/// Most sites in a pod, previews of branches among them.
pub const MAX_SITES_WITH_PREVIEWS: usize = 40;
/// Most databases in a pod.
pub const MAX_DATABASES: usize = 20;
/// After how many minutes without a visitor a site can be put to sleep: five minutes to thirty days.
pub const SLEEP_MINUTES: RangeInclusive<u32> = 5..=43_200;

/// A pod as it should be on its server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PodSpec {
    /// Its name on the server.
    pub pod: PodName,
    /// Number of its system user and group: the panel's to give, the same on every server.
    pub uid: PodUid,
    /// What it may use.
    pub limits: Limits,
    /// What its programs may reach.
    pub network: NetworkPolicy,
    /// What it should be doing.
    pub state: PodState,
    /// Its sites; 1 to 40.
    pub sites: Vec<SiteSpec>,
    /// Its databases, all in one instance of the pod's own; 0 to 20.
    pub databases: Vec<Database>,
    /// What becomes of changes that were made by hand to the files that the server's program writes for it.
    #[serde(default)]
    pub hand_edits: HandEdits,
}

/// A site of a pod.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSpec {
    /// Its name within the pod.
    pub name: SiteName,
    /// What runs in it.
    pub stack: Stack,
    /// The root that its programs see; none for static sites.
    pub runtime: Option<ArtifactRef>,
    /// Names it answers to, the main one first; 1 to 50.
    pub domains: Vec<DomainName>,
    /// The application's files; WordPress needs them, other stacks take none.
    pub source: Option<ArtifactRef>,
    /// With what it answers over HTTPS. Left out where there is none: agents of before certificates read such a description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<SiteCertificate>,
    /// Stopped by itself while its pod goes on: its programs do not run, and its visitors get the neutral page with status 503. Left out where
    /// it is not: agents of before sites could be stopped read such a description.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// What it is set to. Left out where that is what its stack has: agents of before read such a description.
    #[serde(default, skip_serializing_if = "SiteSettings::is_default")]
    pub settings: SiteSettings,
    /// The release that it serves instead of the files of its own folders. Left out where there is none: agents of before read such a description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
    /// What its programs find in their environment; of sites that have programs. Left out where there is nothing: agents of before read such a
    /// description.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<Variable>,
    /// What is run at times; of sites that have programs. Left out where there is nothing, too.
    #[serde(default, rename = "jobs", skip_serializing_if = "Vec::is_empty")]
    pub cron_jobs: Vec<CronJob>,
    /// After how many minutes without a visitor its programs are stopped, until the next one comes: one of [`SLEEP_MINUTES`]; of sites that have
    /// programs. Left out where they are always on, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep_after_minutes: Option<u32>,
}

/// What runs in a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Stack {
    /// Files served as they are.
    Static {
        /// Title of the starter page.
        title: Title,
    },
    /// PHP by its own FPM master.
    Php {
        /// Title of the starter page.
        title: Title,
    },
    /// A Node program that listens on the socket named by `PORT`.
    Node {
        /// Title of the starter page.
        title: Title,
    },
    /// WordPress on PHP, installed and with its first user.
    Wordpress {
        /// Title of the site.
        title: Title,
        /// Address of the first user.
        admin_email: Email,
        /// Name of the first user.
        admin_user: LoginName,
        /// Password of the first user; used at the installation only.
        admin_password: Secret,
        /// Where the site will be reached; its host is one of the domains.
        url: SiteUrl,
        /// Which of the pod's databases it uses.
        database: DbName,
    },
}

/// A file that was shipped to the server before, by name and checksum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtifactRef {
    /// Its name, as `php8.2`.
    pub name: ArtifactName,
    /// Its checksum; names the file on the server.
    pub sha256: Sha256,
}

/// What a pod may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Thousandths of a processor, 10 to 256000.
    pub cpu_millis: u32,
    /// Memory in MiB, 32 to 1048576.
    pub memory_mb: u32,
    /// Disk in MiB, 16 to 16777216.
    pub disk_mb: u32,
    /// Processes and threads, 8 to 100000.
    pub tasks: u32,
}

/// A database and its only user, who can reach nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Name of the database.
    pub name: DbName,
    /// Name of its user.
    pub user: DbName,
    /// The user's password; letters, digits, `-` and `_` only.
    pub password: Secret,
}

/// What a pod should be doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PodState {
    /// Serving.
    Running,
    /// Off, with everything kept: nothing of it runs or can be started by a visitor, who gets a neutral page with status 503.
    Suspended,
}

/// What becomes of changes that other hands made to the files that the server's program writes for a pod.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandEdits {
    /// Replaced; the server keeps a copy of them.
    #[default]
    Replace,
    /// Left alone. Where the same file has to change for another reason, or the pod is to be closed, they are replaced and a copy is kept.
    Keep,
}

/// What a pod's programs may reach. Never the server's own services, other pods or private networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkPolicy {
    /// The public internet and the server's resolvers.
    Internet,
    /// The sites of this server only.
    Closed,
}

impl Stack {
    /// Title of the site.
    pub fn title(&self) -> &Title {
        match self {
            Self::Static { title } | Self::Php { title } | Self::Node { title } => title,
            Self::Wordpress { title, .. } => title,
        }
    }

    /// Label for people and logs.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Static { .. } => "static",
            Self::Php { .. } => "php",
            Self::Node { .. } => "node",
            Self::Wordpress { .. } => "wordpress",
        }
    }
}

impl PodSpec {
    /// The rules that no single field can hold. The server's program asks this first.
    pub fn check(&self) -> Result<(), InvalidText> {
        self.limits.check()?;
        if !(1..=MAX_SITES_WITH_PREVIEWS).contains(&self.sites.len()) {
            return refuse("sites", "1 to 40");
        }
        if is_repeated(self.sites.iter().map(|site| site.name.as_str())) {
            return refuse("sites", "one is named twice");
        }
        if is_repeated(self.domains().map(DomainName::as_str)) {
            return refuse("domains", "one is named twice");
        }
        self.check_databases()?;
        self.sites.iter().try_for_each(|site| site.check(&self.databases))
    }

    fn check_databases(&self) -> Result<(), InvalidText> {
        if self.databases.len() > MAX_DATABASES {
            return refuse("databases", "at most 20");
        }
        if is_repeated(self.databases.iter().map(|db| db.name.as_str())) || is_repeated(self.databases.iter().map(|db| db.user.as_str())) {
            return refuse("databases", "one is named twice");
        }
        self.databases.iter().try_for_each(Database::check)
    }

    /// Names that its sites answer to.
    pub fn domains(&self) -> impl Iterator<Item = &DomainName> {
        self.sites.iter().flat_map(|site| &site.domains)
    }

    /// Roots that its sites need on the server.
    pub fn runtimes(&self) -> impl Iterator<Item = &ArtifactRef> {
        self.sites.iter().filter_map(|site| site.runtime.as_ref())
    }
}

impl SiteSpec {
    fn check(&self, databases: &[Database]) -> Result<(), InvalidText> {
        if !(1..=50).contains(&self.domains.len()) {
            return refuse("domains", "1 to 50");
        }
        self.certificate.as_ref().map_or(Ok(()), |certificate| certificate.check(&self.domains))?;
        self.check_settings()?;
        self.release.as_ref().map_or(Ok(()), |release| release.check(&self.stack))?;
        environment::check(&self.environment)?;
        cron::check(&self.cron_jobs)?;
        let needs_runtime = !matches!(self.stack, Stack::Static { .. });
        if !needs_runtime && !(self.environment.is_empty() && self.cron_jobs.is_empty()) {
            return refuse("environment variables and scheduled jobs", "a static site has no programs");
        }
        if self.sleep_after_minutes.is_some_and(|minutes| !needs_runtime || !SLEEP_MINUTES.contains(&minutes)) {
            return refuse("sleep", if needs_runtime { "after 5 to 43200 minutes" } else { "a static site has no programs" });
        }
        if needs_runtime != self.runtime.is_some() {
            return refuse("runtime", if needs_runtime { "this stack needs one" } else { "a static site takes none" });
        }
        let wordpress = matches!(self.stack, Stack::Wordpress { .. });
        if wordpress != self.source.is_some() {
            return refuse("source", if wordpress { "WordPress needs its archive" } else { "this stack takes none" });
        }
        let Stack::Wordpress { url, database, .. } = &self.stack else { return Ok(()) };
        if !self.domains.iter().any(|d| d.as_str() == url.host()) {
            refuse("site address", "its host is not among the domains")
        } else if !databases.iter().any(|db| db.name == *database) {
            refuse("database", "WordPress needs one of the pod's")
        } else {
            Ok(())
        }
    }
}

impl SiteSpec {
    /// Each setting where its stack knows it.
    fn check_settings(&self) -> Result<(), InvalidText> {
        let SiteSettings { document_root, index_files, spa_fallback, php, error_pages, micro_cache_seconds, .. } = &self.settings;
        let is_static = matches!(self.stack, Stack::Static { .. });
        let has_root = is_static || matches!(self.stack, Stack::Php { .. });
        let is_php = matches!(self.stack, Stack::Php { .. } | Stack::Wordpress { .. });
        if document_root.is_some() && !has_root {
            refuse("document root", "this stack has its own")
        } else if (!index_files.is_empty() || *spa_fallback) && !is_static {
            refuse("index files", "this stack has its own")
        } else if *php != PhpSettings::default() && !is_php {
            refuse("PHP settings", "this stack has no PHP")
        } else if !error_pages.is_empty() && !has_root {
            refuse("error pages", "this stack answers them by itself")
        } else if micro_cache_seconds.is_some() && !is_php {
            refuse("micro-cache", "this stack has no PHP")
        } else {
            self.settings.check()
        }
    }
}

impl Database {
    fn check(&self) -> Result<(), InvalidText> {
        if !self.password.is_plain() {
            refuse("database password", "only letters, digits, - and _")
        } else if self.password.expose().len() < 16 {
            refuse("database password", "at least 16 characters")
        } else if [self.name.as_str(), self.user.as_str()].iter().any(|name| RESERVED.contains(name)) {
            refuse("database", "this name belongs to the instance itself")
        } else {
            Ok(())
        }
    }
}

/// Databases and users that every instance of MariaDB has.
const RESERVED: [&str; 6] = ["mysql", "information_schema", "performance_schema", "sys", "root", "public"];

fn is_repeated<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = HashSet::new();
    names.into_iter().any(|name| !seen.insert(name))
}

impl Limits {
    /// Each figure within what a server can have.
    pub fn check(&self) -> Result<(), InvalidText> {
        if !(10..=256_000).contains(&self.cpu_millis) {
            refuse("processor limit", "10 to 256000 thousandths")
        } else if !(32..=1_048_576).contains(&self.memory_mb) {
            refuse("memory limit", "32 MiB to 1 TiB")
        } else if !(16..=16_777_216).contains(&self.disk_mb) {
            refuse("disk limit", "16 MiB to 16 TiB")
        } else if !(8..=100_000).contains(&self.tasks) {
            refuse("task limit", "8 to 100000")
        } else {
            Ok(())
        }
    }
}

fn refuse(what: &'static str, why: &'static str) -> Result<(), InvalidText> {
    Err(InvalidText { what, why })
}

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
