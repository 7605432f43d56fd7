//! Locks between all processes of this program on the machine. A dead process holds none.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::fail::{Doing, Res};
use crate::host::files;
use crate::task::Task;

const FOLDER: &str = "/run/mpanel/locks";
const TICK: Duration = Duration::from_millis(10);

/// Held until dropped.
pub struct Lock {
    _file: File,
}

/// Waits for the lock of this name, as long as the task may run.
pub fn take(task: &Task, name: &str) -> Res<Lock> {
    let folder = Path::new(FOLDER);
    files::make_folder(folder, 0o700)?;
    let path = folder.join(name);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .doing(format_args!("opening {}", path.display()))?;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(Errno::WOULDBLOCK) => {
                task.check()?;
                std::thread::sleep(TICK);
            }
            Err(error) => return Err(error).doing(format_args!("locking {}", path.display())),
        }
    }
}
