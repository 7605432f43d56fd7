//! A site's password: a file beside the virtual hosts that the web server alone reads.
//!
//! The agent has a line of its own in it, by which it sees what is behind the password as a visitor would. It must not be told by its address:
//! programs of all pods reach the web server from the same one.

use std::io::Read;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wire::SiteName;
use wire::plan::Change;
use wire::settings::Protection;
use wire::spec::SiteSpec;

use crate::error::{Result, ResultExt, internal};
use crate::host::names::{PodNames, WEB_USER};
use crate::host::{accounts, files};
use crate::render::serving;

use super::PartStatus;

/// The agent's name. Names of visitors begin with a letter or a digit.
pub const AGENT: &str = "_mpanel";
/// A word that nobody can guess is compared as it is: a slow comparison would add nothing.
const PLAIN: &str = "{PLAIN}";
/// Bytes of that word.
const WORD_BYTES: usize = 32;
const MODE: u32 = 0o640;

/// The password of one site, where it has one.
pub struct Password {
    wanted: Option<Wanted>,
}

struct Wanted {
    path: PathBuf,
    /// The visitors' line.
    line: String,
    status: PartStatus,
    fingerprint: String,
}

/// What tells a password from every other. Says nothing about it.
pub fn fingerprint(protection: &Protection) -> String {
    hex::encode(&Sha256::digest(visitors_line(protection).as_bytes())[..12])
}

fn visitors_line(protection: &Protection) -> String {
    format!("{}:{}", protection.user, protection.password_hash)
}

impl Password {
    /// Compares the file and who may read it.
    pub fn inspect(names: &PodNames, site: &SiteSpec) -> Self {
        let wanted = site.settings.protection.as_ref().map(|protection| {
            let fingerprint = fingerprint(protection);
            let (path, line) = (names.password(&site.name, &fingerprint), visitors_line(protection));
            let text = files::read_text(&path);
            let is_right = text.as_deref().and_then(|text| word_of(text, &line)).is_some() && is_private(&path);
            Wanted { status: PartStatus::of(text.is_some() || path.exists(), is_right), path, line, fingerprint }
        });
        Self { wanted }
    }

    /// As a line of the plan: by the fingerprint, never the hash.
    pub fn change(&self) -> Option<Change> {
        self.wanted.as_ref().map(|wanted| wanted.status.change("password", wanted.fingerprint.as_str()))
    }

    /// Puts it in place, with a new word for the agent; durable after the next flush.
    pub fn write(&self) -> Result<()> {
        let Some(wanted) = self.wanted.as_ref().filter(|wanted| wanted.status.has_change()) else { return Ok(()) };
        let web = accounts::find(WEB_USER).ok_or_else(|| internal(format!("the user {WEB_USER} is not on this server")))?;
        let text = format!("{}\n{AGENT}:{PLAIN}{}\n", wanted.line, new_word()?);
        let draft = wanted.path.with_extension(format!("{}.users", files::unique()));
        files::write_soon(&draft, text.as_bytes(), MODE)?;
        let placed = chown(&draft, Some(0), Some(web.gid)).and_then(|()| std::fs::rename(&draft, &wanted.path));
        if placed.is_err() {
            files::remove(&draft)?;
        }
        placed.context(format_args!("writing {}", wanted.path.display()))
    }

    /// Removes those of the site that its virtual host does not name.
    pub fn remove_others(&self, names: &PodNames, vhost: &Path, site: &SiteName) -> Result<()> {
        let found = names.passwords_found(Some(site));
        if found.is_empty() {
            return Ok(());
        }
        // What cannot be read may name any of them.
        let Some(in_use) = files::read_text(vhost).and_then(|text| serving::password_files_of(&text)) else { return Ok(()) };
        found.into_iter().filter(|path| !in_use.contains(path)).map(|path| files::remove(&path).map(drop)).collect()
    }
}

/// By what the agent sees the site as a visitor does who has said its password: name and word, with a `:` between them.
pub fn of_agent(names: &PodNames, site: &SiteSpec) -> Option<String> {
    let protection = site.settings.protection.as_ref()?;
    let text = files::read_text(names.password(&site.name, &fingerprint(protection)))?;
    Some(format!("{AGENT}:{}", word_of(&text, &visitors_line(protection))?))
}

/// The agent's word in a file that has nothing but these two lines.
fn word_of<'a>(text: &'a str, line: &str) -> Option<&'a str> {
    let word = text.strip_prefix(line)?.strip_prefix('\n')?.strip_prefix(AGENT)?.strip_prefix(':')?.strip_prefix(PLAIN)?.strip_suffix('\n')?;
    (word.len() == 2 * WORD_BYTES && word.bytes().all(|b| b.is_ascii_hexdigit())).then_some(word)
}

fn new_word() -> Result<String> {
    let mut bytes = [0; WORD_BYTES];
    std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes)).context("reading /dev/urandom")?;
    Ok(hex::encode(bytes))
}

fn is_private(path: &Path) -> bool {
    let web = accounts::find(WEB_USER).map(|web| web.gid);
    std::fs::metadata(path).is_ok_and(|found| found.uid() == 0 && Some(found.gid()) == web && found.mode() & 0o7777 == MODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_line_that_nobody_wrote_is_no_password() {
        let word = "0a".repeat(WORD_BYTES);
        let right = format!("ana:hash\n_mpanel:{{PLAIN}}{word}\n");
        assert_eq!(word_of(&right, "ana:hash"), Some(word.as_str()));
        for wrong in ["".to_owned(), "ana:hash\n".to_owned(), format!("{right}eve:hash\n"), format!("eve:hash\n{right}"), right.replace(&word, "0a")]
        {
            assert!(word_of(&wrong, "ana:hash").is_none(), "{wrong}");
        }
        assert!(word_of(&right, "ana:other").is_none());
    }
}
