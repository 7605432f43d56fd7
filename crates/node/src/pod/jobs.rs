//! Scheduled jobs that are started by hand, and what the last runs came to.

use wire::PodName;
use wire::schedule::JobResult;
use wire::spec::PodState;
use wire::verb::JobRun;

use crate::error::{Result, missing, refused};
use crate::host::names::PodNames;
use crate::host::{files, lock, systemd};
use crate::job::{self, Run};
use crate::task::Task;

use super::state::State;

/// What is told of a run that died.
const DIED: &str = "The run was ended before it said what it came to.\n";

/// Starts a job now. False when it is running already. Refused while the pod is at work: nobody waits here, where the panel asks in a request.
pub fn run(task: &Task, wanted: &JobRun) -> Result<bool> {
    let (names, site) = (PodNames::of(&wanted.pod), &wanted.site);
    let Some(_lock) = lock::take_now(&names.lock())? else { return Err(refused(format!("the pod {} is busy", wanted.pod))) };
    let Some(state) = State::load(&names)? else { return Err(missing(format!("the pod {} is not on this server", wanted.pod))) };
    let found = state.spec.sites.iter().find(|one| one.name == *site).filter(|one| one.jobs.iter().any(|job| job.key == wanted.job));
    let Some(found) = found else { return Err(missing(format!("the site {site} has no such job"))) };
    if state.held || state.spec.state != PodState::Running || found.stopped {
        return Err(refused(format!("the site {site} is not running")));
    }
    let unit = names.job_service(site, &wanted.job);
    let is_running = systemd::show(task, std::slice::from_ref(&unit))?.values().any(|unit| matches!(unit.active.as_str(), "active" | "activating"));
    if !is_running {
        systemd::start_now(task, &unit)?;
    }
    Ok(!is_running)
}

/// The last run of each job that ended at this time or later, or died. One that goes on has not come to anything.
pub fn results(task: &Task, pod: &PodName, since: u64) -> Result<Vec<JobResult>> {
    let names = PodNames::of(pod);
    let Some(state) = State::load(&names)? else { return Ok(Vec::new()) };
    let (mut found, mut unended) = (Vec::<JobResult>::new(), Vec::new());
    for site in &state.spec.sites {
        for job in &site.jobs {
            let Some(text) = files::read(&names.job_result(&site.name, &job.key))? else { continue };
            let (run, begun) = job::read(&text);
            let result = |run: Run| JobResult {
                site: site.name.clone(),
                job: job.key.clone(),
                started: run.started,
                ended: run.ended,
                code: run.code,
                timed_out: run.timed_out,
                output: run.output,
            };
            let run = run.filter(|run| run.ended >= since).map(&result);
            match begun {
                None => found.extend(run),
                Some(begun) => {
                    let died = Run { started: begun, ended: begun, code: u8::MAX, timed_out: false, output: DIED.to_owned() };
                    unended.push((names.job_service(&site.name, &job.key), run, result(died)));
                }
            }
        }
    }
    if unended.is_empty() {
        return Ok(found);
    }
    let units: Vec<String> = unended.iter().map(|(unit, ..)| unit.clone()).collect();
    let units = systemd::show(task, &units)?;
    for (unit, run, died) in unended {
        // One that was stopped with its site has not failed.
        let has_died = units.get(&unit).is_some_and(|unit| unit.active == "failed");
        found.extend(if has_died { Some(died) } else { run });
    }
    Ok(found)
}
