//! Scheduled jobs of a simulation: nothing runs by the clock, and what is started by hand succeeds at once.

use super::SimulatedNodeClient;
use model::ids::ServerId;
use std::time::{SystemTime, UNIX_EPOCH};
use wire::{
    PodName,
    cron::CronJobResult,
    message::{Failure, FailureKind},
    verb::JobRun,
};

pub fn run(client: &SimulatedNodeClient, server: ServerId, run: &JobRun) -> Result<bool, Failure> {
    let mut state = client.lock();
    let found = state.worlds.of(server).pods.get_mut(&run.pod);
    let Some(pod) = found else { return Err(Failure::new(FailureKind::Missing, format!("the pod {} is not on this server", run.pod))) };
    let site = pod.sites.iter().find(|site| *site.name() == run.site && site.cron_jobs.iter().any(|job| job.key == run.job));
    match site {
        None => return Err(Failure::new(FailureKind::Missing, format!("the site {} has no such job", run.site))),
        Some(site) if pod.held || pod.suspended || site.stopped => {
            return Err(Failure::new(FailureKind::Refused, format!("the site {} is not running", run.site)));
        }
        Some(_) => {}
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let output = "No machine stands behind a simulated server: nothing was run.\n".to_owned();
    note(
        &mut pod.results,
        CronJobResult { site: run.site.clone(), job: run.job.clone(), started: now, ended: now, code: 0, timed_out: false, output },
    );
    state.worlds.keep()?;
    Ok(true)
}

pub fn results(client: &SimulatedNodeClient, server: ServerId, pod: &PodName, since: u64) -> Vec<CronJobResult> {
    let mut state = client.lock();
    let found = state.worlds.of(server).pods.get(pod).map(|pod| pod.results.clone()).unwrap_or_default();
    found.into_iter().filter(|result| result.ended >= since).collect()
}

/// Keeps the last run of each job.
pub fn note(results: &mut Vec<CronJobResult>, result: CronJobResult) {
    results.retain(|other| (&other.site, &other.job) != (&result.site, &result.job));
    results.push(result);
}
