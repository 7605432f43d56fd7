//! Where Debian's packages come from: the machine's own apt sources, in both of apt's formats.

use std::path::{Path, PathBuf};

use super::ArtifactError;

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// A Debian release that artifacts are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suite {
    /// Debian 12.
    Bookworm,
    /// Debian 13.
    Trixie,
}

impl Suite {
    const ALL: [Self; 2] = [Self::Bookworm, Self::Trixie];

    /// Its name on a mirror.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        }
    }
}

/// One enabled source of binary packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub uri: String,
    pub suite: String,
    pub components: Vec<String>,
    pub signed_by: Option<String>,
}

/// One-line sources of a Debian release, its updates and its security fixes, as this machine has them.
/// The file named by `MPANEL_APT_SOURCES` overrides them. Where they have another release only, its mirror is asked for this one.
///
/// # Errors
/// When no release of Debian is found, or a file cannot be read.
pub(super) fn apt_sources(suite: Suite) -> Result<Vec<String>, ArtifactError> {
    if let Some(file) = std::env::var_os("MPANEL_APT_SOURCES").map(PathBuf::from) {
        let text = std::fs::read_to_string(&file).map_err(ArtifactError::file(&file))?;
        return named_lines(&text, suite);
    }
    let mut entries = Vec::new();
    for file in source_files() {
        // A file that only root may read holds a mirror's password; as another user we go without it.
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        entries.extend(if file.extension().is_some_and(|ending| ending == "sources") { stanzas(&text) } else { one_liners(&text) });
    }
    debian_lines(&entries, suite, Path::new(KEYRING).exists())
}

fn source_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir("/etc/apt/sources.list.d")
        .map(|found| found.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
        .unwrap_or_default();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "list" || ending == "sources"));
    files.push(PathBuf::from("/etc/apt/sources.list"));
    files.sort();
    files
}

/// Debian's own entries as one-line sources of a release, each once.
pub(super) fn debian_lines(entries: &[Entry], suite: Suite, keyring: bool) -> Result<Vec<String>, ArtifactError> {
    let option = if keyring { format!("[signed-by={KEYRING}] ") } else { String::new() };
    let lines = entries.iter().filter(|entry| {
        let main = entry.components.iter().any(|component| component == "main");
        // Other vendors use Debian's suite names, too; they sign with a key of their own.
        main && entry.signed_by.as_ref().is_none_or(|key| key.contains("debian-archive"))
    });
    let lines: Vec<_> = lines.map(|entry| (entry.suite.clone(), format!("deb {option}{} {} main", entry.uri, entry.suite))).collect();
    of_release(&lines, suite)
}

/// Lines that a person has named, with all that is in them.
pub(super) fn named_lines(text: &str, suite: Suite) -> Result<Vec<String>, ArtifactError> {
    let lines: Vec<_> = text.lines().filter_map(|line| Some((one_liner(line)?.suite, line.to_owned()))).collect();
    of_release(&lines, suite)
}

/// The lines (with their suites) of this release, or those of another release with its name replaced.
fn of_release(lines: &[(String, String)], wanted: Suite) -> Result<Vec<String>, ArtifactError> {
    let others = Suite::ALL.into_iter().filter(|release| *release != wanted);
    let there = std::iter::once(wanted).chain(others).find(|release| lines.iter().any(|(suite, _)| suite == release.as_str()));
    let Some(release) = there else { return Err(ArtifactError::NoSources { suite: wanted.as_str() }) };
    let mut found = Vec::new();
    for (suite, line) in lines {
        let part = suite.strip_prefix(release.as_str()).filter(|part| matches!(*part, "" | "-updates" | "-security"));
        let Some(part) = part else { continue };
        let line = line.replacen(&format!(" {suite}"), &format!(" {}{part}", wanted.as_str()), 1);
        if !found.contains(&line) {
            found.push(line);
        }
    }
    Ok(found)
}

/// `deb [options] URI SUITE COMPONENT...`
pub(super) fn one_liners(text: &str) -> Vec<Entry> {
    text.lines().filter_map(one_liner).collect()
}

fn one_liner(line: &str) -> Option<Entry> {
    let line = line.split('#').next()?.trim();
    let mut rest = line.strip_prefix("deb")?.trim_start();
    if rest.len() == line.len() - 3 {
        return None; // "deb-src" and the like
    }
    let mut signed_by = None;
    if let Some(inner) = rest.strip_prefix('[') {
        let (options, after) = inner.split_once(']')?;
        signed_by = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by=")).map(str::to_owned);
        rest = after;
    }
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Entry { uri: words.next()?, suite: words.next()?, components: words.collect(), signed_by })
}

/// The deb822 format: stanzas of `Field: value`, an indented line continues the field above it.
pub(super) fn stanzas(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().chain(std::iter::once("")) {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            entries.extend(stanza(&std::mem::take(&mut fields)));
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    entries
}

fn stanza(fields: &[(String, String)]) -> Vec<Entry> {
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let words = |name: &str| field(name).unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let off = field("enabled").is_some_and(|value| value.eq_ignore_ascii_case("no"));
    if off || !words("types").iter().any(|kind| kind == "deb") {
        return Vec::new();
    }
    let suites = words("suites");
    let one = |uri: &String, suite: &String| Entry {
        uri: uri.clone(),
        suite: suite.clone(),
        components: words("components"),
        signed_by: field("signed-by").map(str::to_owned),
    };
    words("uris").iter().flat_map(|uri| suites.iter().map(move |suite| one(uri, suite))).collect()
}
