//! A runtime's mount, which all its pods share.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use wire::PodName;
use wire::spec::ArtifactRef;

use crate::fail::Res;
use crate::host::names::wanted_link;
use crate::host::{Host, files, lock, systemd};
use crate::task::Task;

use super::desired::mount;
use super::state::runtime_in_use;

/// How long a mount may be busy.
const BUSY: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(50);

/// Takes the mount away when no pod (other than `leaving`) needs it; answers with where it was.
/// The shipped file stays.
pub fn release(host: &Host, task: &Task, runtime: &ArtifactRef, leaving: Option<&PodName>) -> Res<Option<PathBuf>> {
    let _lock = lock::take(task, "runtimes")?;
    if runtime_in_use(runtime, leaving) {
        return Ok(None);
    }
    let mount = mount(runtime)?;
    unmount(task, &mount.unit)?;
    files::remove(&wanted_link(&mount.unit))?;
    let unit = files::remove(&mount.file.path)?;
    if unit {
        systemd::reload(host, task, host.units.coming())?;
    }
    // Also after an earlier removal that got no further than the unit.
    let folder = files::remove_empty_folder(&mount.root)?;
    Ok((unit || folder).then_some(mount.root))
}

/// The last program inside may need a moment to be gone after its unit has stopped.
fn unmount(task: &Task, unit: &str) -> Res<()> {
    let end = Instant::now() + BUSY;
    loop {
        match systemd::stop(task, &[unit.to_owned()]) {
            Err(_) if Instant::now() < end => thread::sleep(TICK),
            result => return result,
        }
        task.check()?;
    }
}
