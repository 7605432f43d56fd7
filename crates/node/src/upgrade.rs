//! Replacing this program by a newer one, and putting it back when the newer one is no good.
//!
//! A new program that cannot speak could not be asked to go away again. So the old one, whose session goes on, watches: unless the panel says
//! in time that it got on with the new one, the old one is put back, also when the panel or the line to it is gone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use wire::message::{Failure, FailureKind};
use wire::verb::{Upgrade, Upgraded};

use crate::error::{Result, ResultExt, refused};
use crate::host::command::Cmd;
use crate::host::files;
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
    if on_trial.is_some() {
        return Err(Failure::new(FailureKind::Busy, "another new program is on trial"));
    }
    keep_previous(&place)?;
    received.keep(&place)?;
    if verb.trial {
        *on_trial = Some(place);
        trial.watch();
    }
    task.info(format!("Upgraded agent to {version}"));
    Ok(Upgraded { version })
}

fn previous(place: &Path) -> PathBuf {
    place.with_extension("previous")
}

fn keep_previous(place: &Path) -> Result<()> {
    let previous = previous(place);
    match fs::remove_file(&previous) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).context("removing an older program"),
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

/// Where a program lies that is in place and not confirmed, if there is one.
#[derive(Clone, Default)]
pub struct Trial(Arc<(Mutex<Option<PathBuf>>, Condvar)>);

impl Trial {
    /// Keeps the new program, or puts the one before back. False when none is on trial: it was kept or put back before.
    pub fn end(&self, keep: bool) -> Result<bool> {
        let mut on_trial = self.lock();
        let Some(place) = on_trial.as_ref() else { return Ok(false) };
        if !keep {
            fs::rename(previous(place), place).context("putting the program before back")?;
            files::sync_folder_of(place)?;
        }
        *on_trial = None;
        self.0.1.notify_all();
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

    fn lock(&self) -> MutexGuard<'_, Option<PathBuf>> {
        // Set and cleared in single steps, so a panic elsewhere leaves it whole.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "upgrade_tests.rs"]
mod tests;
