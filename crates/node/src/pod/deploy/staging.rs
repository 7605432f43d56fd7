//! Where a release is made: a folder that no other program of the pod gets at.
//!
//! All programs of a pod have one user. What keeps them away is the folder above, which is root's alone, and a view of the file system of the
//! unit's own: there the release stands where it will be. A user namespace keeps its place in `/proc` closed to the others.

use std::fs;
use std::path::Path;

use wire::SiteName;
use wire::deploy::ReleaseName;

use crate::error::{Result, ResultExt};
use crate::host::command::Cmd;
use crate::host::names::{PodNames, SITES, STAGED, STAGING};
use crate::host::storage;
use crate::task::Task;

/// What is added to a unit's walls, so that it has the folder at this place.
pub fn walls(names: &PodNames, site: &SiteName, at: &str) -> [(&'static str, String); 2] {
    [("BindPaths", format!("{}:{at}", names.staging(site).join(STAGED).display())), ("PrivateUsers", "yes".to_owned())]
}

/// Puts the release in its place, whole: what stands there is an empty folder of root's.
pub fn publish(names: &PodNames, site: &SiteName, release: &ReleaseName) -> Result<()> {
    let (from, to) = (names.staging(site).join(STAGED), names.release(site, release));
    fs::rename(&from, &to).context(format_args!("putting {} in its place", to.display()))
}

/// Removes whatever was made there. It is in folders of root's, so nobody puts a link in its place; `rm` follows none inside.
pub fn clear(task: &Task, names: &PodNames, site: &SiteName) -> Result<()> {
    let folder = names.staging(site);
    if fs::symlink_metadata(&folder).is_err() {
        return Ok(());
    }
    let below = Path::new(SITES).join(site.as_str()).join(STAGING);
    storage::remove_by_id(task, &storage::nested_below(task, names, &below.display().to_string())?)?;
    Cmd::long_running("rm").args(["--recursive", "--force", "--"]).arg(&folder).run(task).map(drop)
}
