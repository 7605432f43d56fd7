//! The parts of a pod. Each file knows of one what is wanted, what is found, the difference, and how to make it. Taking all of them away is one
//! order of steps: `pod/remove.rs`.

pub mod certificate;
pub mod database;
pub mod files;
pub mod network;
pub mod runtime;
pub mod service;
pub mod slice;
pub mod storage;
pub mod user;
pub mod vhost;
pub mod web;
pub mod wordpress;

use std::collections::HashMap;
use std::path::PathBuf;

use wire::plan::{Change, Op};
use wire::spec::PodSpec;

use crate::error::Result;
use crate::host::accounts::{self, Account};
use crate::host::names::PodNames;
use crate::host::systemd::{self, Unit};
use crate::host::{files as host_files, storage as host_storage, usage};
use crate::task::Task;

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
}

impl Managed {
    /// A file that everybody may read.
    pub fn new(path: PathBuf, text: String) -> Self {
        Self { path, text, mode: 0o644 }
    }

    /// As it is on the machine.
    pub fn status(&self) -> PartStatus {
        match host_files::read(&self.path) {
            Ok(None) => PartStatus::Absent,
            Ok(Some(bytes)) => PartStatus::of(true, bytes == self.text.as_bytes()),
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
    let mut units = vec![names.slice()];
    if !spec.databases.is_empty() {
        units.extend([names.database_socket_unit(), names.database_service()]);
    }
    for site in &spec.sites {
        if let Some(runtime) = &site.runtime {
            units.extend([runtime::mount(runtime)?.unit, names.socket_unit(&site.name), names.service(&site.name)]);
        }
    }
    units.sort();
    units.dedup();
    Ok(units)
}
