//! What a pod should be: the one description that `plan`, `apply` and `observe` share.

use serde::{Deserialize, Serialize};

use crate::{ArtifactName, DbName, DomainName, Email, LoginName, PodName, Refused, Secret, Sha256, SiteUrl, Title};

/// A pod as it should be on its server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PodSpec {
    /// Its name on the server.
    pub pod: PodName,
    /// Names it answers to, the main one first; 1 to 50.
    pub domains: Vec<DomainName>,
    /// What runs in it.
    pub stack: Stack,
    /// The root that its programs see; none for static sites.
    pub runtime: Option<ArtifactRef>,
    /// The application's files; WordPress needs one, other stacks take none.
    pub app: Option<ArtifactRef>,
    /// What it may use.
    pub limits: Limits,
    /// Its database; WordPress needs one.
    pub database: Option<Database>,
    /// What it should be doing.
    pub state: PodState,
}

/// What runs in a pod.
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
}

impl Stack {
    /// Title of the site.
    pub fn title(&self) -> &Title {
        match self {
            Self::Static { title } | Self::Php { title } | Self::Node { title } => title,
            Self::Wordpress { title, .. } => title,
        }
    }

    /// One word for people and logs.
    pub fn word(&self) -> &'static str {
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
    pub fn check(&self) -> Result<(), Refused> {
        self.check_domains()?;
        self.check_parts()?;
        self.limits.check()?;
        match &self.database {
            Some(db) if !db.password.is_plain() => refuse("database password", "only letters, digits, - and _"),
            Some(db) if db.password.expose().len() < 16 => refuse("database password", "at least 16 characters"),
            _ => Ok(()),
        }
    }

    fn check_domains(&self) -> Result<(), Refused> {
        if !(1..=50).contains(&self.domains.len()) {
            return refuse("domains", "1 to 50");
        }
        let mut sorted: Vec<_> = self.domains.iter().collect();
        sorted.sort();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return refuse("domains", "one is named twice");
        }
        if let Stack::Wordpress { url, .. } = &self.stack
            && !self.domains.iter().any(|d| d.as_str() == url.host())
        {
            return refuse("site address", "its host is not among the domains");
        }
        Ok(())
    }

    fn check_parts(&self) -> Result<(), Refused> {
        let needs_runtime = !matches!(self.stack, Stack::Static { .. });
        let wordpress = matches!(self.stack, Stack::Wordpress { .. });
        if needs_runtime && self.runtime.is_none() {
            refuse("runtime", "this stack needs one")
        } else if !needs_runtime && self.runtime.is_some() {
            refuse("runtime", "a static site takes none")
        } else if wordpress && self.app.is_none() {
            refuse("app", "WordPress needs its archive")
        } else if !wordpress && self.app.is_some() {
            refuse("app", "this stack takes none")
        } else if wordpress && self.database.is_none() {
            refuse("database", "WordPress needs one")
        } else {
            Ok(())
        }
    }
}

impl Limits {
    /// Each figure within what a server can have.
    pub fn check(&self) -> Result<(), Refused> {
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

fn refuse(what: &'static str, why: &'static str) -> Result<(), Refused> {
    Err(Refused { what, why })
}

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
