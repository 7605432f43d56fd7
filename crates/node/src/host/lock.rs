//! Locks between all processes of this program on the machine. A dead process holds none.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::{Result, ResultExt};
use crate::host::files;
use crate::task::Task;

const FOLDER: &str = "/run/mpanel/locks";
const TICK: Duration = Duration::from_millis(10);

/// Held until dropped.
pub struct Lock {
    file: File,
    path: PathBuf,
}

/// Waits for the lock of this name, as long as the task may run.
pub fn take(task: &Task, name: &str) -> Result<Lock> {
    take_one_of(task, std::slice::from_ref(&name))
}

/// Takes the lock of this name if it is free; nothing when somebody else holds it.
pub fn take_now(name: &str) -> Result<Option<Lock>> {
    let folder = Path::new(FOLDER);
    files::make_folder(folder, 0o700)?;
    try_take(folder.join(name))
}

/// Waits for one of as many places of this name as the machine has processors: for work that fills one, and memory too.
pub fn take_processor(task: &Task, name: &str) -> Result<Lock> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    take_one_of(task, &(0..processors).map(|n| format!("{name}-{n}")).collect::<Vec<_>>())
}

fn take_one_of(task: &Task, names: &[impl AsRef<Path>]) -> Result<Lock> {
    let folder = Path::new(FOLDER);
    files::make_folder(folder, 0o700)?;
    loop {
        for name in names {
            if let Some(lock) = try_take(folder.join(name))? {
                return Ok(lock);
            }
        }
        task.check()?;
        std::thread::sleep(TICK);
    }
}

/// Takes the lock of this file, which is made when it is missing; nothing when somebody else holds it.
pub fn try_take(path: PathBuf) -> Result<Option<Lock>> {
    loop {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .context(format_args!("opening {}", path.display()))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) if is_at(&file, &path) => return Ok(Some(Lock { file, path })),
            // Removed by its last holder between opening and locking: take the new one.
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(error).context(format_args!("locking {}", path.display())),
        }
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let place = fs::metadata(path).map(|m| m.ino());
    matches!((file.metadata().map(|m| m.ino()), place), (Ok(ours), Ok(there)) if ours == there)
}

impl Lock {
    /// Lets go and leaves no file, when what it protects is gone for good.
    pub fn discard(self) -> Result<()> {
        let removed = files::remove(&self.path).map(drop);
        drop(self.file);
        removed
    }
}
