//! Where Debian's packages come from: the machine's own apt sources, in both of apt's formats.

use std::path::{Path, PathBuf};

use super::ArtifactError;

/// The Debian release that artifacts are made of.
pub(super) const SUITE: &str = "bookworm";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// One enabled source of binary packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub uri: String,
    pub suite: String,
    pub components: Vec<String>,
    pub signed_by: Option<String>,
}

/// One-line sources of Debian's release, its updates and its security fixes, as this machine has them.
/// The file named by `MPANEL_APT_SOURCES` overrides them.
///
/// # Errors
/// When no source of the release is found, or a file cannot be read.
pub fn apt_sources() -> Result<Vec<String>, ArtifactError> {
    if let Some(file) = std::env::var_os("MPANEL_APT_SOURCES").map(PathBuf::from) {
        let text = std::fs::read_to_string(&file).map_err(ArtifactError::file(&file))?;
        let lines: Vec<String> = text.lines().filter(|line| line.starts_with("deb ")).map(str::to_owned).collect();
        return if lines.is_empty() { Err(ArtifactError::NoSources { suite: SUITE }) } else { Ok(lines) };
    }
    let mut entries = Vec::new();
    for file in source_files() {
        // A file that only root may read holds a mirror's password; as another user we go without it.
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        entries.extend(if file.extension().is_some_and(|ending| ending == "sources") { stanzas(&text) } else { one_liners(&text) });
    }
    debian_lines(&entries, Path::new(KEYRING).exists())
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

/// Debian's own entries as one-line sources, each once.
pub(super) fn debian_lines(entries: &[Entry], keyring: bool) -> Result<Vec<String>, ArtifactError> {
    let option = if keyring { format!("[signed-by={KEYRING}] ") } else { String::new() };
    let wanted = [SUITE.to_owned(), format!("{SUITE}-updates"), format!("{SUITE}-security")];
    let mut lines = Vec::new();
    let mut release = false;
    for entry in entries {
        let main = entry.components.iter().any(|component| component == "main");
        // Other vendors use Debian's suite names, too; they sign with a key of their own.
        let debian = entry.signed_by.as_ref().is_none_or(|key| key.contains("debian-archive"));
        if !(main && debian && wanted.contains(&entry.suite)) {
            continue;
        }
        let line = format!("deb {option}{} {} main", entry.uri, entry.suite);
        if !lines.contains(&line) {
            lines.push(line);
        }
        release |= entry.suite == SUITE;
    }
    if release { Ok(lines) } else { Err(ArtifactError::NoSources { suite: SUITE }) }
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
