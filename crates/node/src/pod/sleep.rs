//! Sites that nobody visits sleep: their programs are stopped, and the next visitor starts them.
//!
//! - A site falls asleep once nobody has connected to its socket for its time ([`crate::host::visits`]) and nobody is connected: a long request and
//!   an open connection keep it awake, and so does PHP that goes on working after its visitor has left.
//! - Only a program that runs well is stopped: one that does not start is no sleeper. One that does not end well when it is stopped is.
//! - What the panel asks is no visit (`observe.rs`), and scheduled jobs and builds have units of their own: they neither wake a site nor keep it
//!   awake.
//! - The databases of a pod sleep when nothing else of it runs, no job of it ran a while ago, and nobody is connected to them. Whoever connects wakes
//!   them.
//! - A pod that another request is at work with is left alone.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use wire::PodName;
use wire::spec::{PodState, SiteSpec, Stack};

use crate::error::Result;
use crate::host::names::PodNames;
use crate::host::sockets::InUse;
use crate::host::systemd::Unit;
use crate::host::visits::{self, Visits};
use crate::host::{at_work, database, files, lock, systemd};
use crate::serve::writer::MessageSender;
use crate::task::Task;

use super::state::{self, State};

/// How long all pods of the server may take, and how long one: what stops slowly is killed before.
const TIMEOUT: Duration = Duration::from_secs(200);
const TIMEOUT_OF_POD: Duration = Duration::from_secs(90);
/// The pod that the time was over at: the next look begins with it.
const NEXT: &str = "/run/mpanel/sleep-next";

/// Looks once through all pods of the server. A timer starts it. Where the kernel does not tell who is connected, nothing is put to sleep.
pub fn main() -> Result<()> {
    // What is said to a panel is said to nobody here.
    let task = Task::new(0, TIMEOUT, MessageSender::new().0);
    let in_use = InUse::now()?;
    let mut pods = state::names()?;
    begin_with(&mut pods, files::read_text(NEXT).as_deref());
    for pod in pods {
        if let Err(over) = task.check() {
            files::write(Path::new(NEXT), pod.as_str().as_bytes(), 0o600)?;
            return Err(over);
        }
        if let Err(failure) = look(&task.detached(TIMEOUT_OF_POD), &PodNames::of(&pod), &in_use) {
            // The other pods' sites sleep all the same.
            eprintln!("mpanel-node: {pod}: {failure}");
        }
    }
    files::remove(Path::new(NEXT)).map(drop)
}

/// With this pod, or the first one after it where it is gone; they are in the order of their names.
fn begin_with(pods: &mut [PodName], next: Option<&str>) {
    let before = pods.partition_point(|pod| next.is_some_and(|next| pod.as_str() < next));
    pods.rotate_left(before);
}

/// May this site's programs be stopped while it is not stopped itself?
pub fn may_sleep(site: &SiteSpec) -> bool {
    site.sleep_after_minutes.is_some() && !site.stopped
}

fn sleep_after(site: &SiteSpec) -> Option<Duration> {
    site.sleep_after_minutes.filter(|_| !site.stopped).map(|minutes| Duration::from_secs(u64::from(minutes) * 60))
}

/// Puts to sleep what of a pod nobody uses.
fn look(task: &Task, names: &PodNames, in_use: &InUse) -> Result<()> {
    let Some(state) = State::load(names)?.filter(is_settled) else { return Ok(()) };
    let now = SystemTime::now();
    if !state.spec.sites.iter().any(may_sleep) {
        return Ok(());
    }
    let awake = at_work::units(&names.group());
    let mut due = false;
    for site in state.spec.sites.iter().filter(|site| awake.contains(&names.service(&site.name))) {
        due |= is_due(names, site, in_use, now)?;
    }
    due |= are_databases_due(names, &state, &awake, in_use, now);
    if due { put_to_sleep(task, names) } else { Ok(()) }
}

/// Nothing is being done to it, and it serves.
fn is_settled(state: &State) -> bool {
    state.spec.state == PodState::Running && !state.held && !state.unfinished && state.legacy.is_none()
}

