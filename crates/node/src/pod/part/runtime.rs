//! A runtime's read-only mount, which all its pods share.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use wire::PodName;
use wire::plan::Change;
use wire::spec::{ArtifactRef, SiteSpec};

use crate::error::{Result, invalid};
use crate::host::names::{artifact, mount_unit, runtime_root, unit_file, wanted_link};
use crate::host::{artifacts, files, lock, systemd};
use crate::render::unit;
use crate::task::Task;

use super::{Inspector, Managed, PartStatus};
use crate::pod::state::runtime_in_use;

/// How long a mount may be busy.
const BUSY: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A runtime's mount as it should be.
#[derive(Debug, Clone)]
pub struct Mount {
    /// Name of its unit.
    pub unit: String,
    /// Where it is mounted.
    pub root: PathBuf,
    /// Its unit file.
    pub file: Managed,
}

/// The mount of a runtime.
pub fn mount(runtime: &ArtifactRef) -> Result<Mount> {
    let root = runtime_root(&runtime.name, &runtime.sha256);
    let unit = mount_unit(&root);
    let file = Managed::new(unit_file(&unit), unit::mount(&artifact(&runtime.sha256, artifacts::RUNTIME), &root)?);
    Ok(Mount { unit, root, file })
}

/// How the programs of a runtime are called, from its name: `php8.2` has `php-fpm8.2`.
pub fn php_version(runtime: &ArtifactRef) -> Result<&str> {
    let version = runtime.name.as_str().strip_prefix("php").unwrap_or_default();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match version.split_once('.') {
        Some((major, minor)) if digits(major) && digits(minor) => Ok(version),
        _ => Err(invalid(format!("{} is not a PHP runtime (as php8.2)", runtime.name))),
    }
}

/// One runtime of the pod.
pub struct Runtime<'a> {
    wanted: &'a ArtifactRef,
    /// Its mount.
    pub mount: Mount,
    /// systemd holds another version.
    pub is_stale: bool,
    /// As it is.
    pub status: PartStatus,
}

impl<'a> Runtime<'a> {
    /// Compares unit file and mount.
    pub fn inspect(cx: &Inspector<'_>, wanted: &'a ArtifactRef) -> Result<Self> {
        let mount = mount(wanted)?;
        let status = match (cx.unit_file(&mount.unit, &mount.file), files::is_mounted(&mount.root)) {
            (PartStatus::Matches, false) => PartStatus::Differs,
            (status, _) => status,
        };
        Ok(Self { is_stale: cx.is_stale([&mount.file]), wanted, mount, status })
    }

    /// Whether this site runs on it.
    pub fn is_of(&self, site: &SiteSpec) -> bool {
        site.runtime.as_ref() == Some(self.wanted)
    }

    /// As a line of the plan.
    pub fn change(&self) -> Change {
        self.status.change("runtime", format!("{} ({})", self.wanted.name, &self.wanted.sha256.as_str()[..8]))
    }

    /// Writes the unit; it is started with those of the pod.
    pub fn write(&self, task: &Task) -> Result<()> {
        let _lock = lock::take(task, "runtimes")?;
        files::make_folder(&self.mount.root, 0o755)?;
        if self.mount.file.status() != PartStatus::Matches {
            self.mount.file.write()?;
        }
        files::link(&wanted_link(&self.mount.unit), &format!("../{}", self.mount.unit))
    }
}

/// Takes the mount away when no pod (other than `leaving`) needs it; answers with where it was.
/// The shipped file stays.
pub fn release(task: &Task, runtime: &ArtifactRef, leaving: Option<&PodName>) -> Result<Option<PathBuf>> {
    let _lock = lock::take(task, "runtimes")?;
    if runtime_in_use(runtime, leaving)? {
        return Ok(None);
    }
    let mount = mount(runtime)?;
    if let Err(busy) = unmount(task, &mount.unit) {
        // Nobody's change fails because a program has not let go of it yet: whoever leaves it next tries again.
        task.check()?;
        task.warn(format!("{} stays mounted: {}", mount.root.display(), busy.message));
        return Ok(None);
    }
    files::remove(&wanted_link(&mount.unit))?;
    let unit = files::remove(&mount.file.path)?;
    // Also after an earlier removal that got no further than the unit.
    let folder = files::remove_empty_folder(&mount.root)?;
    Ok((unit || folder).then_some(mount.root))
}

/// The last program inside may need a moment to be gone after its unit has stopped.
fn unmount(task: &Task, unit: &str) -> Result<()> {
    let end = Instant::now() + BUSY;
    loop {
        match systemd::stop(task, &[unit.to_owned()]) {
            Err(_) if Instant::now() < end => thread::sleep(POLL_INTERVAL),
            result => return result,
        }
        task.check()?;
    }
}
