//! Changes that other hands made to files of a pod: found, kept or replaced as its description says, and never lost without a word.
//!
//! A file that is neither as it is to be nor as this program wrote it was changed by somebody else. So what was written is remembered by its
//! checksum: a file that is only out of date, after an upgrade of this program, is not taken for a change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use wire::plan::HandEdit;
use wire::spec::HandEdits;

use crate::error::Result;
use crate::host::files;
use crate::host::names::PodNames;
use crate::task::Task;

use super::part::Managed;
use super::state::State;

/// Checksums of what was written into each file; two while an apply has not reached its end.
pub type Written = BTreeMap<String, BTreeSet<String>>;

/// Copies that are kept of a pod, the newest.
const COPIES: usize = 50;

/// What other hands have done to a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edit {
    /// Nothing.
    #[default]
    None,
    /// It differs, and nobody remembers what was written.
    Unknown,
    /// It was changed, and is left so.
    Kept,
    /// It was changed, and is to be replaced.
    Replaced,
}

/// What was done to a file since this was written into it.
pub fn judge(file: &Managed, written: Option<&BTreeSet<String>>, wanted: HandEdits) -> Edit {
    let knows = |bytes: &[u8]| written.is_some_and(|written| written.contains(&checksum(bytes)));
    let Ok(Some(found)) = files::read(&file.path) else {
        return if file.drop_ins.is_empty() { Edit::None } else { Edit::Replaced };
    };
    if file.drop_ins.is_empty() && (found == file.text.as_bytes() || knows(&found)) {
        return Edit::None;
    }
    match wanted {
        // A file that has to change for another reason cannot be left as it is.
        HandEdits::Keep if knows(file.text.as_bytes()) => Edit::Kept,
        _ if written.is_none() && file.drop_ins.is_empty() => Edit::Unknown,
        _ => Edit::Replaced,
    }
}

/// What is written into these files, beside what was before.
pub fn written<'a>(files: impl Iterator<Item = &'a Managed>, before: Option<&Written>) -> Written {
    let mut all = Written::new();
    for file in files {
        let path = file.path.display().to_string();
        let of_before = before.and_then(|before| before.get(&path)).cloned().unwrap_or_default();
        all.entry(path).or_insert(of_before).insert(checksum(file.text.as_bytes()));
    }
    all
}

/// The files that other hands have changed, as they go over the wire.
pub fn report<'a>(files: impl Iterator<Item = &'a Managed>) -> Vec<HandEdit> {
    let mut all = Vec::new();
    for file in files.filter(|file| matches!(file.edit, Edit::Kept | Edit::Replaced)) {
        let is_itself = files::read(&file.path).ok().flatten().is_some_and(|found| found != file.text.as_bytes());
        let places = is_itself.then_some(&file.path).into_iter().chain(&file.drop_ins);
        all.extend(places.map(|path| HandEdit { path: path.display().to_string(), kept: file.edit == Edit::Kept }));
    }
    all
}

/// Keeps copies of a file that is about to be replaced, and of what adds to it.
pub fn keep_copies(task: &Task, names: &PodNames, file: &Managed) -> Result<()> {
    let why = match file.edit {
        Edit::None | Edit::Kept => return Ok(()),
        Edit::Unknown => "which was not as this agent writes it",
        Edit::Replaced => "which was changed by hand",
    };
    let is_itself = files::read(&file.path)?.is_some_and(|found| found != file.text.as_bytes());
    is_itself.then_some(&file.path).into_iter().chain(&file.drop_ins).try_for_each(|path| keep_copy(task, names, path, why))
}

/// The same for a file that gives way to something else.
pub fn keep_if_edited(task: &Task, names: &PodNames, state: &State, path: &Path) -> Result<()> {
    let Some(written) = state.written.get(&path.display().to_string()) else { return Ok(()) };
    match files::read(path)? {
        Some(found) if !written.contains(&checksum(&found)) => keep_copy(task, names, path, "which was changed by hand"),
        _ => Ok(()),
    }
}

fn keep_copy(task: &Task, names: &PodNames, path: &Path, why: &str) -> Result<()> {
    let Some(bytes) = files::read(path)? else { return Ok(()) };
    let folder = names.edits();
    files::make_folder(&folder, 0o700)?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let flat = path.display().to_string().trim_matches('/').replace('/', "-");
    // Sorted by time first: the oldest go.
    let copy = folder.join(format!("{seconds}{}-{flat}", files::unique()));
    files::write(&copy, &bytes, 0o600)?;
    task.warn(format!("Replaced {}, {why}; a copy is {}", path.display(), copy.display()));
    let mut kept: Vec<_> = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    kept.sort();
    kept.iter().rev().skip(COPIES).try_for_each(|old| files::remove(old).map(drop))
}

fn checksum(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
#[path = "edits_tests.rs"]
mod tests;
