//! Scheduled jobs that are started by hand, and what the last runs came to.

use wire::PodName;
use wire::cron::CronJobResult;
use wire::spec::PodState;
use wire::verb::JobRun;

use crate::cron::{self, Run};
use crate::error::{Result, missing, refused};
use crate::host::names::PodNames;
use crate::host::{files, lock, systemd};
use crate::task::Task;

use super::state::State;

/// Bytes of output, as they are on their way, that one answer carries whole.
const WHOLE: usize = 512 << 10;
/// Characters of all other outputs.
const CUT: usize = 200;
/// What is told of a run that died.
const DIED: &str = "The run was ended before it said what it came to.\n";

/// Starts a job now. False when it is running already. Refused while the pod is at work: nobody waits here, where the panel asks in a request.
pub fn run(task: &Task, wanted: &JobRun) -> Result<bool> {
    let (names, site) = (PodNames::of(&wanted.pod), &wanted.site);
    let Some(_lock) = lock::take_now(&names.lock())? else { return Err(refused(format!("the pod {} is busy", wanted.pod))) };
    let Some(state) = State::load(&names)? else { return Err(missing(format!("the pod {} is not on this server", wanted.pod))) };
    let found = state.spec.sites.iter().find(|one| one.name == *site).filter(|one| one.cron_jobs.iter().any(|job| job.key == wanted.job));
    let Some(found) = found else { return Err(missing(format!("the site {site} has no such job"))) };
    if state.held || state.spec.state != PodState::Running || found.stopped {
        return Err(refused(format!("the site {site} is not running")));
    }
    let unit = names.cron_service(site, &wanted.job);
    let is_running = systemd::show(task, std::slice::from_ref(&unit))?.values().any(|unit| matches!(unit.active.as_str(), "active" | "activating"));
    if !is_running {
        systemd::start_now(task, &unit)?;
    }
    Ok(!is_running)
}

/// The last run of each job that ended at this time or later, or died. One that goes on has not come to anything.
pub fn results(task: &Task, pod: &PodName, since: u64) -> Result<Vec<CronJobResult>> {
    let names = PodNames::of(pod);
    let Some(state) = State::load(&names)? else { return Ok(Vec::new()) };
    let (mut found, mut unended) = (Vec::<CronJobResult>::new(), Vec::new());
    for site in &state.spec.sites {
        for job in &site.cron_jobs {
            let Some(text) = files::read(&names.cron_result(&site.name, &job.key))? else { continue };
            let (run, begun) = cron::read(&text);
            let result = |run: Run| CronJobResult {
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
                    unended.push((names.cron_service(&site.name, &job.key), run, result(died)));
                }
            }
        }
    }
    if unended.is_empty() {
        return Ok(fitting(found));
    }
    let units: Vec<String> = unended.iter().map(|(unit, ..)| unit.clone()).collect();
    let units = systemd::show(task, &units)?;
    for (unit, run, died) in unended {
        // One that was stopped with its site has not failed.
        let has_died = units.get(&unit).is_some_and(|unit| unit.active == "failed");
        found.extend(if has_died { Some(died) } else { run });
    }
    Ok(fitting(found))
}

/// Results that fit into one message together: when there is much output, the last ones have only its end.
fn fitting(mut found: Vec<CronJobResult>) -> Vec<CronJobResult> {
    let mut room = WHOLE;
    for result in &mut found {
        // Quotes and line breaks take two bytes on their way.
        match room.checked_sub(2 * result.output.len()) {
            Some(left) => room = left,
            None => {
                let skipped = result.output.chars().count().saturating_sub(CUT);
                result.output = result.output.chars().skip(skipped).collect();
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::SiteName;
    use wire::cron::CronJobKey;
    use wire::frame::MAX_JSON;

    #[test]
    fn what_the_jobs_of_a_full_pod_came_to_fits_into_one_message() {
        let result = CronJobResult {
            site: SiteName::new("main").unwrap(),
            job: CronJobKey::new("j1").unwrap(),
            started: u64::MAX,
            ended: u64::MAX,
            code: 0,
            timed_out: false,
            output: "\n".repeat(8191) + "z",
        };
        let all = fitting(vec![result.clone(); 400]);
        assert!(serde_json::to_vec(&all).unwrap().len() < MAX_JSON - 1000);
        assert_eq!(all[0], result);
        assert!(all.len() == 400 && all.iter().all(|one| one.output.ends_with('z')));
    }
}
