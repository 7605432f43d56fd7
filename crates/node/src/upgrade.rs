//! Replacing this program by a newer one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use wire::message::FailureKind;
use wire::verb::{Upgrade, Upgraded};

use crate::error::{Result, ResultExt, refused};
use crate::host::command::Cmd;
use crate::serve::upload::Upload;
use crate::task::Task;

/// Where this program lies, also after it was replaced while it runs.
pub fn place() -> Result<PathBuf> {
    let path = fs::read_link("/proc/self/exe").context("asking where this program lies")?;
    let text = path.to_string_lossy();
    Ok(PathBuf::from(text.strip_suffix(" (deleted)").unwrap_or(&text)))
}

/// Takes the new program, tries it, and puts it in place in one step. The running session stays as it is.
pub fn upgrade(task: &Task, verb: &Upgrade, upload: Upload) -> Result<Upgraded> {
    let place = place()?;
    let received = upload.receive(task, &place, &verb.sha256)?;
    fs::set_permissions(received.path(), fs::Permissions::from_mode(0o755)).context("making the new program executable")?;
    let version = version_of(task, received.path())?;
    received.keep(&place)?;
    task.info(format!("program replaced by version {version}"));
    Ok(Upgraded { version })
}

/// Starts the new program. Only what it says itself refuses it: when its time was over, or there was no process for it, another try
/// may go well.
fn version_of(task: &Task, program: &Path) -> Result<String> {
    let useless = |why: &str| refused(format!("the new program does not start here: {why}"));
    let said = Cmd::long_running(program).arg("--version").output(task).map_err(|failure| match failure.kind {
        FailureKind::Refused => useless(&failure.message),
        _ => failure,
    })?;
    if said.code != 0 {
        return Err(useless(&said.failure("it").message));
    }
    let version = said.out.trim().strip_prefix("mpanel-node ").map(str::to_owned);
    version.ok_or_else(|| refused("the new file is not this program"))
}
