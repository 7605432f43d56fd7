//! What a site is set to: where its files stand, and what PHP allows.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::http_rules::{self, Redirect, ResponseHeader};
use crate::text_type::text_type;
use crate::{InvalidText, LoginName};

text_type!(
    RootFolder,
    "document root",
    check_root,
    "A folder below a site's public one, as `dist` or `web/public`: letters, digits, `.`, `_`, `-`; no part begins with a dot or a dash; at most 200."
);
text_type!(IndexFile, "index file", check_index, "Name of a file that stands for its folder: letters, digits, `.`, `_`, `-`; at most 60.");
text_type!(
    PasswordHash,
    "password hash",
    check_hash,
    "A password as crypt(3) keeps it with SHA-512: `$6$`, `rounds=1000$` to `rounds=9999$` where those are not 5000, salt, `$`, 86 characters."
);
text_type!(
    PagePath,
    "page",
    check_page,
    "A file below what a site serves, as `/404.html`: letters, digits, `.`, `_`, `-`, `/`; no part begins with a dot or a dash; at most 200."
);

/// Most index files of a site.
pub const MAX_INDEX_FILES: usize = 5;

/// Memory that a request of PHP can have, in MiB.
pub const MEMORY_LIMIT_MB: RangeInclusive<u32> = 32..=2048;
/// Largest file that PHP takes from a visitor, in MiB.
pub const MAX_UPLOAD_MB: RangeInclusive<u32> = 1..=1024;
/// What a web server names to visitors who have to say a site's password.
pub const REALM: &str = "Protected site";
/// How long an answer of PHP can be kept, in seconds.
pub const MICRO_CACHE_SECONDS: [u32; 3] = [1, 10, 60];
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
    /// Who has to say a password before the site is shown. Left out where everybody sees it, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// Pages of the site's own for what went wrong; of static and PHP sites. Left out where there are none, too.
    #[serde(skip_serializing_if = "ErrorPages::is_empty")]
    pub error_pages: ErrorPages,
    /// How long what PHP answers everybody is kept for the next visitor, in seconds, one of [`MICRO_CACHE_SECONDS`]; of PHP and WordPress sites.
    /// Left out where nothing is kept, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_cache_seconds: Option<u32>,
    /// Visitors of the other names are sent to the main one, over HTTPS where all are. Left out where each name shows the site, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub redirect_to_main: bool,
}

/// The password of a site: HTTP basic authentication by the web server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// Name that visitors enter.
    pub user: LoginName,
    /// What the password is compared with. The password itself reaches no server.
    pub password_hash: PasswordHash,
}

/// Pages of a site's own for what went wrong: files below what it serves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorPages {
    /// For 404: what is asked for is not there.
    pub not_found: Option<PagePath>,
    /// For 500, 502 and 504: the site's program has failed.
    pub failed: Option<PagePath>,
}

impl ErrorPages {
    /// There are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
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

    /// A password, error pages or the micro-cache: agents of before read no such description.
    pub fn is_served_specially(&self) -> bool {
        self.protection.is_some() || !self.error_pages.is_empty() || self.micro_cache_seconds.is_some()
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
        } else if self.micro_cache_seconds.is_some_and(|seconds| !MICRO_CACHE_SECONDS.contains(&seconds)) {
            refuse("micro-cache", "1, 10 or 60 seconds")
        } else {
            http_rules::check(&self.redirects, &self.headers)
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

fn check_hash(text: &str) -> Result<(), &'static str> {
    let is_text = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/'));
    // The web server computes it for every request: more rounds would stop the sites that share its workers.
    let is_rounds = |text: &str| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    let rest = text.strip_prefix("$6$").ok_or("SHA-512 of crypt, which begins with $6$")?;
    let rest = match rest.strip_prefix("rounds=").map(|rest| rest.split_once('$')) {
        None => rest,
        Some(Some((rounds, rest))) if is_rounds(rounds) => rest,
        Some(_) => return Err("1000 to 9999 rounds"),
    };
    match rest.split_once('$') {
        Some((salt, hash)) if (8..=16).contains(&salt.len()) && hash.len() == 86 && is_text(salt) && is_text(hash) => Ok(()),
        _ => Err("a salt of 8 to 16 and a hash of 86 letters, digits, . and /"),
    }
}

fn check_page(text: &str) -> Result<(), &'static str> {
    match text.strip_prefix('/') {
        Some(below) if check_root(below).is_ok() => Ok(()),
        _ => Err("a path that begins with /, of names of letters, digits, . _ and -, none of which begins with . or -"),
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

    #[test]
    fn a_password_reaches_a_server_only_as_a_hash_that_it_can_compute_soon() {
        let hash = "a".repeat(86);
        for right in [format!("$6$saltsalt${hash}"), format!("$6$rounds=1000$0./9AZaz01234567${hash}")] {
            assert!(PasswordHash::new(right.as_str()).is_ok(), "{right}");
        }
        for wrong in [
            "secret".to_owned(),
            format!("$1$saltsalt${hash}"),
            format!("$6$salt${hash}"),
            format!("$6$rounds=999$saltsalt${hash}"),
            format!("$6$rounds=0999$saltsalt${hash}"),
            format!("$6$rounds=10000$saltsalt${hash}"),
            format!("$6$rounds=1000${hash}"),
            format!("$6$saltsalt${hash}a"),
            format!("$6$saltsalt${}\n", &hash[1..]),
            format!("$6$salt:alt${hash}"),
        ] {
            assert!(PasswordHash::new(wrong.as_str()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_error_page_is_a_plain_path_and_the_cache_is_one_of_a_list() {
        for right in ["/404.html", "/errors/50x.html"] {
            assert!(PagePath::new(right).is_ok(), "{right}");
        }
        for wrong in ["", "404.html", "/", "/../x", "/.git/x", "/a b", "/a;b", "/$x", "/a//b", "//a", "/a\n", "/{", "/-a", "https://example.com/"] {
            assert!(PagePath::new(wrong).is_err(), "{wrong}");
        }
        let kept = |seconds| SiteSettings { micro_cache_seconds: seconds, ..SiteSettings::default() }.check().is_ok();
        assert!(kept(None) && kept(Some(1)) && kept(Some(10)) && kept(Some(60)));
        assert!(!kept(Some(0)) && !kept(Some(2)) && !kept(Some(3600)));
    }
}
