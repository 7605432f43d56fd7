//! Scheduled jobs of a site: for each a timer, the service that it starts, and what that one's shell reads.

use std::collections::BTreeSet;

use wire::SiteName;
use wire::cron::CronJobKey;
use wire::plan::{Change, Op};
use wire::spec::{PodSpec, PodState, SiteSpec, Stack};

use crate::error::Result;
use crate::host::names::{PodNames, unit_file, wanted_link};
use crate::host::{files, systemd};
use crate::pod::backup::Backups;
use crate::render::unit;
use crate::task::Task;

use super::runtime::mount;
use super::service::{environment_key, link, program};
use super::{Inspector, Managed, PartStatus};

/// The scheduled jobs of one site.
pub struct CronJobs<'a> {
    names: &'a PodNames,
    site: &'a SiteSpec,
    /// Their units and scripts.
    pub files: Vec<Managed>,
    is_wanted: bool,
    /// On the machine and not wanted.
    gone: Vec<CronJobKey>,
    /// Timers that are to be started, or anew.
    to_start: Vec<String>,
    /// Units that run and must not.
    to_stop: Vec<String>,
    /// systemd holds another version of a unit.
    pub is_stale: bool,
    status: PartStatus,
}

/// The files of a site's jobs.
pub fn wanted(spec: &PodSpec, names: &PodNames, site: &SiteSpec) -> Result<Vec<Managed>> {
    let Some(runtime) = &site.runtime else { return Ok(Vec::new()) };
    let root = mount(runtime)?.root;
    let program = program(spec, names, site, &root);
    let mut own: Vec<_> = environment_key(names, site).into_iter().collect();
    if matches!(site.stack, Stack::Node { .. }) {
        own.push(("Environment", "NODE_ENV=production".to_owned()));
    }
    // A site that serves a release has its program there.
    let folder = site.release.as_ref().map_or_else(|| names.site_home(&site.name), |release| names.release(&site.name, &release.name));
    let mut all = Vec::new();
    for job in &site.cron_jobs {
        all.push(Managed::new(unit_file(&names.cron_service(&site.name, &job.key)), unit::cron_job(&program, job, &folder, &own)?));
        all.push(Managed::new(unit_file(&names.cron_timer(&site.name, &job.key)), unit::timer(names, &site.name, job)?));
        all.push(Managed::new(names.cron_script(&site.name, &job.key), format!("{}\n", job.command)));
    }
    Ok(all)
}

impl<'a> CronJobs<'a> {
    /// Compares files, links and timers; `None` where there are none. `found` are the jobs of the pod that are on the machine.
    pub fn inspect(cx: &Inspector<'a>, site: &'a SiteSpec, found: &BTreeSet<(SiteName, CronJobKey)>) -> Result<Option<Self>> {
        let (names, is_wanted) = (cx.names, cx.spec.state == PodState::Running && !site.stopped);
        let files: Vec<Managed> = wanted(cx.spec, names, site)?.into_iter().map(|file| cx.managed(file)).collect();
        let found = found.iter().filter(|(of, _)| *of == site.name).map(|(_, job)| job);
        let gone: Vec<CronJobKey> = found.filter(|found| site.cron_jobs.iter().all(|job| job.key != **found)).cloned().collect();
        if files.is_empty() && gone.is_empty() {
            return Ok(None);
        }
        let unit_of = |file: &Managed| file.path.file_name().and_then(|name| name.to_str()).map(str::to_owned).unwrap_or_default();
        let is_unit = |unit: &str| unit.ends_with(".service") || unit.ends_with(".timer");
        let of_file = |file: &Managed| if is_unit(&unit_of(file)) { cx.unit_file(&unit_of(file), file) } else { file.status() };
        let (mut statuses, mut to_start, mut to_stop) = (Vec::new(), Vec::new(), Vec::new());
        for file in &files {
            let (unit, status) = (unit_of(file), of_file(file));
            statuses.push(status);
            if unit.ends_with(".timer") {
                let is_linked = std::fs::symlink_metadata(wanted_link(&unit)).is_ok();
                statuses.push(PartStatus::of(is_linked, is_linked == is_wanted));
                if is_wanted && (status.has_change() || cx.unit(&unit).active != "active") {
                    to_start.push(unit.clone());
                }
            }
            if !is_wanted && is_unit(&unit) && matches!(cx.unit(&unit).active.as_str(), "active" | "activating") {
                to_stop.push(unit);
            }
        }
        statuses.extend(gone.iter().map(|_| PartStatus::Differs));
        let is_stale = !gone.is_empty() || cx.is_stale(files.iter().filter(|file| is_unit(&unit_of(file))));
        Ok(Some(Self { names, site, files, is_wanted, gone, to_start, to_stop, is_stale, status: PartStatus::all(statuses) }))
    }

    /// As a line of the plan.
    pub fn change(&self) -> Change {
        let (count, gone) = (self.site.cron_jobs.len(), self.gone.len());
        let word = if self.is_wanted { "on" } else { "off" };
        let detail = if gone == 0 {
            format!("{}: {count}, {word}", self.site.name)
        } else {
            format!("{}: {count}, {word}; {gone} to be removed", self.site.name)
        };
        let is_running_wrong = !(self.to_start.is_empty() && self.to_stop.is_empty());
        let change = self.status.change("scheduled jobs", detail);
        if change.op == Op::Keep && is_running_wrong { Change { op: Op::Change, ..change } } else { change }
    }

    /// Writes what differs, and starts the timers with the machine or not.
    pub fn write(&self, backups: &mut Backups<'_>) -> Result<()> {
        if !self.status.has_change() {
            return Ok(());
        }
        if !self.site.cron_jobs.is_empty() {
            files::make_folder(&self.names.cron_folder(), 0o700)?;
        }
        self.files.iter().try_for_each(|file| backups.write(file))?;
        self.site.cron_jobs.iter().try_for_each(|job| link(&self.names.cron_timer(&self.site.name, &job.key), self.is_wanted))
    }

    /// Stops what must not run, and removes what is not wanted any more.
    pub fn stop(&self, task: &Task) -> Result<()> {
        if !self.is_wanted {
            // Whatever was seen before: until its timer is stopped, a run may begin at any time.
            let (names, site, jobs) = (self.names, &self.site.name, &self.site.cron_jobs);
            systemd::stop(task, &jobs.iter().map(|job| names.cron_timer(site, &job.key)).collect::<Vec<_>>())?;
            systemd::stop(task, &jobs.iter().map(|job| names.cron_service(site, &job.key)).collect::<Vec<_>>())?;
        }
        self.gone.iter().try_for_each(|job| remove(task, self.names, &self.site.name, job))
    }

    /// Starts the timers, once systemd has read them.
    pub fn start(&self, task: &Task) -> Result<()> {
        systemd::restart_all(task, &self.to_start)?;
        if !self.to_start.is_empty() {
            task.info(format!("Started {}", self.to_start.join(", ")));
        }
        Ok(())
    }
}

/// Removes a job with all that it has on the machine.
pub fn remove(task: &Task, names: &PodNames, site: &SiteName, job: &CronJobKey) -> Result<()> {
    let units = [names.cron_timer(site, job), names.cron_service(site, job)];
    // One after the other, so that no run begins meanwhile.
    units.iter().try_for_each(|unit| systemd::stop(task, std::slice::from_ref(unit)))?;
    systemd::forget_failures(task, &units);
    for unit in &units {
        files::remove(&wanted_link(unit))?;
        files::remove(&unit_file(unit))?;
    }
    files::remove(&names.cron_script(site, job))?;
    files::remove(&names.cron_result(site, job)).map(drop)
}
