//! What a site is set to: where its files stand, and what PHP allows.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::InvalidText;
use crate::answers::{self, Redirect, ResponseHeader};
use crate::text_type::text_type;

text_type!(
    RootFolder,
    "document root",
    check_root,
    "A folder below a site's public one, as `dist` or `web/public`: letters, digits, `.`, `_`, `-`; no part begins with a dot or a dash; at most 200."
);
text_type!(IndexFile, "index file", check_index, "Name of a file that stands for its folder: letters, digits, `.`, `_`, `-`; at most 60.");

/// Most index files of a site.
pub const MAX_INDEX_FILES: usize = 5;

/// Memory that a request of PHP can have, in MiB.
pub const MEMORY_LIMIT_MB: RangeInclusive<u32> = 32..=2048;
/// Largest file that PHP takes from a visitor, in MiB.
pub const MAX_UPLOAD_MB: RangeInclusive<u32> = 1..=1024;
/// Longest that PHP may compute for a request, in seconds.
pub const MAX_EXECUTION_SECONDS: RangeInclusive<u32> = 5..=600;

/// What a site is set to. What is left out is as the stack has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteSettings {
    /// The folder below the public one that is served; of static and PHP sites.
    pub document_root: Option<RootFolder>,
    /// Files that stand for a folder, the first one that is there; of static sites.
    pub index_files: Vec<IndexFile>,
    /// What is not there is answered with the front page; of static sites.
    pub spa_fallback: bool,
    /// What PHP allows; of PHP and WordPress sites.
    pub php: PhpSettings,
    /// Where visitors are sent elsewhere. Left out where that is nowhere: agents of before read such a description.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<Redirect>,
    /// Headers of every response. Left out where there are none, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<ResponseHeader>,
}

/// What PHP allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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

impl SiteSettings {
    /// Nothing is set.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The rules that no single field can hold.
    pub fn check(&self) -> Result<(), InvalidText> {
        let refuse = |what, why| Err(InvalidText { what, why });
        let within = |figure: Option<u32>, range: RangeInclusive<u32>| figure.is_none_or(|figure| range.contains(&figure));
        if self.index_files.len() > MAX_INDEX_FILES {
            refuse("index files", "at most 5")
        } else if !within(self.php.memory_limit_mb, MEMORY_LIMIT_MB) {
            refuse("memory limit", "32 to 2048 MiB")
        } else if !within(self.php.max_upload_mb, MAX_UPLOAD_MB) {
            refuse("upload limit", "1 to 1024 MiB")
        } else if !within(self.php.max_execution_seconds, MAX_EXECUTION_SECONDS) {
            refuse("execution time", "5 to 600 seconds")
        } else {
            answers::check(&self.redirects, &self.headers)
        }
    }
}

fn is_plain(text: &str) -> bool {
    !text.starts_with(['.', '-']) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

pub(crate) fn check_root(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 200 {
        Err("1 to 200 characters")
    } else if text.split('/').any(|part| part.is_empty() || !is_plain(part)) {
        Err("folder names of letters, digits, . _ and -, with / between them")
    } else {
        Ok(())
    }
}

fn check_index(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 60 {
        Err("1 to 60 characters")
    } else if !is_plain(text) {
        Err("only letters, digits, . _ and -")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_root_stays_below_the_public_folder() {
        for right in ["dist", "web/public", "a.b/c-d_e"] {
            assert!(RootFolder::new(right).is_ok(), "{right}");
        }
        for wrong in
            ["", "/", "/etc", "..", "a/../b", "a//b", "a/", "-rf", ".git", "a/.git", "a/-rf", "a b", "a;b", "$x", "a\n", "{", &"a".repeat(201)]
        {
            assert!(RootFolder::new(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "a/b", ".htaccess", "a b", "=404", "$uri", "-rf"] {
            assert!(IndexFile::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn figures_stay_within_their_limits() {
        let php = |php: PhpSettings| SiteSettings { php, ..SiteSettings::default() }.check().is_ok();
        assert!(php(PhpSettings { memory_limit_mb: Some(32), max_upload_mb: Some(1024), max_execution_seconds: Some(600), display_errors: true }));
        assert!(!php(PhpSettings { memory_limit_mb: Some(31), ..PhpSettings::default() }));
        assert!(!php(PhpSettings { max_upload_mb: Some(0), ..PhpSettings::default() }));
        assert!(!php(PhpSettings { max_execution_seconds: Some(601), ..PhpSettings::default() }));
    }
}
