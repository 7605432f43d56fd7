//! Making a pod as described. Every step can be interrupted and done again.

use std::thread;

use wire::plan::Plan;
use wire::spec::{PodSpec, PodState, Stack};

use crate::error::{Result, internal, invalid, refused};
use crate::host::accounts::{Account, Wanted};
use crate::host::coalescer::Reservation;
use crate::host::names::{PODS, PodNames};
use crate::host::web::{self, VhostChange};
use crate::host::{Host, artifacts, files, lock, storage, systemd};
use crate::task::Task;

use super::backup::Backups;
use super::deploy::opcache;
use super::part::cron::CronJobs;
use super::part::{runtime, wordpress};
use super::parts::Parts;
use super::remove::remove_site;
use super::state::{self, State};
use super::{edits, legacy, moving};

/// What an apply would change.
pub fn plan(task: &Task, spec: &PodSpec) -> Result<Plan> {
    check(task, spec)?;
    let names = PodNames::of(&spec.pod);
    let state = State::load(&names)?;
    Ok(Parts::inspect(task, spec, &names, state.as_ref())?.plan())
}

/// Makes the pod as described; answers with what was done.
pub fn apply(host: &Host, task: &Task, spec: &PodSpec) -> Result<Plan> {
    check(task, spec)?;
    // Reserved before the lock, so that pods applied at the same time find each other.
    let reservations =
        Reservations { accounts: host.accounts.reserve(), units: host.units.reserve(), sites: host.sites.reserve(), disks: host.disks.reserve() };
    let names = PodNames::of(&spec.pod);
    let _lock = lock::take(task, &names.lock())?;
    let before = State::load(&names)?;
    if let Some(before) = &before {
        releases_are_there(spec, before, &names)?;
    }
    let mut state = before.as_ref().map_or_else(|| State::new(spec), |state| state.begin(spec));
    let left: Vec<_> = before.iter().flat_map(|state| state.spec.runtimes()).filter(|old| !spec.runtimes().any(|new| new == *old)).cloned().collect();
    if before.as_ref().is_none_or(|before| !spec.runtimes().all(|new| before.spec.runtimes().any(|old| old == new))) {
        // Said before looking, so that no removal takes the runtime away between the look and its use.
        let _lock = lock::take(task, "runtimes")?;
        state.save(&names)?;
    }
    let parts = Parts::inspect(task, spec, &names, before.as_ref())?;
    let plan = parts.plan();
    let written = edits::written(parts.files(), None);
    if plan.is_noop() && before.as_ref().is_some_and(|state| !state.unfinished && !state.held) {
        if before.as_ref().is_some_and(|state| state.written != written || state.spec.hand_edits != spec.hand_edits) {
            (state.unfinished, state.written) = (false, written);
            state.save(&names)?;
        }
        return Ok(plan);
    }
    state.written = edits::written(parts.files(), before.as_ref().map(|before| &before.written));
    state.save(&names)?;
    let mut apply = Apply { host, task, spec, names: &names, parts, state };
    let disks = apply.run(reservations)?;
    opcache::renew(task, &names, spec, before.as_ref());
    flush(host, disks)?;
    (apply.state.unfinished, apply.state.written) = (false, written);
    apply.state.save(&names)?;
    for old in left {
        runtime::release(task, &old, None)?;
    }
    Ok(plan)
}

/// What this pod will share with others.
struct Reservations<'a> {
    accounts: Reservation<'a, Wanted>,
    units: Reservation<'a, ()>,
    sites: Reservation<'a, Vec<VhostChange>>,
    disks: Reservation<'a, ()>,
}

/// After this a power loss takes nothing of the pod: its files, its subvolume, what was written by its user.
fn flush(host: &Host, reservation: Reservation<'_, ()>) -> Result<()> {
    host.disks.join(reservation, (), |items| {
        let result = files::flush(&["/etc", PODS]);
        items.iter().map(|()| result.clone()).collect()
    })
}

fn check(task: &Task, spec: &PodSpec) -> Result<()> {
    spec.check().map_err(|refused| invalid(refused.to_string()))?;
    if let Some(conflict) = state::conflict(spec)? {
        return Err(refused(conflict));
    }
    storage::require(task, &PodNames::of(&spec.pod))?;
    for site in &spec.sites {
        site.runtime.as_ref().map(artifacts::runtime).transpose()?;
        site.source.as_ref().map(artifacts::archive).transpose()?;
    }
    Ok(())
}

