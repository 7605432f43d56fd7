//! Pods of the first version: one site in the pod's root, a user with a number of the server's choice, a database in a server that all pods
//! share, a service that makes its own socket. The next apply moves them over; until then they run on as they are.
//!
//! Each step can be interrupted and done again. Nothing of the old is removed before the new has it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::observation::{Part, PartState};
use wire::plan::{Change, Op};
use wire::spec::PodSpec;
use wire::{DbName, PodUid, Sha256, SiteName};

use crate::error::{Result, ResultExt, internal};
use crate::host::accounts::{self, Account};
use crate::host::command::Cmd;
use crate::host::names::{PodNames, SITE_FOLDERS, SITES, VHOSTS, WEB, unit_file, wanted_link};
use crate::host::{database, files, lock, systemd};
use crate::task::Task;

use super::processes::end_processes;
use super::state::{SiteProgress, State};

/// Kinds of services that there were.
const KINDS: [&str; 2] = ["php", "node"];
/// Where databases wait between their servers.
const DUMPS: &str = "/var/lib/mpanel/moves";
/// Web logs of all pods.
const LOGS: &str = "/var/log/nginx";

/// What is still as the first version made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Legacy {
    /// Database and user in the shared server.
    pub database: Option<(DbName, DbName)>,
    /// Number of the user before.
    pub uid: Option<u32>,
}

/// A file of the first version.
#[derive(Deserialize)]
struct FirstState {
    spec: Value,
    unfinished: bool,
    held: bool,
    starter: bool,
    unpacked: Option<Sha256>,
    installed: bool,
}

/// The only site of such a pod; the panel calls it the same.
fn main_site() -> std::result::Result<SiteName, String> {
    SiteName::new("main").map_err(|error| error.to_string())
}

/// Reads a file of the first version. The user's number is not known yet: any of the range stands for it until the panel gives one.
pub fn upgrade(bytes: &[u8]) -> std::result::Result<State, String> {
    let first: FirstState = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let mut old = first.spec;
    let mut take = |name: &str| old.get_mut(name).map(Value::take).unwrap_or(Value::Null);
    let (mut stack, database) = (take("stack"), take("database"));
    if stack["kind"] == "wordpress" {
        stack["database"] = database["name"].clone();
    }
    let site = json!({"name": main_site()?, "stack": stack, "runtime": take("runtime"), "domains": take("domains"), "source": take("app")});
    let spec = json!({
        "pod": take("pod"), "uid": PodUid::FIRST, "limits": take("limits"), "network": "internet", "state": take("state"), "sites": [site],
        "databases": if database.is_null() { json!([]) } else { json!([database]) },
    });
    let spec: PodSpec = serde_json::from_value(spec).map_err(|error| error.to_string())?;
    let mut state = State::new(&spec);
    let progress = SiteProgress { starter: first.starter, unpacked: first.unpacked, installed: first.installed };
    (state.unfinished, state.held, state.sites, state.databases) =
        (first.unfinished, first.held, BTreeMap::from([(main_site()?, progress)]), BTreeSet::new());
    state.legacy = Some(Legacy {
        database: spec.databases.first().map(|db| (db.name.clone(), db.user.clone())),
        uid: accounts::find(&PodNames::of(&spec.pod).user()).map(|account| account.uid),
    });
    Ok(state)
}

fn units(names: &PodNames) -> Vec<String> {
    KINDS.iter().map(|kind| format!("pod-{}-{kind}.service", names.pod())).collect()
}

fn old_vhost(names: &PodNames) -> PathBuf {
    PathBuf::from(VHOSTS).join(format!("{}.conf", names.pod()))
}

fn dump_file(names: &PodNames) -> PathBuf {
    PathBuf::from(DUMPS).join(format!("{}.sql", names.pod()))
}

/// As a line of the plan, and of what is observed until then.
pub fn change() -> Change {
    Change { op: Op::Change, what: "layout".to_owned(), detail: "made by an older agent: moved over by the next apply".to_owned() }
}

/// The same as a part of what is observed.
pub fn observe() -> Part {
    let Change { what, detail, .. } = change();
    Part { name: what, state: PartState::Wrong, detail }
}

/// Stops the pod's old services and takes its database out of the shared server. One that is there no more was moved by an apply that died
/// before it could say so.
pub fn leave(task: &Task, names: &PodNames, legacy: &Legacy) -> Result<()> {
    let old = units(names);
    systemd::stop(task, &old)?;
    if let Some(uid) = legacy.uid {
        end_processes(uid)?;
    }
    if let Some((name, _)) = &legacy.database
        && !dump_file(names).exists()
        && database::exists(task, &database::shared_socket(), name)?
    {
        files::make_folder(DUMPS.as_ref(), 0o700)?;
        let beside = dump_file(names).with_extension("new");
        database::dump(task, &database::shared_socket(), name, &beside)?;
        fs::File::open(&beside).and_then(|file| file.sync_all()).context("writing the database's dump")?;
        fs::rename(&beside, dump_file(names)).context("placing the database's dump")?;
        task.info(format!("Took the database {name} out of the shared server"));
    }
    for unit in &old {
        files::remove(&wanted_link(unit))?;
        files::remove(&unit_file(unit))?;
    }
    // nginx goes on with what it has read until it gets the new one.
    files::remove(&old_vhost(names)).map(drop)
}

