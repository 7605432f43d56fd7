//! nginx' base configuration, which the virtual hosts of all pods stand on.

use wire::plan::Change;

use crate::error::Result;
use crate::host::web;
use crate::task::Task;

use super::PartStatus;

/// The base configuration.
pub struct WebBase {
    /// As it is.
    pub status: PartStatus,
}

impl WebBase {
    /// Compares its files.
    pub fn inspect() -> Self {
        Self { status: PartStatus::of(false, web::is_base_current()) }
    }

    /// As a line of the plan.
    pub fn change(&self) -> Change {
        self.status.change("web server", "base configuration of nginx")
    }

    /// Puts it in place.
    pub fn make(&self, task: &Task) -> Result<()> {
        if self.status.has_change() { web::ensure_base(task) } else { Ok(()) }
    }
}