/// A site is not switched to a release that lacks what is served or started: its programs may have removed it since it was built.
fn releases_are_there(spec: &PodSpec, before: &State, names: &PodNames) -> Result<()> {
    for site in spec.sites.iter().filter(|site| spec.state == PodState::Running && !site.stopped) {
        let (Some(release), Some(old)) = (&site.release, before.spec.sites.iter().find(|old| old.name == site.name)) else { continue };
        if old.release.as_ref() == Some(release) {
            continue;
        }
        let folder = names.served(&site.name, release);
        let is_node = matches!(site.stack, Stack::Node { .. });
        let start = is_node.then(|| folder.join(release.start.as_ref().map_or("server.js", |start| start.as_str())));
        if !folder.is_dir() || start.is_some_and(|start| !start.is_file()) {
            return Err(refused(format!("the release {} of {} is not whole any more", release.name, site.name)));
        }
    }
    Ok(())
}

struct Apply<'a> {
    host: &'a Host,
    task: &'a Task,
    spec: &'a PodSpec,
    names: &'a PodNames,
    parts: Parts<'a>,
    state: State,
}

impl<'a> Apply<'a> {
    fn cron_jobs(&self) -> impl Iterator<Item = &CronJobs<'a>> {
        self.parts.sites.iter().filter_map(|site| site.cron_jobs.as_ref())
    }

    fn run<'r>(&mut self, reservations: Reservations<'r>) -> Result<Reservation<'r, ()>> {
        let Reservations { accounts, units, sites, disks } = reservations;
        let account = self.ensure_base(accounts)?;
        let backups = self.write_configuration()?;
        self.stop()?;
        thread::scope(|scope| {
            let me = &*self;
            let (account, backups) = (&account, &backups);
            let publication = scope.spawn(move || me.publish(sites));
            let long = scope.spawn(move || me.write_files(account, false));
            let services = me.write_files(account, true).and_then(|()| me.start(units, backups));
            let results = [services, join(long), join(publication)];
            results.into_iter().collect::<Result<Vec<()>>>()
        })?;
        if let Some(instance) = &self.parts.instance {
            self.state.databases.extend(instance.make_databases(self.task)?);
        }
        self.finish_legacy()?;
        // The files of a suspended pod, and of a stopped site, are left as they are.
        if self.spec.state == PodState::Running {
            for site in self.spec.sites.iter().filter(|site| !site.stopped) {
                let progress = self.state.sites.entry(site.name.clone()).or_default();
                progress.starter = true;
                progress.unpacked = site.source.as_ref().map(|source| source.sha256.clone()).or(progress.unpacked.take());
            }
        }
        self.install()?;
        self.parts.sites.iter().try_for_each(|site| site.site.open())?;
        moving::release_here(self.names)?;
        Ok(disks)
    }

    /// Web server, network policy, user, storage: what everything else stands on.
    fn ensure_base(&self, reservation: Reservation<'_, Wanted>) -> Result<Account> {
        let (task, names, parts) = (self.task, self.names, &self.parts);
        parts.web.make(task)?;
        parts.network.make(task, self.spec)?;
        parts.sleeper.iter().try_for_each(|sleeper| sleeper.make(task))?;
        if let Some(legacy) = &self.state.legacy {
            legacy::leave(task, names, legacy)?;
            legacy::renumber(task, names, legacy)?;
        }
        let account = parts.user.make(self.host, task, reservation)?;
        parts.storage.make(task)?;
        if parts.storage.folders.has_change() || parts.user.status.has_change() {
            parts.storage.make_folders(&account)?;
        }
        if let Some(legacy) = &self.state.legacy {
            legacy::own(task, names, legacy, &account)?;
            parts.storage.make_folders(&account)?;
        }
        // While the database moves, an application would find an empty one and offer its installation to everybody.
        let moves = self.state.legacy.is_some();
        parts.sites.iter().try_for_each(|site| site.site.close(!moves && self.state.site(&site.spec.name).installed))?;
        if let Some(instance) = &parts.instance {
            instance.make_data(task, &account)?;
        }
        Ok(account)
    }

    fn write_configuration(&self) -> Result<Backups<'_>> {
        let mut backups = Backups::new(self.task, self.names);
        if self.parts.slice.status.has_change() {
            backups.write(&self.parts.slice.file)?;
            self.parts.slice.log(self.task);
        }
        for runtime in self.parts.runtimes.iter().filter(|runtime| runtime.status.has_change()) {
            runtime.write(self.task)?;
        }
        if let Some(instance) = &self.parts.instance {
            instance.write(&mut backups)?;
        }
        for service in self.parts.sites.iter().filter_map(|site| site.service.as_ref()) {
            service.log().map_or(Ok(()), |log| self.parts.storage.make_log(self.task, log))?;
            service.write(&mut backups)?;
        }
        self.cron_jobs().try_for_each(|jobs| jobs.write(&mut backups))?;
        Ok(backups)
    }

    /// What must not run any more.
    fn stop(&self) -> Result<()> {
        if self.spec.state != PodState::Running {
            // It does not wait for applies, and looks into the state, which says so by now, before it goes on.
            systemd::stop(self.task, &[self.names.build_unit()])?;
        }
        for site in &self.parts.stale_sites {
            remove_site(self.host, self.task, self.names, site)?;
        }
        self.cron_jobs().try_for_each(|jobs| jobs.stop(self.task))?;
        self.parts.sites.iter().filter_map(|site| site.service.as_ref()).try_for_each(|service| service.stop(self.task))?;
        self.parts.instance.as_ref().map_or(Ok(()), |instance| instance.stop(self.task))
    }

    /// Starts all that is to run, together with what other pods start.
    fn start(&self, units: Reservation<'_, ()>, backups: &Backups<'_>) -> Result<()> {
        // A runtime that another pod's removal took away a moment ago may still be held by systemd, as it was.
        let mounts: Vec<String> =
            self.parts.runtimes.iter().filter(|runtime| runtime.status.has_change()).map(|runtime| runtime.mount.unit.clone()).collect();
        if self.parts.needs_reload() || systemd::show(self.task, &mounts)?.values().any(|unit| unit.stale) {
            systemd::reload(self.host, self.task, units)?;
        } else {
            drop(units);
        }
        let mut all: Vec<String> = Vec::new();
        for runtime in self.parts.runtimes.iter().filter(|runtime| runtime.status.has_change()) {
            all.push(runtime.mount.unit.clone());
            self.task.info(format!("Mounted runtime at {}", runtime.mount.root.display()));
        }
        all.extend(self.parts.instance.iter().flat_map(|instance| instance.to_start()));
        let services = || self.parts.sites.iter().filter_map(|site| site.service.as_ref());
        all.extend(services().flat_map(|service| service.to_start()));
        systemd::start(self.host, self.task, all.clone())?;
        if !all.is_empty() {
            self.task.info(format!("Started {}", all.join(", ")));
        }
        services().try_for_each(|service| service.restart(self.host, self.task, backups))?;
        self.cron_jobs().try_for_each(|jobs| jobs.start(self.task))
    }

    fn publish(&self, reservation: Reservation<'_, Vec<VhostChange>>) -> Result<()> {
        self.parts.sites.iter().try_for_each(|site| site.site.keep_copies(self.task, self.names))?;
        let changes: Vec<VhostChange> = self.parts.sites.iter().filter_map(|site| site.site.publication()).collect();
        self.parts.sites.iter().try_for_each(|site| site.site.write_secrets())?;
        let swapped = web::swap(self.host, self.task, reservation, changes);
        self.parts.sites.iter().try_for_each(|site| site.site.remove_others(self.task, self.names))?;
        swapped?;
        self.parts.sites.iter().for_each(|site| site.site.log(self.task));
        Ok(())
    }

    fn write_files(&self, account: &Account, short: bool) -> Result<()> {
        let wanted = self.parts.sites.iter().filter(|site| site.files.is_short() == short);
        wanted.map(|site| site.files.make(self.task, self.names, account)).collect()
    }

    /// The databases of an older agent's pod have come over: nothing of the old is left. While the pod is suspended no instance runs that could
    /// take them; they come over when it is brought back.
    fn finish_legacy(&mut self) -> Result<()> {
        if self.spec.state != PodState::Running {
            return Ok(());
        }
        let Some(legacy) = self.state.legacy.clone() else { return Ok(()) };
        if self.parts.instance.is_some() {
            legacy::import(self.task, self.names, &legacy)?;
        }
        self.state.legacy = None;
        Ok(())
    }

    fn install(&mut self) -> Result<()> {
        let wanted: Vec<_> = self.parts.sites.iter().filter(|site| site.installation.is_some_and(|status| status.has_change())).collect();
        if wanted.is_empty() || self.spec.state != PodState::Running {
            return Ok(());
        }
        // What is done so far is remembered first: the installation is the longest step.
        self.state.save(self.names)?;
        for site in wanted {
            wordpress::install(self.task, self.spec, self.names, site.spec)?;
            self.state.sites.entry(site.spec.name.clone()).or_default().installed = true;
        }
        Ok(())
    }
}

fn join(thread: thread::ScopedJoinHandle<'_, Result<()>>) -> Result<()> {
    thread.join().unwrap_or_else(|_| Err(internal("internal error: a step panicked")))
}
