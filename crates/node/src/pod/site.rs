//! What a site leaves whose pod goes on without it.

use std::fs;

use wire::SiteName;
use wire::message::Failure;
use wire::spec::PodState;
use wire::verb::SiteRemove;

use crate::error::{Result, ResultExt, refused};
use crate::host::command::Cmd;
use crate::host::names::{PodNames, WEB, unit_file, wanted_link};
use crate::host::{Host, database, files, lock, storage, systemd};
use crate::task::Task;

use super::cache;
use super::remove::remove_site;
use super::state::State;

/// Removes everything of a site that the pod's description does not have any more. False when nothing was left.
pub fn remove(host: &Host, task: &Task, wanted: &SiteRemove) -> Result<bool> {
    let units = host.units.reserve();
    let (names, site) = (PodNames::of(&wanted.pod), &wanted.site);
    let _lock = lock::take(task, &names.lock())?;
    let Some(mut state) = State::load(&names)? else { return Ok(false) };
    check(&state, wanted)?;
    remove_site(host, task, &names, site)?;
    // Until then systemd keeps units whose files are gone.
    systemd::reload(host, task, units)?;
    systemd::forget_failures(task, &[names.service(site), names.socket_unit(site)]);
    let had_files = remove_files(task, &names, site)?;
    let had_logs = remove_logs(&names, site)?;
    cache::remove(task, &names, site)?;
    let had_database = remove_database(task, &names, &mut state, wanted)?;
    let was_known = state.sites.remove(site).is_some();
    if was_known || had_database {
        state.save(&names)?;
    }
    if had_files {
        task.info(format!("Removed the files of {site}"));
    }
    Ok(had_files || had_logs || had_database || was_known)
}

fn check(state: &State, wanted: &SiteRemove) -> Result<()> {
    let SiteRemove { pod, site, database } = wanted;
    if state.spec.sites.iter().any(|one| one.name == *site) {
        return Err(refused(format!("the site {site} belongs to the pod {pod}")));
    }
    match database.as_ref().filter(|name| state.spec.databases.iter().any(|one| one.name == **name)) {
        Some(name) => Err(refused(format!("the database {name} belongs to the pod {pod}"))),
        None => Ok(()),
    }
}

/// The folder is in one of root's, so nobody puts a link in its place; `rm` follows none inside.
fn remove_files(task: &Task, names: &PodNames, site: &SiteName) -> Result<bool> {
    let home = names.site_home(site);
    let is_there = fs::symlink_metadata(&home).is_ok();
    if is_there {
        // Programs of the pod can make subvolumes, and set them so that nobody removes what is in them.
        storage::remove_by_id(task, &storage::nested_below(task, names, &format!("sites/{site}"))?)?;
        Cmd::long_running("rm").args(["--recursive", "--force", "--"]).arg(&home).run(task)?;
    }
    Ok(is_there)
}

/// The logs of the site, rotated ones too.
fn remove_logs(names: &PodNames, site: &SiteName) -> Result<bool> {
    let folder = names.home().join(WEB);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).context(format_args!("reading {}", folder.display())),
    };
    let mut found = false;
    for entry in entries {
        let path = entry.context(format_args!("reading {}", folder.display()))?.path();
        let is_one = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| is_log(name, site));
        found |= is_one && files::remove(&path)?;
    }
    Ok(found)
}

fn is_log(file: &str, site: &SiteName) -> bool {
    let rest = file.strip_prefix(site.as_str()).and_then(|rest| rest.strip_prefix('.'));
    rest.is_some_and(|rest| ["access.log", "error.log", "application.log"].iter().any(|log| rest.starts_with(log)))
}

/// Its database and that one's user; the whole instance where no other one is in it.
fn remove_database(task: &Task, names: &PodNames, state: &mut State, wanted: &SiteRemove) -> Result<bool> {
    let Some(name) = &wanted.database else { return Ok(false) };
    let is_there = names.database_home().is_dir();
    if state.spec.databases.is_empty() {
        remove_instance(task, names)?;
    } else if is_there {
        if state.held || state.spec.state != PodState::Running {
            return Err(not_running(wanted));
        }
        database::remove(task, &database::socket(names), name, name)?;
    }
    if is_there {
        task.info(format!("Removed the database {name}"));
    }
    Ok(state.databases.remove(name))
}

fn not_running(wanted: &SiteRemove) -> Failure {
    refused(format!("the pod {} is not running, so nothing can be removed from its databases", wanted.pod))
}

fn remove_instance(task: &Task, names: &PodNames) -> Result<()> {
    let units = [names.database_socket_unit(), names.database_service()];
    systemd::stop(task, &units)?;
    for unit in &units {
        files::remove(&wanted_link(unit))?;
        files::remove(&unit_file(unit))?;
    }
    let data = names.database_home();
    if data.is_dir() {
        Cmd::long_running("rm").args(["--recursive", "--force", "--"]).arg(&data).run(task)?;
    }
    files::remove_empty_folder(&names.database_run()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_that_of_one_site_only() {
        let shop = SiteName::new("shop").unwrap();
        for (file, is_its) in [
            ("shop.access.log", true),
            ("shop.error.log-1900000000.gz", true),
            ("shop.application.log", true),
            ("shop2.access.log", false),
            ("main.access.log", false),
            ("shop.txt", false),
        ] {
            assert_eq!(is_log(file, &shop), is_its, "{file}");
        }
    }
}
