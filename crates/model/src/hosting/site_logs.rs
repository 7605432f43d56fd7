//! Logs of a site: of the web server, and of its programs.

use crate::ids::WebsiteId;
use serde::{Deserialize, Serialize};

/// Days that a line is kept at most: access logs hold addresses of visitors.
pub const LOG_DAYS: u32 = 14;
/// Lines of one part.
pub const LOG_LINES: u32 = 200;
/// Most characters that can be looked for.
pub const MAX_LOG_SEARCH: usize = 200;

crate::text_enum! {
    /// A log of a site.
    SiteLogKind {
        /// Requests to the web server.
        Access = "access",
        /// Errors of the web server.
        Error = "error",
        /// What the site's programs have written.
        Application = "application",
    }
}

impl SiteLogKind {
    /// Its word for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Access => "Access",
            Self::Error => "Error",
            Self::Application => "Application",
        }
    }
}

/// A part of a log, the oldest line first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SiteLogPart {
    /// Its lines. Control characters in them are written out, as `\x1b`.
    pub lines: Vec<String>,
    /// Where older lines end; nothing once there are none. Of a search there may be none that match.
    pub older: Option<String>,
    /// Where newer lines begin.
    pub newer: String,
    /// Lines before these were left out, because too many came while the log was followed.
    pub skipped: bool,
}

/// A log that is followed over the live connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogFollow {
    /// The site.
    pub site: WebsiteId,
    /// Which log.
    pub log: SiteLogKind,
    /// Only lines that contain this, whatever its case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Where the lines begin that the browser does not have.
    pub after: String,
}