/// Has nobody used this site for its time? Notes that it is in use where it is.
fn is_due(names: &PodNames, site: &SiteSpec, in_use: &InUse, now: SystemTime) -> Result<bool> {
    let (Some(time), socket) = (sleep_after(site), names.socket(&site.name)) else { return Ok(false) };
    let Some(found) = Visits::read(&socket) else { return Ok(false) };
    if found.are_new() || in_use.has(&socket) || has_busy_php(names, site) {
        visits::mark(&socket, now)?;
        return Ok(false);
    }
    Ok(found.are_over(time, now))
}

/// A request that goes on after its visitor has left, or a program that one has started.
fn has_busy_php(names: &PodNames, site: &SiteSpec) -> bool {
    let is_php = matches!(site.stack, Stack::Php { .. } | Stack::Wordpress { .. });
    is_php && at_work::has_busy_workers(&format!("{}/{}", names.group(), names.service(&site.name)))
}

/// Looks again with the pod to itself: what was due a moment ago may be in use, or no longer be there.
fn put_to_sleep(task: &Task, names: &PodNames) -> Result<()> {
    let Some(_lock) = lock::take_now(&names.lock())? else { return Ok(()) };
    let Some(state) = State::load(names)?.filter(is_settled) else { return Ok(()) };
    let sleepers: Vec<&SiteSpec> = state.spec.sites.iter().filter(|site| may_sleep(site)).collect();
    let units_of = |site: &SiteSpec| [names.service(&site.name), names.socket_unit(&site.name)];
    let units = systemd::show(task, &sleepers.iter().flat_map(|site| units_of(site)).collect::<Vec<_>>())?;
    let (in_use, now) = (InUse::now()?, SystemTime::now());
    let mut due = Vec::new();
    for site in sleepers {
        // Without its socket nobody would wake it.
        let runs = units_of(site).iter().all(|unit| units.get(unit).is_some_and(Unit::runs_well));
        if runs && is_due(names, site, &in_use, now)? {
            due.push(site);
        }
    }
    stop(task, due.iter().map(|site| names.service(&site.name)).collect())?;
    due.iter().try_for_each(|site| visits::mark(&names.socket(&site.name), SystemTime::now()))?;
    let awake = at_work::units(&names.group());
    if are_databases_due(names, &state, &awake, &InUse::now()?, SystemTime::now()) {
        stop(task, vec![names.database_service()])?;
    }
    Ok(())
}

/// All at once. A program that ends badly when it is told to, or has to be killed, has not failed: it sleeps like others.
fn stop(task: &Task, units: Vec<String>) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    let stopped = systemd::stop(task, &units);
    systemd::forget_failures(task, &units);
    stopped
}

/// Do the pod's databases run for nobody? They are there for the sites that sleep only where no other one can use them.
fn are_databases_due(names: &PodNames, state: &State, awake: &[String], in_use: &InUse, now: SystemTime) -> bool {
    let users = || state.spec.sites.iter().filter(|site| site.runtime.is_some() && !site.stopped);
    let Some(time) = users().filter_map(sleep_after).min() else { return false };
    let service = names.database_service();
    awake.contains(&service)
        && awake.iter().all(|unit| *unit == service)
        && users().all(may_sleep)
        && !in_use.has(&database::socket(names))
        && !has_job_since(names, state, now.checked_sub(time))
}

/// Did a scheduled job of the pod begin or end after this? It would wake them again and again.
fn has_job_since(names: &PodNames, state: &State, since: Option<SystemTime>) -> bool {
    let jobs = state.spec.sites.iter().flat_map(|site| site.cron_jobs.iter().map(|job| names.cron_result(&site.name, &job.key)));
    let at = |file: PathBuf| std::fs::metadata(file).and_then(|found| found.modified()).ok();
    jobs.filter_map(at).any(|at| since.is_none_or(|since| at > since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_begins_where_the_time_of_the_last_one_was_over() {
        let pods = |names: &str| names.split(' ').map(|name| PodName::new(name).unwrap()).collect::<Vec<_>>();
        for (next, expected) in [(None, "a b c"), (Some("b"), "b c a"), (Some("bb"), "c a b"), (Some("d"), "a b c")] {
            let mut all = pods("a b c");
            begin_with(&mut all, next);
            assert_eq!(all, pods(expected), "{next:?}");
        }
    }
}
