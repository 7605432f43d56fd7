//! A pod made from a copy: its storage is there, and what is done once for a pod was done on the server that it comes from.

use std::fs;

use wire::spec::PodSpec;
use wire::verb::MovePart;

use crate::error::{Result, ResultExt, invalid, missing, refused};
use crate::host::names::PodNames;
use crate::host::{lock, storage, web};
use crate::pod::state::{self, State};
use crate::task::Task;

use super::{REPLACED, copy, folder, is_copy};

/// Puts the copy in the pod's place. An apply makes everything else, and starts it. False when that copy is in its place already.
pub fn adopt(task: &Task, spec: &PodSpec, part: MovePart) -> Result<bool> {
    spec.check().map_err(|refused| invalid(refused.to_string()))?;
    if let Some(conflict) = state::conflict(spec)? {
        return Err(refused(conflict));
    }
    let names = PodNames::of(&spec.pod);
    let _lock = lock::take(task, &names.lock())?;
    if !is_copy(&names) {
        return Err(refused(format!("the pod {} was not copied to this server", spec.pod)));
    }
    let (from, home) = (copy(&names, part), names.home());
    if !from.exists() {
        return Err(missing(format!("the copy of the pod {} is not on this server", spec.pod)));
    }
    let before = State::load(&names)?;
    // Said before the place is taken, so that an interrupted one is not taken for a whole pod.
    before.map_or_else(|| State::adopted(spec), |before| before.begin(spec)).save(&names)?;
    if storage::exists(&names) {
        let replaced = folder(&names).join(REPLACED);
        storage::remove_copy(task, &replaced)?;
        fs::rename(&home, &replaced).context("moving the older copy aside")?;
    }
    storage::snapshot(task, &from, &home, false)?;
    if part == MovePart::Rest {
        // It holds the logs of the older copy open.
        web::reopen_logs(task);
    }
    Ok(true)
}
