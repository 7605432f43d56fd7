//! The pod's databases: an instance of MariaDB of its own, as the pod's user, in its slice and its subvolume, reached over a unix socket.

use wire::DbName;
use wire::plan::{Change, Op};
use wire::spec::{Database, PodState};

use crate::error::Result;
use crate::host::accounts::Account;
use crate::host::names::{PodNames, unit_file};
use crate::host::{database, systemd};
use crate::render::unit;
use crate::task::Task;

use super::service::link;
use super::{Inspector, Managed, PartStatus};
use crate::pod::backup::Backups;

/// The instance and what is in it.
pub struct Instance<'a> {
    names: &'a PodNames,
    wanted: &'a [Database],
    /// Its units.
    pub files: Vec<Managed>,
    is_running_wanted: bool,
    /// systemd holds another version of a unit.
    pub is_stale: bool,
    /// Units and links.
    pub status: PartStatus,
    data: PartStatus,
    running: Op,
    databases: PartStatus,
}

/// The units of a pod's instance.
pub fn wanted(names: &PodNames) -> Result<Vec<Managed>> {
    let socket = unit::socket(names, &database::socket(names), &names.user())?;
    Ok(vec![
        Managed::new(unit_file(&names.database_service()), unit::database(names, database::command(names))?),
        Managed::new(unit_file(&names.database_socket_unit()), socket),
    ])
}

impl<'a> Instance<'a> {
    /// Compares units, data and databases; `None` where none is wanted. An instance that sleeps is not woken to be asked.
    pub fn inspect(cx: &Inspector<'a>) -> Result<Option<Self>> {
        if cx.spec.databases.is_empty() {
            return Ok(None);
        }
        let (names, wanted) = (cx.names, cx.spec.databases.as_slice());
        let (service, socket) = (names.database_service(), names.database_socket_unit());
        let is_wanted = cx.spec.state == PodState::Running;
        let files: Vec<Managed> = self::wanted(names)?.into_iter().map(|file| cx.managed(file)).collect();
        let of_file = |file: &Managed| cx.unit_file(file.path.file_name().and_then(|n| n.to_str()).unwrap_or_default(), file);
        let is_linked = std::fs::symlink_metadata(crate::host::names::wanted_link(&socket)).is_ok();
        let status = PartStatus::all(files.iter().map(of_file).chain([PartStatus::of(!is_wanted, is_linked == is_wanted)]));
        let is_awake = cx.unit(&service).active == "active";
        let is_listening = cx.unit(&socket).active == "active";
        let running = match (is_wanted, is_listening || is_awake) {
            (true, _) if !is_listening => Op::Add,
            (true, _) if status.has_change() => Op::Change,
            (false, true) => Op::Change,
            _ => Op::Keep,
        };
        let has_data = cx.is_stored && names.database_home().is_dir();
        let databases = match cx.state {
            Some(_) if is_awake && is_listening && has_data => look(cx.task, names, wanted)?,
            Some(state) => {
                let is_done = |db: &Database| state.databases.contains(&db.name) && state.spec.databases.contains(db);
                PartStatus::of(!state.databases.is_empty(), wanted.iter().all(is_done))
            }
            None => PartStatus::Absent,
        };
        let data = PartStatus::of(false, has_data);
        // A suspended pod's databases are not asked about, nor made.
        let databases = if is_wanted { databases } else { PartStatus::Matches };
        Ok(Some(Self { is_stale: cx.is_stale(&files), names, wanted, files, is_running_wanted: is_wanted, status, data, running, databases }))
    }

    /// As lines of the plan.
    pub fn changes(&self) -> [Change; 3] {
        let names = self.wanted.iter().map(|db| db.name.as_str()).collect::<Vec<_>>().join(", ");
        let state = if self.is_running_wanted { "started with the first connection" } else { "stopped" };
        let running = Change { op: self.running, what: "database instance".to_owned(), detail: state.to_owned() };
        let made = PartStatus::all([self.status, self.data]);
        [made.change("database service", self.names.database_service()), running, self.databases.change("database", names)]
    }

    /// Writes the units.
    pub fn write(&self, backups: &mut Backups<'_>) -> Result<()> {
        if !self.status.has_change() {
            return Ok(());
        }
        self.files.iter().try_for_each(|file| backups.write(file))?;
        link(&self.names.database_socket_unit(), self.is_running_wanted)
    }

    /// Makes the instance's data.
    pub fn make_data(&self, task: &Task, account: &Account) -> Result<()> {
        if self.data.has_change() { database::make_data(task, self.names, account) } else { Ok(()) }
    }

    /// Stops what must not run, or what must begin anew.
    pub fn stop(&self, task: &Task) -> Result<()> {
        let units = [self.names.database_socket_unit(), self.names.database_service()];
        if self.running == Op::Change { systemd::stop(task, &units) } else { Ok(()) }
    }

    /// Units to be started.
    pub fn to_start(&self) -> Vec<String> {
        if self.is_running_wanted && (self.running != Op::Keep || self.databases.has_change()) {
            vec![self.names.database_socket_unit(), self.names.database_service()]
        } else {
            Vec::new()
        }
    }

    /// Makes databases and users in the running instance; answers with those that are there now.
    pub fn make_databases(&self, task: &Task) -> Result<Vec<DbName>> {
        if self.databases.has_change() {
            let socket = database::socket(self.names);
            for wanted in self.wanted {
                database::make(task, &socket, wanted)?;
                task.info(format!("Created database {} and user {}", wanted.name, wanted.user));
            }
        }
        Ok(if self.is_running_wanted { self.wanted.iter().map(|db| db.name.clone()).collect() } else { Vec::new() })
    }
}

fn look(task: &Task, names: &PodNames, wanted: &[Database]) -> Result<PartStatus> {
    let socket = database::socket(names);
    let mut found = Vec::new();
    for db in wanted {
        let status = database::look(task, &socket, db)?;
        found.push(PartStatus::of(status.database || status.user, status.is_complete()));
    }
    Ok(PartStatus::all(found))
}
