//! A pod that moves to another server: copied while it serves, stopped while its visitors wait, copied again as far as it has changed since,
//! and left behind as a virtual host that forwards.

mod adopt;
mod forward;
mod pause;
mod receive;
mod send;
mod visitors;
mod wait;

pub use adopt::adopt;
pub use forward::forward;
pub use pause::pause;
pub use receive::receive;
pub use send::send;
pub use visitors::visitors;
pub use wait::main as wait_main;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use wire::PodName;
use wire::verb::MovePart;

use crate::error::{Result, ResultExt};
use crate::host::names::{PODS, PodNames};
use crate::host::{files, lock, storage};
use crate::task::Task;

/// Copies that travel; no pod has such a name.
const MOVES: &str = "/srv/pods/.moves";
/// What stood in the place of a copy before a newer one.
const REPLACED: &str = "replaced";
/// Says that what is on this server is a copy in the making, and no pod that anybody reaches.
const COPY: &str = "copy";

/// Where the copies of a pod are.
fn folder(names: &PodNames) -> PathBuf {
    Path::new(MOVES).join(names.pod().as_str())
}

/// A copy of a pod; the name travels in its stream.
fn copy(names: &PodNames, part: MovePart) -> PathBuf {
    folder(names).join(match part {
        MovePart::Whole => "whole",
        MovePart::More => "more",
        MovePart::Rest => "rest",
    })
}

/// Makes the folder of the copies.
fn make_folder(names: &PodNames) -> Result<()> {
    files::make_folder(MOVES.as_ref(), 0o700)?;
    files::make_folder(&folder(names), 0o700)
}

/// Is what is on this server a copy in the making?
fn is_copy(names: &PodNames) -> bool {
    folder(names).join(COPY).exists()
}

/// Removes what a move has left here: copies, and the place where visitors wait. The pod stays as it is.
pub fn end(task: &Task, pod: &PodName) -> Result<bool> {
    let names = PodNames::of(pod);
    let _lock = lock::take(task, &names.lock())?;
    remove_copies(task, &names)
}

/// The same for who holds the pod's lock.
pub fn remove_copies(task: &Task, names: &PodNames) -> Result<bool> {
    let folder = folder(names);
    if !folder.exists() {
        return Ok(false);
    }
    // What says that they are copies goes last.
    for name in entries(&folder)?.iter().filter(|name| *name != COPY).chain(&[COPY.into()]) {
        remove_entry(task, &folder.join(name))?;
    }
    files::remove_flat_folder(&folder)?;
    files::flush(&[PODS])?;
    Ok(true)
}

/// Removes a copy, or whatever else a stream has made in its place.
fn remove_entry(task: &Task, path: &Path) -> Result<()> {
    if storage::is_subvolume(path) {
        return storage::remove_copy(task, path);
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path).context(format_args!("removing {}", path.display())),
        _ => files::remove(path).map(drop),
    }
}

/// The names of what is in a folder.
fn entries(folder: &Path) -> Result<BTreeSet<OsString>> {
    let read = fs::read_dir(folder).and_then(|found| found.map(|entry| entry.map(|entry| entry.file_name())).collect());
    read.context(format_args!("reading {}", folder.display()))
}

/// Lets visitors who wait go to the sites of this server, when any wait.
pub fn release_here(names: &PodNames) -> Result<()> {
    wait::release(names, std::net::Ipv4Addr::LOCALHOST.into())
}

/// Takes away the place where visitors wait.
pub fn end_wait(task: &Task, names: &PodNames) -> Result<()> {
    wait::end(task, names)
}
