//! A snapshot of a pod that comes from another server, which is not trusted more than it must be: whoever has taken that one over sends what he
//! likes.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{PipeWriter, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::thread;

use wire::verb::{MovePart, PodReceive, Sent};

use crate::error::{Result, ResultExt, internal, invalid, missing, refused};
use crate::host::command::Cmd;
use crate::host::names::{PodNames, WEB};
use crate::host::{files, lock, storage};
use crate::pod::state::State;
use crate::serve::upload::Upload;
use crate::task::Task;

use super::{COPY, copy, entries, folder, is_copy, make_folder, remove_copies, remove_entry};

/// What a stream may be longer than its pod's limit: the names of many small files, and what their blocks share or compress, count for more
/// on the way than on the disk.
const HEADROOM: u64 = 1 << 30;
const BLOW_UP: u64 = 2;

/// Takes what [`super::send`] sends. A pod that is on this server is never replaced.
pub fn receive(task: &Task, call: &PodReceive, upload: Upload) -> Result<Sent> {
    let (pod, part) = (&call.pod, call.part);
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
        MovePart::More | MovePart::Rest if !is_copy(&names) => return Err(missing("the whole pod did not come before")),
        MovePart::More | MovePart::Rest => storage::remove_copy(task, &copy(&names, part))?,
    }
    let before = entries(&folder(&names))?;
    let most = (u64::from(call.disk_mb) << 20).saturating_mul(BLOW_UP).saturating_add(HEADROOM);
    let taken = take(task, &names, upload, most).and_then(|bytes| check(task, &names, part, &before).map(|()| bytes));
    if taken.is_err() {
        for name in entries(&folder(&names))?.difference(&before) {
            remove_entry(task, &folder(&names).join(name))?;
        }
    }
    Ok(Sent { bytes: taken? })
}

/// Has btrfs make of the stream what it says, inside the folder of this pod's copies only, and up to the first end.
fn take(task: &Task, names: &PodNames, upload: Upload, most: u64) -> Result<u64> {
    let (read, write) = std::io::pipe().context("making a pipe")?;
    let command = Cmd::long_running("btrfs").args(["receive", "-q", "-e", "-C"]).arg(folder(names)).input_file(File::from(OwnedFd::from(read)));
    thread::scope(|scope| {
        let feeder = scope.spawn(|| feed(task, upload, write, most));
        let taken = command.run(task);
        let bytes = feeder.join().unwrap_or_else(|_| Err(internal("internal error: a step panicked")));
        // The program's own words say more than that it takes no more; that the stream was too long says more than that it broke off.
        match (taken, bytes) {
            (Ok(_), bytes) => bytes,
            (Err(_), Err(too_long)) if too_long.kind == wire::message::FailureKind::Invalid => Err(too_long),
            (Err(failure), _) => Err(failure),
        }
    })
}

fn feed(task: &Task, upload: Upload, mut to: PipeWriter, most: u64) -> Result<u64> {
    let mut left = most;
    upload.feed(task, |bytes| {
        left = left.checked_sub(bytes.len() as u64).ok_or_else(|| invalid(format!("the pod's copy has more than {} MB", most >> 20)))?;
        to.write_all(bytes).context("writing to btrfs")
    })
}

/// What came is the one subvolume that was to come, and nothing that a pod cannot have made.
fn check(task: &Task, names: &PodNames, part: MovePart, before: &BTreeSet<OsString>) -> Result<()> {
    let came = copy(names, part);
    let mut expected = before.clone();
    expected.extend(came.file_name().map(ToOwned::to_owned));
    if entries(&folder(names))? != expected || !storage::is_subvolume(&came) {
        return Err(invalid("the stream is not the copy of one pod"));
    }
    walk(task, &came)
}

/// Follows no link. What was received is read-only and below a folder of root's.
fn walk(task: &Task, copy: &Path) -> Result<()> {
    let mut folders = vec![copy.to_owned()];
    while let Some(folder) = folders.pop() {
        task.check()?;
        for entry in fs::read_dir(&folder).context("reading what was received")? {
            let entry = entry.context("reading what was received")?;
            let found = entry.metadata().context("reading what was received")?;
            let path = entry.path();
            let place = path.strip_prefix(copy).unwrap_or(&path);
            if let Some(what) = no_pod_makes(&found).or_else(|| beside_logs(place, &found)) {
                return Err(invalid(format!("{what} is in the copy of the pod: {place:?}")));
            }
            if found.is_dir() {
                folders.push(path);
            }
        }
    }
    Ok(())
}

fn no_pod_makes(found: &Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    // Anybody may make the device of the number 0, which is none.
    if (kind.is_block_device() || kind.is_char_device()) && found.rdev() != 0 {
        return Some("a device");
    }
    (kind.is_file() && found.uid() == 0 && found.mode() & 0o6000 != 0).then_some("a program with root's rights")
}

/// Root's programs write to logs by their names: nothing leads elsewhere from there, and folders are those that a pod has.
fn beside_logs(place: &Path, found: &Metadata) -> Option<&'static str> {
    let below = place.strip_prefix(WEB).ok()?;
    let is_deeper = below.components().count() != 1;
    let is_own = || below == Path::new("body") || below.extension().is_some_and(|extension| extension == "cache");
    let is_right = if found.is_dir() { is_deeper || is_own() } else { found.is_file() && below != Path::new("") };
    (!is_right).then_some("something else than a log")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use crate::serve::writer::MessageSender;

    #[test]
    fn nothing_but_files_and_the_folders_of_a_pod_stands_where_its_logs_are() {
        let copy = std::env::temp_dir().join(format!("mpanel-copy{}", files::unique()));
        let web = copy.join(WEB);
        for folder in ["body/1", "main.cache/a/bc"] {
            fs::create_dir_all(web.join(folder)).unwrap();
        }
        fs::write(web.join("main.access.log"), "").unwrap();
        fs::create_dir(copy.join("tmp")).unwrap();
        symlink("/etc/passwd", copy.join("tmp/link")).unwrap();
        let look = || walk(&Task::new(0, Duration::from_secs(60), MessageSender::new().0), &copy);
        look().unwrap();
        symlink("/etc/passwd", web.join("main.error.log")).unwrap();
        assert_eq!(look().unwrap_err().message, "something else than a log is in the copy of the pod: \"web/main.error.log\"");
        fs::remove_file(web.join("main.error.log")).unwrap();
        fs::create_dir(web.join("main.error.log")).unwrap();
        assert!(look().is_err());
        fs::remove_dir_all(&web).unwrap();
        symlink("/etc", &web).unwrap();
        assert!(look().is_err(), "the folder itself");
        fs::remove_dir_all(&copy).unwrap();
    }

    #[test]
    fn a_device_is_found_and_a_link_to_one_is_none() {
        assert!(no_pod_makes(&fs::symlink_metadata("/dev/null").unwrap()).is_some());
        assert!(no_pod_makes(&fs::symlink_metadata("/dev/stdin").unwrap()).is_none());
        assert!(no_pod_makes(&fs::symlink_metadata("/dev").unwrap()).is_none());
    }
}
