//! A read-only snapshot of a pod, as a stream.

use std::fs::File;
use std::io::{PipeReader, Read};
use std::os::fd::OwnedFd;
use std::thread;

use wire::PodName;
use wire::frame::MAX_CHUNK;
use wire::verb::{MovePart, Sent};

use crate::error::{Result, ResultExt, internal, missing, refused};
use crate::host::command::Cmd;
use crate::host::names::PodNames;
use crate::host::{lock, storage};
use crate::pod::state::State;
use crate::serve::download::Download;
use crate::task::Task;

use super::{copy, make_folder, remove_copies};

/// How many subvolumes are named that are in the way.
const SHOWN: usize = 5;

/// Takes a snapshot of the pod as it is now and sends it: whole, or the difference to what was sent before.
pub fn send(task: &Task, pod: &PodName, part: MovePart, to: &Download) -> Result<Sent> {
    let names = PodNames::of(pod);
    let lock = lock::take(task, &names.lock())?;
    take_snapshot(task, &names, part)?;
    drop(lock);
    let mut command = Cmd::long_running("btrfs").args(["send", "-q"]);
    if let Some(before) = sent_before(&names, part) {
        command = command.arg("-p").arg(copy(&names, before));
    }
    let (read, write) = std::io::pipe().context("making a pipe")?;
    let command = command.arg(copy(&names, part)).output_file(File::from(OwnedFd::from(write)));
    thread::scope(|scope| {
        let pump = scope.spawn(|| pump(task, read, to));
        let sent = command.run(task);
        let bytes = pump.join().unwrap_or_else(|_| Err(internal("internal error: a step panicked")))?;
        sent.map(|_| Sent { bytes })
    })
}

fn take_snapshot(task: &Task, names: &PodNames, part: MovePart) -> Result<()> {
    let Some(state) = State::load(names)? else { return Err(missing(format!("the pod {} is not on this server", names.pod()))) };
    if state.unfinished || state.legacy.is_some() {
        return Err(refused("the last change of the pod did not reach its end; apply it first"));
    }
    none_inside(task, names)?;
    match part {
        MovePart::Whole => {
            remove_copies(task, names)?;
            make_folder(names)?;
        }
        MovePart::More | MovePart::Rest if !copy(names, MovePart::Whole).exists() => return Err(missing("the whole pod was not sent before")),
        MovePart::More | MovePart::Rest => storage::remove_copy(task, &copy(names, part))?,
    }
    storage::snapshot(task, &names.home(), &copy(names, part), true)
}

/// What a part is the difference to.
fn sent_before(names: &PodNames, part: MovePart) -> Option<MovePart> {
    match part {
        MovePart::Whole => None,
        MovePart::Rest if copy(names, MovePart::More).exists() => Some(MovePart::More),
        MovePart::More | MovePart::Rest => Some(MovePart::Whole),
    }
}

/// A stream holds no subvolumes that a tenant's program has made inside the pod's own.
pub(super) fn none_inside(task: &Task, names: &PodNames) -> Result<()> {
    let found = storage::nested_places(task, names)?;
    if found.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = found.iter().take(SHOWN).map(|place| format!("{place:?}")).collect();
    let more = if found.len() > SHOWN { format!(" and {} more", found.len() - SHOWN) } else { String::new() };
    Err(refused(format!("btrfs subvolumes inside the pod cannot be moved: {}{more}", shown.join(", ")))
        .with_remedy("copy what is needed of them into folders, and remove them with btrfs subvolume delete"))
}

/// Hands on what the program writes, in pieces as large as they may be.
fn pump(task: &Task, mut from: PipeReader, to: &Download) -> Result<u64> {
    let (mut buffer, mut bytes) = (vec![0; MAX_CHUNK], 0);
    loop {
        let mut filled = 0;
        while filled < buffer.len() {
            match from.read(&mut buffer[filled..]).context("reading from btrfs")? {
                0 => break,
                n => filled += n,
            }
        }
        to.send(task, &buffer[..filled])?;
        bytes += filled as u64;
        if filled < buffer.len() {
            return Ok(bytes);
        }
    }
}
