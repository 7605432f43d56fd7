//! Answers to challenges of a certificate authority, as the virtual hosts serve them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use wire::certificate::{ChallengeAnswer, ChallengeToken};

use crate::error::Result;
use crate::host::files;
use crate::host::names::ACME;

/// An answer that nobody has removed is of no use to anybody after this.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

fn folder() -> PathBuf {
    Path::new(ACME).join(".well-known/acme-challenge")
}

/// Puts an answer in place. False when it was there.
pub fn put(token: &ChallengeToken, answer: &ChallengeAnswer) -> Result<bool> {
    remove_old()?;
    let path = folder().join(token.as_str());
    if files::read(&path)?.is_some_and(|found| found == answer.as_str().as_bytes()) {
        return Ok(false);
    }
    files::write_soon(&path, answer.as_str().as_bytes(), 0o644)?;
    Ok(true)
}

/// Removes an answer. False when there was none.
pub fn remove(token: &ChallengeToken) -> Result<bool> {
    files::remove(&folder().join(token.as_str()))
}

fn remove_old() -> Result<()> {
    let is_old = |entry: &fs::DirEntry| {
        let written = entry.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        SystemTime::now().duration_since(written).is_ok_and(|age| age > MAX_AGE)
    };
    let old = fs::read_dir(folder()).into_iter().flatten().flatten().filter(is_old);
    old.map(|entry| files::remove(&entry.path()).map(drop)).collect()
}
