//! Answers that the web server keeps of a site for its next visitors.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use wire::SiteName;
use wire::verb::SiteCachePurge;

use crate::error::{Result, ResultExt, missing};
use crate::host::command::Cmd;
use crate::host::files;
use crate::host::names::PodNames;
use crate::task::Task;

use super::state::State;

/// Folders below the cache's own, which the web server makes.
const LEVELS: u32 = 2;

/// Forgets all of a site's. The web server looks for a file whenever it means to have one, and asks the site where there is none.
pub fn purge(wanted: &SiteCachePurge) -> Result<u32> {
    let (names, site) = (PodNames::of(&wanted.pod), &wanted.site);
    let state = State::load(&names)?.filter(|state| state.spec.sites.iter().any(|one| one.name == *site));
    if state.is_none() {
        return Err(missing(format!("the site {site} of the pod {} is not on this server", wanted.pod)));
    }
    remove_answers(&names.web_cache(site), LEVELS)
}

/// The folder is the web server's, in one of root's: no program of the pod reaches it, and no link in it is followed.
fn remove_answers(folder: &Path, below: u32) -> Result<u32> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error).context(format_args!("reading {}", folder.display())),
    };
    let mut count = 0;
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        // One with a dot is being written: it is put in its place under its own name, or not at all.
        let is_answer = !is_folder && entry.file_name().to_str().is_some_and(|name| !name.contains('.'));
        if is_folder && below > 0 {
            count += remove_answers(&entry.path(), below - 1)?;
        } else if is_answer && files::remove(&entry.path())? {
            count += 1;
        }
    }
    Ok(count)
}

/// Removes all of it, with its folder.
pub fn remove(task: &Task, names: &PodNames, site: &SiteName) -> Result<()> {
    let folder = names.web_cache(site);
    if fs::symlink_metadata(&folder).is_err() {
        return Ok(());
    }
    Cmd::long_running("rm").args(["--recursive", "--force", "--"]).arg(&folder).run(task).map(drop)
}
