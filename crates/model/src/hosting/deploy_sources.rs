//! Where releases of sites come from beside a push: looks for new commits, what a repository suggests, and archives.

use crate::Time;
use serde::{Deserialize, Serialize};

crate::module! {
    ids {}
    permissions {}
    audit {
        /// How often a site's repository is looked at for new commits was changed.
        SitePollChanged = "SITE_POLL_CHANGED",
    }
}

/// The largest archive that is taken, in MiB.
pub const MAX_ARCHIVE_MIB: u64 = 512;

/// How often a repository can be looked at for new commits, in minutes.
pub const POLL_MINUTES: [i32; 3] = [5, 15, 60];

/// The looks for new commits of a site's branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PollView {
    /// Between two looks, in minutes.
    pub minutes: i32,
    /// When it was looked last; nothing before the first time.
    pub looked_at: Option<Time>,
    /// What was found then.
    pub result: Option<String>,
    /// Whether the repository could not be asked.
    pub is_failed: bool,
    /// When it is looked next, at the earliest.
    pub next_at: Time,
}

/// What a repository suggests for its build. Nothing of it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceProposal {
    /// The commit that was looked at.
    pub commit: String,
    /// What it seems to be, for people.
    pub found: String,
    /// What builds it; empty where nothing has to be built.
    pub build_command: String,
    /// The folder that is served afterwards; empty for all of it.
    pub publish: String,
    /// The program that is started; empty for `server.js`. Of Node sites.
    pub start_file: String,
    /// Folders that all releases share, with spaces between them.
    pub shared: String,
    /// What is to be known of it, a sentence each.
    pub notes: Vec<String>,
}

/// What is done with an uploaded archive, as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArchiveInput {
    /// Name of the file, which says how it is packed.
    pub name: String,
    /// The folder of the archive that the site is in; empty for all of it.
    pub folder: String,
    /// What builds it; empty where it is served as it is.
    pub build_command: String,
    /// The folder that is served afterwards, below the site's; empty for all of it.
    pub publish: String,
    /// The program that is started; empty for `server.js`. Of Node sites.
    pub start_file: String,
    /// Folders that all releases share, with spaces between them.
    pub shared: String,
}
