//! A snapshot of a pod that comes from another server.

use std::fs::File;
use std::io::{PipeWriter, Write};
use std::os::fd::OwnedFd;
use std::thread;

use wire::PodName;
use wire::verb::{MovePart, Sent};

use crate::error::{Result, ResultExt, internal, missing, refused};
use crate::host::command::Cmd;
use crate::host::names::PodNames;
use crate::host::{files, lock, storage};
use crate::pod::state::State;
use crate::serve::upload::Upload;
use crate::task::Task;

use super::{COPY, copy, folder, is_copy, make_folder, remove_copies};

/// Takes what [`super::send`] sends. A pod that is on this server is never replaced.
pub fn receive(task: &Task, pod: &PodName, part: MovePart, upload: Upload) -> Result<Sent> {
    let names = PodNames::of(pod);
    let _lock = lock::take(task, &names.lock())?;
    match part {
        MovePart::Whole => {
            if State::load(&names)?.is_some() && !is_copy(&names) {
                return Err(refused(format!("the pod {pod} is on this server already")));
            }
            remove_copies(task, &names)?;
            make_folder(&names)?;
            files::write(&folder(&names).join(COPY), b"", 0o600)?;
        }
        MovePart::Rest if !is_copy(&names) => return Err(missing("the whole pod did not come before")),
        MovePart::Rest => storage::remove_copy(task, &copy(&names, part))?,
    }
    let (read, write) = std::io::pipe().context("making a pipe")?;
    let command = Cmd::long_running("btrfs").args(["receive", "-q"]).arg(folder(&names)).input_file(File::from(OwnedFd::from(read)));
    let received = thread::scope(|scope| {
        let feeder = scope.spawn(|| feed(task, upload, write));
        let taken = command.run(task);
        let bytes = feeder.join().unwrap_or_else(|_| Err(internal("internal error: a step panicked")));
        // The program's own words say more than that it takes no more.
        match (taken, bytes) {
            (Ok(_), bytes) => bytes,
            (Err(failure), _) => Err(failure),
        }
    });
    match received {
        Ok(bytes) => Ok(Sent { bytes }),
        Err(failure) => {
            storage::remove_copy(task, &copy(&names, part))?;
            Err(failure)
        }
    }
}

fn feed(task: &Task, upload: Upload, mut to: PipeWriter) -> Result<u64> {
    upload.feed(task, |bytes| to.write_all(bytes).context("writing to btrfs"))
}
