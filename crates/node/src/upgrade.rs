//! Replacing this program by a newer one, and putting it back when the newer one is no good.
//!
//! A new program that cannot speak could not be asked to go away again. So the old one, whose session goes on, watches: unless the panel says
//! in time that it got on with the new one, the old one is put back, also when the panel or the line to it is gone. A mark beside the program
//! tells of the trial as long as it goes on, and its watcher holds it locked: who begins to serve and finds a mark that nobody holds ends the
//! trial that the watcher did not live to end.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use wire::message::{Failure, FailureKind};
use wire::verb::{Upgrade, Upgraded};

use crate::error::{Result, ResultExt, refused};
use crate::host::command::Cmd;
use crate::host::files;
use crate::host::lock::{self, Lock};
use crate::serve::upload::Upload;
use crate::task::Task;

/// How long a new program may be on trial. The panel connects and probes in less.
const TRIAL_TIME: Duration = Duration::from_secs(180);

/// Where this program lies, also after it was replaced while it runs.
pub fn place() -> Result<PathBuf> {
    let path = fs::read_link("/proc/self/exe").context("asking where this program lies")?;
    let text = path.to_string_lossy();
    Ok(PathBuf::from(text.strip_suffix(" (deleted)").unwrap_or(&text)))
}

/// Takes the new program, tries whether it starts, and puts it in place in one step. The running session stays as it is; the program before
/// stays beside the new one.
pub fn upgrade(trial: &Trial, task: &Task, verb: &Upgrade, upload: Upload) -> Result<Upgraded> {
    let place = place()?;
    let received = upload.receive(task, &place, &verb.sha256)?;
    fs::set_permissions(received.path(), fs::Permissions::from_mode(0o755)).context("making the new program executable")?;
    let version = version_of(task, received.path())?;
    let mut on_trial = trial.lock();
    let Some((mark, _)) = take_mark(&place)? else {
        return Err(Failure::new(FailureKind::Busy, "another new program is on trial"));
    };
    let replaced = keep_previous(&place).and_then(|()| if verb.trial { write_mark(&place) } else { Ok(()) }).and_then(|()| received.keep(&place));
    if replaced.is_err() || !verb.trial {
        mark.discard()?;
    } else {
        *on_trial = Some(OnTrial { place, mark });
        trial.watch();
    }
    replaced?;
    task.info(format!("Upgraded agent to {version}"));
    Ok(Upgraded { version })
}

/// Ends a trial whose watcher has died. Then the program that runs here is the one that nobody confirmed, and the one before takes its place.
pub fn end_left_trial() -> Result<()> {
    let place = place()?;
    if !mark_of(&place).exists() {
        return Ok(());
    }
    let Some((mark, was_left)) = take_mark(&place)? else { return Ok(()) };
    mark.discard()?;
    if !was_left {
        return Ok(());
    }
    eprintln!("mpanel-node: nobody confirmed the new agent; restored the previous one");
    let error = Command::new(&place).args(std::env::args_os().skip(1)).exec();
    Err(error).context("starting the program before")
}

/// Not empty during a trial.
fn mark_of(place: &Path) -> PathBuf {
    place.with_extension("trial")
}

/// Durable before the new program is in place.
fn write_mark(place: &Path) -> Result<()> {
    let write = |mut file: File| file.write_all(b"on trial\n").and_then(|()| file.sync_all());
    File::create(mark_of(place)).and_then(write).context("marking the trial")?;
    files::sync_folder_of(place)
}

/// Takes the mark; nothing when somebody watches a trial. A trial that was left ends here, and true tells of it.
fn take_mark(place: &Path) -> Result<Option<(Lock, bool)>> {
    let Some(mark) = lock::try_take(mark_of(place))? else { return Ok(None) };
    let was_left = fs::metadata(mark_of(place)).context("reading the mark of a trial")?.len() > 0;
    if was_left {
        put_back(place)?;
    }
    Ok(Some((mark, was_left)))
}

fn put_back(place: &Path) -> Result<()> {
    match fs::rename(previous(place), place) {
        // It was put back before, and this program did not live to remove the mark.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        renamed => renamed.context("putting the program before back")?,
    }
    files::sync_folder_of(place)
}

fn previous(place: &Path) -> PathBuf {
    place.with_extension("previous")
}

fn keep_previous(place: &Path) -> Result<()> {
    let previous = previous(place);
    match fs::remove_file(&previous) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).context("removing an older program"),
        _ => {}
    }
    fs::hard_link(place, &previous).context("keeping the program as it was")
}

/// Starts the new program. Only what it says itself refuses it: when its time was over, or there was no process for it, another try
/// may go well.
fn version_of(task: &Task, program: &Path) -> Result<String> {
    let useless = |why: &str| refused(format!("the new agent does not start: {why}"));
    let said = Cmd::long_running(program).arg("--version").output(task).map_err(|failure| match failure.kind {
        FailureKind::Refused => useless(&failure.message),
        _ => failure,
    })?;
    if said.code != 0 {
        return Err(useless(&said.failure("it").message));
    }
    let version = said.out.trim().strip_prefix("mpanel-node ").map(str::to_owned);
    version.ok_or_else(|| refused("the new file is not mpanel-node"))
}

/// A program that is in place and not confirmed.
struct OnTrial {
    place: PathBuf,
    mark: Lock,
}

/// The program that this one watches, if there is one.
#[derive(Clone, Default)]
pub struct Trial(Arc<(Mutex<Option<OnTrial>>, Condvar)>);

impl Trial {
    /// Keeps the new program, or puts the one before back. False when none is on trial: it was kept or put back before.
    pub fn end(&self, keep: bool) -> Result<bool> {
        let mut on_trial = self.lock();
        if let Some(trial) = on_trial.as_ref().filter(|_| !keep) {
            put_back(&trial.place)?;
        }
        let Some(OnTrial { place, mark }) = on_trial.take() else { return Ok(false) };
        self.0.1.notify_all();
        mark.discard()?;
        // A mark that came back with a power loss would undo what was confirmed.
        files::sync_folder_of(&place)?;
        Ok(true)
    }

    /// Nobody has confirmed the new program and nobody will: puts the one before back.
    pub fn give_up(&self) {
        if let Err(failure) = self.end(false) {
            eprintln!("mpanel-node: {failure}");
        }
    }

    /// Ends the trial by itself when its time is over.
    fn watch(&self) {
        let me = self.clone();
        thread::spawn(move || {
            let waited = me.0.1.wait_timeout_while(me.lock(), TRIAL_TIME, |on_trial| on_trial.is_some());
            let late = waited.is_ok_and(|(_, waited)| waited.timed_out());
            if late {
                me.give_up();
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Option<OnTrial>> {
        // Set and cleared in single steps, so a panic elsewhere leaves it whole.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "upgrade_tests.rs"]
mod tests;
