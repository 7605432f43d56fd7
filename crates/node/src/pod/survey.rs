//! What is, read from the machine. Changes nothing.

use wire::spec::PodSpec;

use crate::fail::Res;
use crate::host::accounts::{self, Account};
use crate::host::database::{self, Found};
use crate::host::names::{Names, wanted_link};
use crate::host::storage::{self, Quota};
use crate::host::{files, systemd, usage, web};
use crate::task::Task;
use crate::tenant::{self, Look};

use super::desired::{Desired, Managed, desired};
use super::state::State;

/// How a part compares with what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// Not there.
    Absent,
    /// There and different.
    Different,
    /// As it should be.
    Right,
}

/// The facts.
#[derive(Debug, Clone)]
pub struct Survey {
    /// What is remembered.
    pub state: Option<State>,
    /// nginx' base configuration is in place.
    pub web_base: bool,
    /// The user is as it should be, the web server's user is in its group.
    pub user: Is,
    /// The subvolume's figures, when there is one.
    pub quota: Option<Quota>,
    /// Subvolumes that a tenant's program made inside.
    pub nested: usize,
    /// The folders are there with owners and modes.
    pub folders: bool,
    /// What is in the folders, when one can look.
    pub look: Option<Look>,
    /// The slice's file.
    pub slice: Is,
    /// The runtime's mount: its file, and whether it is mounted.
    pub mount: Is,
    /// The service's files and its link.
    pub service: Is,
    /// The service runs.
    pub active: bool,
    /// systemd has not read the present files.
    pub stale: bool,
    /// Place of the slice in the control groups.
    pub control_group: String,
    /// The database, when one is wanted.
    pub database: Option<Found>,
    /// The virtual host's file, and whether it is in use.
    pub site: Is,
}

/// Reads everything that the description touches. Of a pod that is not remembered (`state`) there is nothing, as a rule, and programs are asked
/// only where something shows: what they would say is made right by the apply all the same.
pub fn survey(task: &Task, spec: &PodSpec, state: Option<State>) -> Res<Survey> {
    let names = Names::of(&spec.pod);
    let account = accounts::find(&names.user());
    let want = desired(spec, account.as_ref())?;
    let exists = storage::exists(&names);
    let folders = account.as_ref().is_some_and(|a| exists && storage::folders_good(&names, a));
    let look = match &account {
        Some(account) if folders => Some(tenant::look(task, &names, account)?),
        _ => None,
    };
    let units = if state.is_none() && !usage::stands(&names.group()) { Units::none(&want) } else { units(task, &names, &want)? };
    // A database that lies about is taken over: what makes it is the same.
    let database = match &spec.database {
        Some(db) if state.is_some() => Some(database::look(task, db)?),
        Some(_) => Some(Found::default()),
        None => None,
    };
    Ok(Survey {
        state,
        web_base: web::base_good(),
        user: user(&names, account.as_ref()),
        quota: if exists { Some(storage::quota(task, &names)?) } else { None },
        nested: if exists { storage::nested(task, &names)?.len() } else { 0 },
        folders,
        look,
        slice: file(&want.slice),
        mount: want.mount.as_ref().map_or(Is::Right, |mount| match (file(&mount.file), units.mounted) {
            (Is::Right, true) => Is::Right,
            (Is::Absent, _) => Is::Absent,
            _ => Is::Different,
        }),
        service: service(&want),
        active: units.active,
        stale: units.stale,
        control_group: units.control_group,
        database,
        site: site(spec, &names, &want),
    })
}

fn user(names: &Names, account: Option<&Account>) -> Is {
    match account {
        None => Is::Absent,
        Some(a) if accounts::is_right(a, names) => {
            if accounts::web_reads(&names.user()) {
                Is::Right
            } else {
                Is::Different
            }
        }
        Some(_) => Is::Different,
    }
}

fn file(want: &Managed) -> Is {
    match files::read(&want.path) {
        Ok(None) => Is::Absent,
        Ok(Some(bytes)) if bytes == want.text.as_bytes() => Is::Right,
        _ => Is::Different,
    }
}

fn service(want: &Desired) -> Is {
    let Some(service) = &want.service else { return Is::Right };
    let linked = std::fs::symlink_metadata(wanted_link(&service.unit)).is_ok();
    let mut all: Vec<Is> = service.files.iter().map(file).collect();
    all.push(if linked { Is::Right } else { Is::Absent });
    if all.iter().all(|is| *is == Is::Right) {
        Is::Right
    } else if all.iter().all(|is| *is == Is::Absent) {
        Is::Absent
    } else {
        Is::Different
    }
}

fn site(spec: &PodSpec, names: &Names, want: &Desired) -> Is {
    let written = Managed { path: names.vhost(), text: want.vhost.text.clone(), mode: 0o644 };
    match (file(&written), spec.domains.first()) {
        (Is::Right, Some(domain)) if !web::serves(domain, &want.vhost.mark) => Is::Different,
        (is, _) => is,
    }
}

struct Units {
    active: bool,
    mounted: bool,
    stale: bool,
    control_group: String,
}

impl Units {
    /// Where none of the pod's own runs. The runtime may be mounted for others; what lies about of the pod's own may never have been read.
    fn none(want: &Desired) -> Self {
        let mounted = want.mount.as_ref().is_none_or(|mount| files::is_mounted(&mount.root));
        Self { active: want.service.is_none(), mounted, stale: true, control_group: String::new() }
    }
}

fn units(task: &Task, names: &Names, want: &Desired) -> Res<Units> {
    let service = want.service.as_ref().map(|s| s.unit.clone());
    let mount = want.mount.as_ref().map(|m| m.unit.clone());
    let asked: Vec<String> = [Some(names.slice()), service.clone(), mount.clone()].into_iter().flatten().collect();
    let found = systemd::show(task, &asked)?;
    let active = |unit: &Option<String>| unit.as_ref().and_then(|u| found.get(u)).is_none_or(|unit| unit.active == "active");
    Ok(Units {
        active: active(&service),
        mounted: active(&mount),
        stale: found.values().any(|unit| unit.stale),
        control_group: found.get(&names.slice()).map(|u| u.control_group.clone()).unwrap_or_default(),
    })
}
