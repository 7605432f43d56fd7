//! The parts of a pod. Each file knows of one what is wanted, what is found, the difference, and how to make it. Taking all of them away is one
//! order of steps: `pod/remove.rs`.

pub mod certificate;
pub mod cron;
pub mod database;
pub mod files;
pub mod network;
pub mod password;
pub mod runtime;
pub mod service;
pub mod sleep;
pub mod slice;
pub mod storage;
pub mod user;
pub mod vhost;
pub mod web;
pub mod wordpress;

use std::collections::HashMap;
use std::path::PathBuf;

use wire::plan::{Change, Op};
use wire::spec::{HandEdits, PodSpec};

use crate::error::Result;
use crate::host::accounts::{self, Account};
use crate::host::names::PodNames;
use crate::host::systemd::{self, Unit};
use crate::host::{files as host_files, rotation, storage as host_storage, usage};
use crate::render::unit::SLEEP_TIMER;
use crate::task::Task;

use super::edits::{self, Edit};
use super::state::State;

/// How a part compares with what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartStatus {
    /// Not there.
    Absent,
    /// There and different.
    Differs,
    /// As it should be.
    Matches,
}

impl PartStatus {
    /// From whether it is there, and whether it is as it should be.
    pub fn of(is_there: bool, is_right: bool) -> Self {
        match (is_there, is_right) {
            (_, true) => Self::Matches,
            (true, false) => Self::Differs,
            (false, false) => Self::Absent,
        }
    }

    /// Of several that make one part.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let parts: Vec<Self> = parts.into_iter().collect();
        if parts.iter().all(|status| *status == Self::Matches) {
            Self::Matches
        } else if parts.iter().all(|status| *status == Self::Absent) {
            Self::Absent
        } else {
            Self::Differs
        }
    }

    /// Is anything to be done?
    pub fn has_change(self) -> bool {
        self != Self::Matches
    }

    /// As a line of a plan.
    pub fn change(self, what: &str, detail: impl Into<String>) -> Change {
        let op = match self {
            Self::Absent => Op::Add,
            Self::Differs => Op::Change,
            Self::Matches => Op::Keep,
        };
        Change { op, what: what.to_owned(), detail: detail.into() }
    }
}

/// One file that this program keeps as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    /// Its place.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its mode.
    pub mode: u32,
    /// What other hands have done to it.
    pub edit: Edit,
    /// Files that other hands have put beside it, where it is a unit's.
    pub drop_ins: Vec<PathBuf>,
}

impl Managed {
    /// A file that everybody may read.
    pub fn new(path: PathBuf, text: String) -> Self {
        Self { path, text, mode: 0o644, edit: Edit::None, drop_ins: Vec::new() }
    }

    /// As it is on the machine. One whose change is kept is as it should be.
    pub fn status(&self) -> PartStatus {
        if self.edit == Edit::Kept {
            return PartStatus::Matches;
        }
        match host_files::read(&self.path) {
            Ok(None) => PartStatus::Absent,
            Ok(Some(bytes)) => PartStatus::of(true, bytes == self.text.as_bytes() && self.drop_ins.is_empty()),
            Err(_) => PartStatus::Differs,
        }
    }

    /// Puts it in place; durable after the next flush.
    pub fn write(&self) -> Result<()> {
        host_files::write_soon(&self.path, self.text.as_bytes(), self.mode)
    }
}

/// What the parts of one pod are looked at with.
pub struct Inspector<'a> {
    /// The request.
    pub task: &'a Task,
    /// The pod as it should be.
    pub spec: &'a PodSpec,
    /// Its names.
    pub names: &'a PodNames,
    /// What is remembered of it.
    pub state: Option<&'a State>,
    /// Its user, when there is one.
    pub account: Option<Account>,
    /// Its subvolume is there.
    pub is_stored: bool,
    units: Option<HashMap<String, Unit>>,
}

impl<'a> Inspector<'a> {
    /// Asks systemd about all units of the pod at once. Of a pod that is not remembered there is nothing, as a rule, and systemd is asked only
    /// where something shows.
    pub fn new(task: &'a Task, spec: &'a PodSpec, names: &'a PodNames, state: Option<&'a State>) -> Result<Self> {
        let is_new = state.is_none() && !usage::stands(&names.group());
        let units = if is_new { None } else { Some(systemd::show(task, &asked(spec, names)?)?) };
        Ok(Self { task, spec, names, state, account: accounts::find(&names.user()), is_stored: host_storage::exists(names), units })
    }

    /// A unit as systemd sees it.
    pub fn unit(&self, name: &str) -> Unit {
        self.units.as_ref().and_then(|units| units.get(name)).cloned().unwrap_or_default()
    }

    /// A file of the pod, with what other hands have done to it.
    pub fn managed(&self, file: Managed) -> Managed {
        self.managed_as(file, self.spec.hand_edits)
    }

    /// The same for a virtual host. One of a site that is closed must ask whether it is, so nothing else may stand there; that of a pod that is
    /// held was removed by this program.
    pub fn managed_vhost(&self, file: Managed, is_closed: bool) -> Managed {
        if self.state.is_some_and(|state| state.held) {
            return file;
        }
        self.managed_as(file, if is_closed { HandEdits::Replace } else { self.spec.hand_edits })
    }

    fn managed_as(&self, mut file: Managed, wanted: HandEdits) -> Managed {
        file.drop_ins = file.path.file_name().and_then(|name| name.to_str()).map(|name| self.unit(name).drop_ins).unwrap_or_default();
        let written = self.state.and_then(|state| state.written.get(&file.path.display().to_string()));
        file.edit = edits::judge(&file, written, wanted);
        file
    }

    /// Does systemd hold a version of these units' files that is not the one that will be there?
    pub fn is_stale<'f>(&self, files: impl IntoIterator<Item = &'f Managed>) -> bool {
        files.into_iter().any(|file| {
            let unit = file.path.file_name().and_then(|name| name.to_str()).map(|name| self.unit(name)).unwrap_or_default();
            match file.status() {
                // systemd says of any slice that it is loaded: without a file, one that is not active is nothing.
                PartStatus::Absent => unit.active == "active",
                status => unit.load == "loaded" && (unit.stale || status != PartStatus::Matches),
            }
        })
    }

    /// Status of a unit's file: one that systemd has read in another version is not as it should be.
    pub fn unit_file(&self, unit: &str, file: &Managed) -> PartStatus {
        match file.status() {
            PartStatus::Matches if self.unit(unit).stale => PartStatus::Differs,
            status => status,
        }
    }
}

fn asked(spec: &PodSpec, names: &PodNames) -> Result<Vec<String>> {
    let mut units = vec![names.slice(), rotation::TIMER.to_owned()];
    if spec.sites.iter().any(|site| site.sleep_after_minutes.is_some()) {
        units.push(SLEEP_TIMER.to_owned());
    }
    if !spec.databases.is_empty() {
        units.extend([names.database_socket_unit(), names.database_service()]);
    }
    for site in &spec.sites {
        if let Some(runtime) = &site.runtime {
            units.extend([runtime::mount(runtime)?.unit, names.socket_unit(&site.name), names.service(&site.name)]);
            units.extend(site.cron_jobs.iter().flat_map(|job| [names.cron_service(&site.name, &job.key), names.cron_timer(&site.name, &job.key)]));
        }
    }
    units.sort();
    units.dedup();
    Ok(units)
}
