//! Taking a pod out of service, or away altogether. Every step can be interrupted and done again.

use std::path::PathBuf;

use wire::plan::{Change, Op, Plan};
use wire::verb::RemoveMode;
use wire::{PodName, SiteName};

use crate::error::Result;
use crate::host::coalescer::Reservation;
use crate::host::names::{PodNames, unit_file, wanted_link};
use crate::host::web::{self, VhostChange};
use crate::host::{Host, accounts, files, lock, storage, systemd};
use crate::render::nginx;
use crate::task::Task;

use super::part::{cron, network, runtime};
use super::processes::end_processes;
use super::state::{self, State};
use super::{edits, legacy, moving};

/// Stops the pod, and with [`RemoveMode::Purge`] leaves nothing of it. Answers with what was done.
pub fn remove(host: &Host, task: &Task, pod: &PodName, mode: RemoveMode) -> Result<Plan> {
    let (units, sites) = (host.units.reserve(), host.sites.reserve());
    let names = PodNames::of(pod);
    let lock = lock::take(task, &names.lock())?;
    let mut state = State::load(&names)?;
    if mode == RemoveMode::Hold && state.is_none() {
        return Ok(Plan::default());
    }
    if mode == RemoveMode::Purge {
        // A purge asks what other pods use. Before anything is gone, all of them must be known.
        state::all()?;
    }
    let mut removal = Removal { host, task, names, drop_ins: Vec::new(), done: Vec::new() };
    if mode == RemoveMode::Purge {
        files::remove(&removal.names.senders())?;
    }
    if let Some(state) = &mut state {
        if mode == RemoveMode::Hold && !state.held {
            state.spec.sites.iter().try_for_each(|site| edits::keep_if_edited(task, &removal.names, state, &removal.names.vhost(&site.name)))?;
        }
        // Remembered first, so that an interrupted removal is not taken for a running pod.
        state.held = true;
        state.save(&removal.names)?;
    }
    removal.take_from_web(sites)?;
    removal.stop()?;
    match mode {
        RemoveMode::Hold => drop((units, lock)),
        RemoveMode::Purge => {
            moving::end_wait(task, &removal.names)?;
            moving::remove_copies(task, &removal.names)?;
            removal.purge(units, state.as_ref())?;
            lock.discard()?;
        }
    }
    Ok(Plan { changes: removal.done, ..Plan::default() })
}

/// Stops everything that runs as the pod, and keeps it from starting with the machine.
pub(super) fn stop(host: &Host, task: &Task, names: &PodNames) -> Result<()> {
    Removal { host, task, names: names.clone(), drop_ins: Vec::new(), done: Vec::new() }.stop()
}

/// Leaves nothing of a pod but its virtual hosts.
pub(super) fn all_but_the_web(host: &Host, task: &Task, names: &PodNames, units: Reservation<'_, ()>, state: &State) -> Result<()> {
    // As with a purge: all pods must be known before anything is gone.
    state::all()?;
    let mut removal = Removal { host, task, names: names.clone(), drop_ins: Vec::new(), done: Vec::new() };
    removal.stop()?;
    removal.purge(units, Some(state))
}

/// Takes one site out of service whose pod goes on. Its files stay.
pub fn remove_site(host: &Host, task: &Task, names: &PodNames, site: &SiteName) -> Result<()> {
    let change = unpublication(names.vhost(site))?;
    web::swap(host, task, host.sites.reserve(), change.into_iter().collect())?;
    // Before the site's own units: by those it is found again when this is broken off.
    names.cron_jobs_found().iter().filter(|(of, _)| of == site).try_for_each(|(_, job)| cron::remove(task, names, site, job))?;
    let units = [names.socket_unit(site), names.service(site)];
    systemd::stop(task, &units)?;
    for unit in &units {
        files::remove(&wanted_link(unit))?;
        files::remove(&unit_file(unit))?;
    }
    files::remove(&names.gate(site))?;
    remove_secrets(names, Some(site))?;
    files::remove_flat_folder(&names.site_config(site)).map(drop)
}

/// Keys and passwords that no virtual host names any more.
fn remove_secrets(names: &PodNames, site: Option<&SiteName>) -> Result<()> {
    names.certificates_found(site).iter().chain(&names.passwords_found(site)).map(|path| files::remove(path).map(drop)).collect()
}

/// How nginx is told to forget a virtual host.
fn unpublication(path: PathBuf) -> Result<Option<VhostChange>> {
    let Some(text) = files::read_text(&path) else { return Ok(None) };
    let Some((domain, mark)) = served(&text) else {
        // Not ours any more: nothing tells what it serves, so it goes without being asked about.
        files::remove(&path)?;
        return Ok(None);
    };
    Ok(Some(VhostChange { path, text: None, domain, mark }))
}

struct Removal<'a> {
    host: &'a Host,
    task: &'a Task,
    names: PodNames,
    /// What other hands have added to its units.
    drop_ins: Vec<PathBuf>,
    done: Vec<Change>,
}

