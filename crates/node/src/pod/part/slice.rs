//! The slice with the pod's limits, which everything of the pod runs in.

use wire::observation::Usage;
use wire::plan::Change;
use wire::spec::Limits;

use crate::error::Result;
use crate::host::names::{PodNames, unit_file};
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
}

/// The slice's unit file.
pub fn wanted(names: &PodNames, limits: &Limits) -> Result<Managed> {
    Ok(Managed::new(unit_file(&names.slice()), unit::slice(names, limits)?))
}

impl Slice {
    /// Compares the file and what systemd has read of it.
    pub fn inspect(cx: &Inspector<'_>) -> Result<Self> {
        let (unit, file) = (cx.names.slice(), wanted(cx.names, &cx.spec.limits)?);
        let status = cx.unit_file(&unit, &file);
        Ok(Self { is_stale: cx.is_stale([&file]), control_group: cx.unit(&unit).control_group, limits: cx.spec.limits, unit, file, status })
    }

    /// As a line of the plan.
    pub fn change(&self) -> Change {
        self.status.change("slice", format!("{}: {}", self.unit, unit::limits_line(&self.limits)))
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
