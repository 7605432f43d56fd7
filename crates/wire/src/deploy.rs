//! What a site is deployed from, and its releases.

use serde::{Deserialize, Serialize};

use crate::InvalidText;
use crate::settings::{RootFolder, check_root};
use crate::spec::Stack;
use crate::text_type::text_type;

text_type!(ReleaseName, "release", check_release, "Name of a release's folder: `r` and a number of at most nine digits.");
text_type!(
    GitRemote,
    "repository",
    check_remote,
    "Address of a git repository: `https://host/path`, `ssh://user@host/path` or `user@host:path`. Without a password; at most 400."
);
text_type!(BranchName, "branch", check_branch, "A branch of a repository: letters, digits, `.`, `_`, `-` and `/`; at most 100.");
text_type!(BuildCommand, "build command", check_command, "What the shell of a pod's sandbox is given, at most 2000 characters.");
text_type!(StartFile, "start file", check_root, "The program that Node starts, below a release's folder, as `build/server.js`.");
text_type!(HostKeys, "host keys", check_host_keys, "Lines as OpenSSH keeps them of hosts that it knows; at most 8000 characters.");

text_type!(ArchiveName, "archive", check_archive, "Name of an uploaded archive: 32 digits of hex.");

/// Largest archive that is taken, in bytes.
pub const MAX_ARCHIVE: u64 = 512 << 20;
/// Most folders that the releases of a site share.
pub const MAX_SHARED: usize = 10;

/// A release that a site serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Its name.
    pub name: ReleaseName,
    /// What of it is served or started, below its folder; nothing for the folder itself.
    pub folder: Option<RootFolder>,
    /// The program that is started; of Node sites, `server.js` where it is left out.
    pub start: Option<StartFile>,
}

/// Where a release comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitSource {
    /// The repository.
    pub remote: GitRemote,
    /// Its branch.
    pub branch: BranchName,
    /// With what it is read over SSH.
    pub key: DeployKey,
    /// The host keys that its server must show over SSH; nothing for whatever it shows first.
    pub host_keys: Option<HostKeys>,
}

/// How an uploaded archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveKind {
    /// ZIP.
    Zip,
    /// Tar, packed with gzip.
    TarGz,
}

/// What is done with what was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildPlan {
    /// Where the command runs, below the repository's root.
    pub folder: Option<RootFolder>,
    /// The command; nothing where the repository is served as it is.
    pub command: Option<BuildCommand>,
    /// Folders below what is served that all releases have in common; at most 10.
    pub shared: Vec<RootFolder>,
    /// Longest that fetching may take, and building, 10 to 1800 seconds.
    pub seconds: u32,
}

/// The newest commit of a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchHead {
    /// In hex.
    pub commit: String,
    /// The host keys that the repository's server has shown over SSH.
    pub host_keys: Option<HostKeys>,
}

/// What was found in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// The commit, in hex.
    pub commit: String,
    /// Names in the site's folder, those of folders with a slash behind them; the first few hundred. A tenant's words.
    pub names: Vec<String>,
    /// What `package.json` says there, if it is not too long. A tenant's words.
    pub package: Option<String>,
    /// The host keys that the repository's server has shown over SSH.
    pub host_keys: Option<HostKeys>,
}

/// A release was made of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpacked {
    /// How many files it had.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A private key in OpenSSH's form. Has no readable `Debug` and no `Display`, so it cannot reach a log by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeployKey(String);

impl ReleaseName {
    /// The release with this number.
    ///
    /// # Errors
    /// When the number is out of range.
    pub fn numbered(number: i32) -> Result<Self, InvalidText> {
        Self::new(format!("r{number}"))
    }
}

impl Release {
    /// Whether a site of this stack can serve it.
    ///
    /// # Errors
    /// Names the field.
    pub fn check(&self, stack: &Stack) -> Result<(), InvalidText> {
        match stack {
            Stack::Wordpress { .. } => Err(InvalidText { what: "release", why: "WordPress has its own files" }),
            Stack::Static { .. } | Stack::Php { .. } if self.start.is_some() => Err(InvalidText { what: "start file", why: "this stack has none" }),
            Stack::Static { .. } | Stack::Php { .. } | Stack::Node { .. } => Ok(()),
        }
    }
}

impl BuildPlan {
    /// The rules that no single field can hold.
    ///
    /// # Errors
    /// Names the field.
    pub fn check(&self) -> Result<(), InvalidText> {
        if self.shared.len() > MAX_SHARED {
            Err(InvalidText { what: "shared folders", why: "at most 10" })
        } else if let Some(why) = not_apart(&self.shared) {
            Err(InvalidText { what: "shared folders", why })
        } else if !(10..=1800).contains(&self.seconds) {
            Err(InvalidText { what: "time limit", why: "10 to 1800 seconds" })
        } else {
            Ok(())
        }
    }
}

