//! The panel's own key, and the keys that servers show.

use crate::node::HostKey;
use anyhow::{Context, ensure};
use russh::keys::{Algorithm, HashAlg, PrivateKey, PublicKey, ssh_key::LineEnding};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Comment of the panel's key in a server's `authorized_keys`.
pub const COMMENT: &str = "mpanel-panel";

/// Reads the panel's key; makes it at the first start, readable by its owner only.
///
/// # Errors
/// When the file cannot be read or made, is not an ed25519 key, or is open to others.
pub fn load_or_make(path: &Path) -> anyhow::Result<PrivateKey> {
    if !path.exists() {
        make(path).with_context(|| format!("cannot create the SSH key {}", path.display()))?;
    }
    let doing = || format!("cannot read the SSH key {}", path.display());
    let mode = fs::metadata(path).with_context(doing)?.permissions().mode();
    ensure!(mode & 0o077 == 0, "the SSH key {0} is readable by other users; run: chmod 600 {0}", path.display());
    let key = PrivateKey::from_openssh(fs::read(path).with_context(doing)?).with_context(doing)?;
    ensure!(key.algorithm() == Algorithm::Ed25519, "the SSH key {} is not an ed25519 key", path.display());
    Ok(key)
}

/// Two processes may start at once: the file appears whole or not at all, and the first one wins.
fn make(path: &Path) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut key = PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519)?;
    key.set_comment(COMMENT);
    let draft = path.with_extension(format!("draft{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(key.to_openssh(LineEnding::LF)?.as_bytes())?;
    file.sync_all()?;
    let placed = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match placed {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => Ok(other?),
    }
}

/// A new ed25519 key with this comment: its private part in OpenSSH's form, and the public one in a line.
///
/// # Errors
/// When the key cannot be written down.
pub fn new_key_pair(comment: &str) -> anyhow::Result<(String, String)> {
    let mut key = PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519)?;
    key.set_comment(comment);
    Ok((key.to_openssh(LineEnding::LF)?.to_string(), key.public_key().to_openssh()?))
}

/// A key's two words, `ssh-ed25519 AAAA…`, without a comment.
pub fn two_words(key: &PublicKey) -> String {
    let text = key.to_openssh().unwrap_or_default();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// A server's key as the panel keeps and shows it.
pub fn as_host_key(key: &PublicKey) -> HostKey {
    HostKey { line: two_words(key), fingerprint: key.fingerprint(HashAlg::Sha256).to_string() }
}

/// The fingerprint (`SHA256:…`) of a host key in OpenSSH form; nothing when it is not one.
pub fn fingerprint(line: &str) -> Option<String> {
    PublicKey::from_openssh(line).ok().map(|key| key.fingerprint(HashAlg::Sha256).to_string())
}
