//! From what is to what should be: a pure function, so that it can be tried with any facts.

use sha2::{Digest, Sha256};
use wire::plan::{Change, Op, Plan};
use wire::spec::{PodSpec, Stack};

use crate::host::names::Names;
use crate::render::{pages, unit};

use super::survey::{Is, Survey};

/// The parts of a pod, in the order in which they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// nginx' base configuration.
    WebBase,
    /// User and group.
    User,
    /// Subvolume.
    Storage,
    /// Its limit.
    Limit,
    /// Folders.
    Folders,
    /// Slice.
    Slice,
    /// The runtime's mount.
    Runtime,
    /// The service's files.
    Service,
    /// Database and its user.
    Database,
    /// Files inside the tenant's tree.
    Files,
    /// WordPress' installation.
    Install,
    /// The service runs with its present files.
    Running,
    /// Virtual host.
    Site,
}

/// The difference, part by part.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    steps: Vec<(Part, Change)>,
}

impl Difference {
    /// What is to be done with this part.
    pub fn op(&self, part: Part) -> Op {
        self.steps.iter().find(|(p, _)| *p == part).map_or(Op::Keep, |(_, change)| change.op)
    }

    /// Is anything to be done with this part?
    pub fn touches(&self, part: Part) -> bool {
        self.op(part) != Op::Keep
    }

    /// Does systemd have to read its files again?
    pub fn needs_reload(&self) -> bool {
        [Part::Slice, Part::Runtime, Part::Service].iter().any(|part| self.touches(*part))
    }

    /// The steps.
    pub fn steps(&self) -> &[(Part, Change)] {
        &self.steps
    }

    /// As it goes over the wire.
    pub fn plan(&self) -> Plan {
        Plan { changes: self.steps.iter().map(|(_, change)| change.clone()).collect() }
    }

    fn add(&mut self, part: Part, op: Op, what: &str, detail: impl Into<String>) {
        self.steps.push((part, Change { op, what: what.to_owned(), detail: detail.into() }));
    }
}

fn op_of(is: Is) -> Op {
    match is {
        Is::Absent => Op::Add,
        Is::Different => Op::Change,
        Is::Right => Op::Keep,
    }
}

fn op_if(there: bool, right: bool) -> Op {
    match (there, right) {
        (_, true) => Op::Keep,
        (true, false) => Op::Change,
        (false, false) => Op::Add,
    }
}

/// Bytes of disk that the description allows.
pub fn disk_bytes(spec: &PodSpec) -> u64 {
    u64::from(spec.limits.disk_mb) << 20
}

/// Compares.
pub fn difference(spec: &PodSpec, found: &Survey) -> Difference {
    let names = Names::of(&spec.pod);
    let mut all = Difference::default();
    all.add(Part::WebBase, op_if(false, found.web_base), "web server", "base configuration of nginx");
    all.add(Part::User, op_of(found.user), "user", names.user());
    all.add(Part::Storage, op_if(false, found.quota.is_some()), "storage", format!("btrfs subvolume {}", names.home().display()));
    let limited = found.quota.is_some_and(|q| q.limit == Some(disk_bytes(spec)));
    all.add(Part::Limit, op_if(found.quota.is_some(), limited), "storage limit", format!("{} MiB", spec.limits.disk_mb));
    all.add(Part::Folders, op_if(found.quota.is_some(), found.folders), "folders", "public, app, private, tmp, logs");
    let slice = if found.stale && found.slice == Is::Right { Is::Different } else { found.slice };
    all.add(Part::Slice, op_of(slice), "slice", format!("{}: {}", names.slice(), unit::limits_line(&spec.limits)));
    if let Some(runtime) = &spec.runtime {
        all.add(Part::Runtime, op_of(found.mount), "runtime", format!("{} ({})", runtime.name, &runtime.sha256.as_str()[..8]));
        all.add(Part::Service, op_of(found.service), "service", service_unit(spec, &names));
    }
    database(spec, found, &mut all);
    files(spec, found, &mut all);
    running(spec, found, &names, &mut all);
    let domains = spec.domains.iter().map(|d| d.as_str()).collect::<Vec<_>>().join(", ");
    all.add(Part::Site, op_of(found.site), "virtual host", domains);
    all
}

fn service_unit(spec: &PodSpec, names: &Names) -> String {
    names.service(if matches!(spec.stack, Stack::Node { .. }) { "node" } else { "php" })
}

fn database(spec: &PodSpec, found: &Survey, all: &mut Difference) {
    let (Some(want), Some(is)) = (&spec.database, found.database) else { return };
    let op = op_if(!is.is_nothing(), is.is_whole());
    all.add(Part::Database, op, "database", format!("{} with user {}", want.name, want.user));
}

fn files(spec: &PodSpec, found: &Survey, all: &mut Difference) {
    let look = found.look.clone().unwrap_or_default();
    let state = found.state.as_ref();
    if let (Stack::Wordpress { .. }, Some(app)) = (&spec.stack, &spec.app) {
        let unpacked = state.is_some_and(|s| s.unpacked.is_some());
        let database = spec.database.as_ref().map(|db| hex::encode(Sha256::digest(pages::wordpress_database(db))));
        let right = unpacked && look.wp_config && look.database_file == database;
        all.add(Part::Files, op_if(unpacked, right), "files", format!("{} and its configuration", app.name));
        let installed = state.is_some_and(|s| s.installed);
        all.add(Part::Install, op_if(false, installed), "wordpress", "tables and first user");
    } else {
        let started = state.is_some_and(|s| s.starter);
        all.add(Part::Files, op_if(false, started), "files", "start page, if the folder is empty");
    }
}

fn running(spec: &PodSpec, found: &Survey, names: &Names, all: &mut Difference) {
    if spec.runtime.is_none() {
        return;
    }
    let unfinished = found.state.as_ref().is_some_and(|s| s.unfinished);
    let (op, why) = if !found.active {
        (Op::Add, "started, and enabled at boot")
    } else if all.touches(Part::Service) || all.touches(Part::Runtime) {
        (Op::Change, "restart with the new configuration")
    } else if unfinished {
        (Op::Change, "restart, because the last change did not finish")
    } else {
        (Op::Keep, "running")
    };
    all.add(Part::Running, op, "running", format!("{}: {why}", service_unit(spec, names)));
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
