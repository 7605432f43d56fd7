//! A runtime's mount, which all its pods share.

use std::path::PathBuf;

use wire::PodName;
use wire::spec::ArtifactRef;

use crate::fail::Res;
use crate::host::names::wanted_link;
use crate::host::{Host, files, lock, systemd};
use crate::task::Task;

use super::desired::mount;
use super::state::runtime_in_use;

/// Takes the mount away when no pod (other than `leaving`) needs it; answers with where it was.
/// The shipped file stays.
pub fn release(host: &Host, task: &Task, runtime: &ArtifactRef, leaving: Option<&PodName>) -> Res<Option<PathBuf>> {
    let _lock = lock::take(task, "runtimes")?;
    if runtime_in_use(runtime, leaving) {
        return Ok(None);
    }
    let mount = mount(runtime)?;
    systemd::stop(task, std::slice::from_ref(&mount.unit))?;
    files::remove(&wanted_link(&mount.unit))?;
    if !files::remove(&mount.file.path)? {
        return Ok(None);
    }
    systemd::reload(host, task, host.units.coming())?;
    files::remove_flat_folder(&mount.root)?;
    Ok(Some(mount.root))
}
