//! The slice with the pod's limits, which everything of the pod runs in.

use wire::observation::Usage;
use wire::plan::Change;
use wire::spec::Limits;

use crate::error::Result;
use crate::host::names::{PodNames, unit_file};
use crate::host::systemd::Unit;
use crate::host::usage;
use crate::render::unit;
use crate::task::Task;

use super::{Inspector, Managed, PartStatus};

/// The slice.
pub struct Slice {
    unit: String,
    limits: Limits,
    /// Its unit file.
    pub file: Managed,
    control_group: String,
    /// systemd holds another version.
    pub is_stale: bool,
    /// As it is.
    pub status: PartStatus,
    seen: Unit,
}

/// The slice's unit file.
pub fn wanted(names: &PodNames, limits: &Limits) -> Result<Managed> {
    Ok(Managed::new(unit_file(&names.slice()), unit::slice(names, limits)?))
}

impl Slice {
    /// Compares the file and what systemd has read of it.
    pub fn inspect(cx: &Inspector<'_>) -> Result<Self> {
        let (unit, file) = (cx.names.slice(), cx.managed(wanted(cx.names, &cx.spec.limits)?));
        let status = cx.unit_file(&unit, &file);
        let seen = cx.unit(&unit);
        Ok(Self { is_stale: cx.is_stale([&file]), control_group: seen.control_group.clone(), limits: cx.spec.limits, unit, file, status, seen })
    }

    /// As a line of the plan.
    pub fn change(&self) -> Change {
        self.status.change("slice", format!("{}: {}", self.unit, unit::limits_line(&self.limits)))
    }

    /// What the pod may use as systemd has it now, with this much disk; nothing where a limit is off.
    pub fn found(&self, disk_bytes: u64) -> Option<Limits> {
        let mebibytes = |bytes: u64| u32::try_from(bytes >> 20).ok();
        Some(Limits {
            cpu_millis: u32::try_from(self.seen.cpu_quota? / 1000).ok()?,
            memory_mb: mebibytes(self.seen.memory_max?)?,
            disk_mb: mebibytes(disk_bytes)?,
            tasks: u32::try_from(self.seen.tasks_max?).ok()?,
        })
    }

    /// Says what is put in place.
    pub fn log(&self, task: &Task) {
        task.info(format!("Configured slice {}: {}", self.unit, unit::limits_line(&self.limits)));
    }

    /// What the pod uses.
    pub fn measure(&self, now: &mut Usage) {
        usage::of_group(&self.control_group, now);
    }
}
