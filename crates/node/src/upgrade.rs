//! Replacing this program by a newer one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use wire::verb::{Upgrade, Upgraded};

use crate::fail::{Doing, Res, refused};
use crate::host::run::Run;
use crate::serve::upload::Upload;
use crate::task::Task;

/// Where this program lies, also after it was replaced while it runs.
pub fn place() -> Res<PathBuf> {
    let path = fs::read_link("/proc/self/exe").doing("asking where this program lies")?;
    let text = path.to_string_lossy();
    Ok(PathBuf::from(text.strip_suffix(" (deleted)").unwrap_or(&text)))
}

/// Takes the new program, tries it, and puts it in place in one step. The running session stays as it is.
pub fn upgrade(task: &Task, verb: &Upgrade, upload: Upload) -> Res<Upgraded> {
    let place = place()?;
    let received = upload.receive(task, &place, &verb.sha256)?;
    fs::set_permissions(received.path(), fs::Permissions::from_mode(0o755)).doing("making the new program executable")?;
    let said = Run::work(received.path())
        .arg("--version")
        .ok(task)
        .map_err(|failure| refused(format!("the new program does not start here: {}", failure.message)))?;
    let version = said.trim().strip_prefix("mpanel-node ").map(str::to_owned);
    let version = version.ok_or_else(|| refused("the new file is not this program"))?;
    received.keep(&place)?;
    task.info(format!("program replaced by version {version}"));
    Ok(Upgraded { version })
}