/// Why these folders cannot be shared together: the link to one would lead into the other, whose content would be taken for a release's own.
pub fn not_apart(folders: &[RootFolder]) -> Option<&'static str> {
    let is_inside = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let of = |at: usize| folders.iter().enumerate().any(|(other, outer)| other != at && is_inside(folders[at].as_str(), outer.as_str()));
    (0..folders.len()).any(of).then_some("folders of which none is another one or inside it")
}

impl GitRemote {
    /// The host that it is on, in lower case.
    pub fn host(&self) -> String {
        parts(self.as_str()).map(|(_, _, host, _)| host.to_ascii_lowercase()).unwrap_or_default()
    }

    /// Whether it is read over SSH.
    pub fn is_ssh(&self) -> bool {
        !self.as_str().starts_with("https://")
    }
}

impl DeployKey {
    /// Checks the text and hides it.
    ///
    /// # Errors
    /// When it has not the form of a private key.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidText> {
        let text = text.into();
        let is_key = text.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n") && text.trim_end().ends_with("-----END OPENSSH PRIVATE KEY-----");
        if text.len() <= 4000 && is_key && text.bytes().all(|b| b == b'\n' || (0x20..0x7f).contains(&b)) {
            Ok(Self(text))
        } else {
            Err(InvalidText { what: "deploy key", why: "a private key in the form of OpenSSH" })
        }
    }

    /// The text itself. Call it only where it is written to its destination.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for DeployKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeployKey(hidden)")
    }
}

impl TryFrom<String> for DeployKey {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::new(text)
    }
}

impl From<DeployKey> for String {
    fn from(value: DeployKey) -> String {
        value.0
    }
}

fn check_release(text: &str) -> Result<(), &'static str> {
    let digits = text.strip_prefix('r').unwrap_or_default();
    let is_number = (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if is_number { Ok(()) } else { Err("r and a number") }
}

fn check_archive(text: &str) -> Result<(), &'static str> {
    let is_hex = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if is_hex { Ok(()) } else { Err("32 digits of hex") }
}

fn check_remote(text: &str) -> Result<(), &'static str> {
    const FORM: &str = "an address as https://host/path, ssh://user@host/path or user@host:path";
    if text.len() > 400 {
        return Err("at most 400 characters");
    }
    let Some((is_https, user, host, path)) = parts(text) else { return Err(FORM) };
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_name = |text: &str, more: &[u8]| {
        text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
    };
    if is_https && user.is_some() {
        Err("an address without a user or password; use SSH and the deploy key for a private repository")
    } else if !is_name(name, b".-") || !user.is_none_or(|user| is_name(user, b"._-")) {
        Err(FORM)
    } else if port.is_some_and(|port| port.parse::<u16>().is_err() || !port.bytes().all(|b| b.is_ascii_digit())) {
        Err("a port is a number")
    } else if path.is_empty() || path.starts_with('-') || !path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/~+%".contains(&b)) {
        Err("a path of letters, digits, . _ - ~ + % and /")
    } else {
        Ok(())
    }
}

/// Whether it is HTTPS, its user, its host with the port, and its path.
fn parts(text: &str) -> Option<(bool, Option<&str>, &str, &str)> {
    let (is_https, rest, separator) = match (text.strip_prefix("https://"), text.strip_prefix("ssh://")) {
        (Some(rest), _) => (true, rest, '/'),
        (_, Some(rest)) => (false, rest, '/'),
        (None, None) => (false, text, ':'),
    };
    let (authority, path) = rest.split_once(separator)?;
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    // As `scp` writes it, a user keeps a local path or another protocol from looking like one.
    if separator == ':' && user.is_none() { None } else { Some((is_https, user, host, path)) }
}

fn check_branch(text: &str) -> Result<(), &'static str> {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with('.') && !part.ends_with(".lock");
    if text.is_empty() || text.len() > 100 {
        Err("1 to 100 characters")
    } else if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b)) {
        Err("only letters, digits, . _ - and /")
    } else if text.contains("..") || !text.split('/').all(is_part) {
        Err("a branch as git names them")
    } else {
        Ok(())
    }
}

fn check_command(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() || text.len() > 2000 {
        Err("1 to 2000 characters")
    } else if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        Err("no control characters")
    } else {
        Ok(())
    }
}

fn check_host_keys(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() || text.len() > 8000 {
        Err("1 to 8000 characters")
    } else if !text.bytes().all(|b| b == b'\n' || (0x20..0x7f).contains(&b)) || !text.lines().all(is_host_key) {
        Err("lines of a host, a kind of key and a key")
    } else {
        Ok(())
    }
}

fn is_host_key(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let mut next = |allowed: &[u8]| {
        let is_of = |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || allowed.contains(&b));
        words.next().is_some_and(is_of)
    };
    next(b".:-_[],*") && next(b"-@.") && next(b"+/=")
}

#[cfg(test)]
#[path = "deploy_tests.rs"]
mod tests;