/// Gives the pod's user its new number; its files follow in [`own`].
pub fn renumber(task: &Task, names: &PodNames, legacy: &Legacy) -> Result<()> {
    match accounts::find(&names.user()) {
        Some(account) if Some(account.uid) == legacy.uid => accounts::remove(task, names).map(drop),
        // Its group may be left of an apply that died between the two.
        None if legacy.uid.is_some() => accounts::remove(task, names).map(drop),
        _ => Ok(()),
    }
}

/// Moves the folders to their site, and gives everything that the old number owns to the new one. No program of the pod runs.
pub fn own(task: &Task, names: &PodNames, legacy: &Legacy, account: &Account) -> Result<()> {
    let site = main_site().map_err(internal)?;
    let (home, site_home) = (names.home(), names.site_home(&site));
    files::make_folder(&site_home, 0o750)?;
    for (folder, _) in SITE_FOLDERS {
        let (old, new) = (home.join(folder), site_home.join(folder));
        if fs::symlink_metadata(&old).is_ok_and(|found| found.is_dir()) {
            fs::rename(&old, &new).context(format_args!("moving {}", old.display()))?;
        }
        // What the tenant has written down of its old place still leads there.
        files::link(&old, &format!("{SITES}/{site}/{folder}"))?;
    }
    let Some(uid) = legacy.uid else { return Ok(()) };
    let owner = format!("{}:{}", account.uid, account.gid);
    let from = format!("--from={uid}");
    Cmd::long_running("chown").args(["--recursive", "--no-dereference", &from, "--", &owner]).arg(&home).run(task)?;
    let flat = files::remove_flat_files(&names.config())?;
    task.info(format!("Moved the pod's files to uid {} and the site {site}; removed {flat} old configuration files", account.uid));
    logs(names, &site)
}

/// The web server's logs move into the pod.
fn logs(names: &PodNames, site: &SiteName) -> Result<()> {
    let folder = names.home().join(WEB);
    for (path, rest) in old_logs(names) {
        if folder.is_dir() {
            let new = folder.join(format!("{site}.{rest}"));
            fs::copy(&path, &new).context(format_args!("moving {}", path.display()))?;
        }
        files::remove(&path)?;
    }
    Ok(())
}

/// `pod-a.access.log`, `pod-a.access.log.1` .., each with what is behind the pod's name.
fn old_logs(names: &PodNames) -> Vec<(PathBuf, String)> {
    let prefix = format!("pod-{}.", names.pod());
    let entries = fs::read_dir(LOGS).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), entry.file_name().to_str()?.strip_prefix(&prefix)?.to_owned()))).collect()
}

/// Brings the database into the pod's own instance, and takes it away from the shared server.
pub fn import(task: &Task, names: &PodNames, legacy: &Legacy) -> Result<()> {
    let Some((name, user)) = &legacy.database else { return Ok(()) };
    let dump = dump_file(names);
    if dump.exists() {
        database::import(task, &database::socket(names), name, &dump)?;
        task.info(format!("Moved the database {name} into the pod"));
    }
    drop_shared(task, name, user)?;
    files::remove(&dump).map(drop)
}

fn drop_shared(task: &Task, name: &DbName, user: &DbName) -> Result<()> {
    let _lock = lock::take(task, "shared-database")?;
    if database::shared_socket().exists() { database::remove(task, &database::shared_socket(), name, user) } else { Ok(()) }
}

/// What only a pod of the first version leaves behind.
pub fn purge(task: &Task, names: &PodNames, legacy: &Legacy) -> Result<()> {
    if let Some((name, user)) = &legacy.database {
        drop_shared(task, name, user)?;
    }
    for unit in units(names) {
        files::remove(&wanted_link(&unit))?;
        files::remove(&unit_file(&unit))?;
    }
    for (path, _) in old_logs(names) {
        files::remove(&path)?;
    }
    files::remove(&dump_file(names))?;
    files::remove_flat_files(&names.config()).map(drop)
}

/// Takes such a pod out of service: its virtual host and its services.
pub fn stop(task: &Task, names: &PodNames) -> Result<Option<PathBuf>> {
    for unit in units(names) {
        files::remove(&wanted_link(&unit))?;
    }
    systemd::stop(task, &units(names))?;
    let vhost = old_vhost(names);
    Ok(vhost.exists().then_some(vhost))
}

#[cfg(test)]
#[path = "legacy_tests.rs"]
mod tests;