impl Removal<'_> {
    fn record(&mut self, what: &str, detail: impl Into<String>) {
        let detail = detail.into();
        self.task.info(format!("Removed {what} {detail}"));
        self.done.push(Change { op: Op::Remove, what: what.to_owned(), detail });
    }

    fn take_from_web(&mut self, reservation: Reservation<'_, Vec<VhostChange>>) -> Result<()> {
        let mut paths: Vec<_> = self.names.sites_found().iter().map(|site| self.names.vhost(site)).collect();
        paths.extend(legacy::stop(self.task, &self.names)?);
        let mut changes = Vec::new();
        for path in paths.into_iter().filter(|path| path.exists()) {
            changes.extend(unpublication(path.clone())?);
            self.record("virtual host", path.display().to_string());
        }
        web::swap(self.host, self.task, reservation, changes)?;
        remove_secrets(&self.names, None)?;
        self.names.sites_found().iter().try_for_each(|site| files::remove(&self.names.gate(site)).map(drop))
    }

    fn units(&self) -> Vec<String> {
        let sites = self.names.sites_found();
        let of_sites = sites.iter().flat_map(|site| [self.names.socket_unit(site), self.names.service(site)]);
        let jobs = self.names.cron_jobs_found();
        let of_jobs = jobs.iter().flat_map(|(site, job)| [self.names.cron_timer(site, job), self.names.cron_service(site, job)]);
        of_jobs.chain(of_sites).chain([self.names.database_socket_unit(), self.names.database_service()]).collect()
    }

    /// Stops everything that runs as the pod, and keeps it from starting with the machine.
    fn stop(&mut self) -> Result<()> {
        let mut all = self.units();
        for unit in &all {
            files::remove(&wanted_link(unit))?;
        }
        all.extend([self.names.task_unit(), self.names.build_unit(), self.names.unpack_unit(), self.names.slice()]);
        let running = systemd::show(self.task, &all)?;
        systemd::stop(self.task, &all)?;
        self.drop_ins = running.values().flat_map(|unit| unit.drop_ins.clone()).collect();
        for (unit, _) in running.into_iter().filter(|(name, unit)| unit.active == "active" && !name.ends_with(".slice")) {
            self.record("running", unit);
        }
        match accounts::find(&self.names.user()) {
            Some(account) => end_processes(account.uid),
            None => Ok(()),
        }
    }

    fn purge(&mut self, units: Reservation<'_, ()>, state: Option<&State>) -> Result<()> {
        self.unit_files(units)?;
        if storage::remove(self.task, &self.names)? {
            self.record("storage", self.names.home().display().to_string());
        }
        if accounts::remove(self.task, &self.names)? {
            self.record("user", self.names.user());
        }
        if let Some(legacy) = state.and_then(|state| state.legacy.as_ref()) {
            legacy::purge(self.task, &self.names, legacy)?;
        }
        for runtime in state.iter().flat_map(|state| state.spec.runtimes()) {
            if let Some(root) = runtime::release(self.task, runtime, Some(self.names.pod()))? {
                self.record("runtime", root.display().to_string());
            }
        }
        if files::remove(&self.names.state())? {
            self.record("pod", self.names.pod().to_string());
        }
        state.map_or(Ok(()), |state| network::forget(self.task, &state.spec))
    }

    /// systemd forgets a unit that is stopped by itself, unless a reload since has told it that the unit starts with the machine.
    fn unit_files(&mut self, reservation: Reservation<'_, ()>) -> Result<()> {
        let mut units = self.units();
        units.push(self.names.slice());
        systemd::forget_failures(self.task, &units);
        for unit in &units {
            if files::remove(&unit_file(unit))? {
                self.record("unit", unit);
            }
        }
        self.drop_ins.iter().try_for_each(|path| files::remove_with_folder(path))?;
        if systemd::show(self.task, &units)?.values().any(|unit| unit.load == "loaded") {
            systemd::reload(self.host, self.task, reservation)?;
        }
        if files::remove_tree_of_folders(&self.names.config())? {
            self.record("configuration", self.names.config().display().to_string());
        }
        files::remove_flat_folder(&self.names.edits())?;
        files::remove_flat_folder(&self.names.cron_folder())?;
        for folder in [self.names.database_run(), self.names.run()] {
            files::remove_empty_folder(&folder)?;
        }
        Ok(())
    }
}

/// Main name and mark of a virtual host, read from its file.
fn served(text: &str) -> Option<(wire::DomainName, String)> {
    let lines = nginx::parse(text)?;
    let server = lines.first()?.lines();
    let word = |name: &str, at: usize| server.iter().find(|l| l.words()[0] == name)?.words().get(at).cloned();
    let domain = wire::DomainName::new(word("server_name", 1)?).ok()?;
    let location = server.iter().find(|l| l.words().last().is_some_and(|w| w == crate::render::vhost::MARK))?;
    let mark = location.lines().iter().find(|l| l.words()[0] == "return")?.words().get(2)?.clone();
    Some((domain, mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_host_tells_what_it_serves() {
        let text = "server {\n server_name a.test b.test;\n location = /.well-known/mpanel-config { return 200 abc; }\n}\n";
        let (domain, mark) = served(text).unwrap();
        assert_eq!((domain.as_str(), mark.as_str()), ("a.test", "abc"));
        assert!(served("server { listen 80; }").is_none());
        assert!(served("garbage {").is_none());
    }
}
