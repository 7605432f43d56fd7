//! What puts sites of this server to sleep that nobody visits: one timer for all pods, there once a pod has a site that may sleep.

use wire::plan::Change;

use crate::error::Result;
use crate::host::names::{unit_file, wanted_link};
use crate::host::{files, lock, systemd};
use crate::render::unit::{self, SLEEP_TIMER, SLEEP_UNIT};
use crate::task::Task;

use super::{Inspector, Managed, PartStatus};

/// The timer and what it starts.
pub struct Sleeper {
    status: PartStatus,
}

fn wanted() -> Result<[Managed; 2]> {
    Ok([Managed::new(unit_file(SLEEP_UNIT), unit::sleep()?), Managed::new(unit_file(SLEEP_TIMER), unit::sleep_timer()?)])
}

impl Sleeper {
    /// Compares files, link and timer; `None` for a pod whose sites are always on.
    pub fn inspect(cx: &Inspector<'_>) -> Result<Option<Self>> {
        if cx.spec.sites.iter().all(|site| site.sleep_after_minutes.is_none()) {
            return Ok(None);
        }
        let is_linked = std::fs::symlink_metadata(wanted_link(SLEEP_TIMER)).is_ok();
        let is_active = cx.unit(SLEEP_TIMER).active == "active";
        let of_timer = [PartStatus::of(false, is_linked), PartStatus::of(false, is_active)];
        Ok(Some(Self { status: PartStatus::all(wanted()?.iter().map(Managed::status).chain(of_timer)) }))
    }

    /// As a line of the plan.
    pub fn change(&self) -> Change {
        self.status.change("sleep", SLEEP_TIMER)
    }

    /// Puts it in place and starts it. Another pod may have done so meanwhile.
    pub fn make(&self, task: &Task) -> Result<()> {
        if !self.status.has_change() {
            return Ok(());
        }
        let _lock = lock::take(task, "sleep")?;
        let files = wanted()?;
        // Units that are new need no reload.
        let is_changed = files.iter().any(|file| file.status() == PartStatus::Differs);
        for file in files.iter().filter(|file| file.status() != PartStatus::Matches) {
            files::write(&file.path, file.text.as_bytes(), file.mode)?;
        }
        files::link(&wanted_link(SLEEP_TIMER), &format!("../{SLEEP_TIMER}"))?;
        if is_changed {
            systemd::reload_now(task)?;
            systemd::restart(task, SLEEP_TIMER)?;
        } else {
            systemd::start_now(task, SLEEP_TIMER)?;
        }
        task.info("Sites that nobody visits are put to sleep");
        Ok(())
    }
}
